"""The client of a request: one address on the network, by which rate limits are counted.

A forwarding header is believed only where a configured proxy has written it; ui/web/client_ip.py sees to that.
"""

from __future__ import annotations

import ipaddress

# Whoever works at this machine's own command line: no limits.
LOCAL = ""
# All who hide their address share one limit.
UNKNOWN = "unknown"
# Of IPv6: what one subscriber is given (RFC 6177).
NETWORK_BITS = 64


def client_of(host: str | None) -> str:
    """Returns the client behind an address: IPv4 as it is, IPv6 by its /64, UNKNOWN without one. Never LOCAL."""
    try:
        # What stands behind a percent sign is the zone of a link-local address (RFC 4007).
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))
        address = address.ipv4_mapped
    return str(address)
