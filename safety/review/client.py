"""Who is asking: one address on the network. A header is believed only where a configured proxy has written it."""

from __future__ import annotations

import ipaddress

LOCAL = ""  # whoever works at this machine's own command line: no limits
UNKNOWN = "unknown"  # all who hide their address share one limit
NETWORK_BITS = 64  # of IPv6: what one subscriber is given (RFC 6177)


def client_of(host: str | None) -> str:
    """The client behind an address: IPv4 as it is, IPv6 by its /64. Never LOCAL."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))
        address = address.ipv4_mapped
    return str(address)
