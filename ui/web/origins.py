"""Refuses calls by a name that is not this studio's, and calls of another site's pages; forgets forged headers.

A page of another site can make a browser call this server, under a name of its own that it points here (DNS
rebinding) or across origins. Forwarding headers count only where a configured proxy has written them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Iterable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.http.problems import ApiError, response_of

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
# Every header by which a proxy says who called it, how, or under which name; Gradio believes some of them unasked.
FORWARDING = ("x-forwarded-", "x-real-ip", "forwarded", "x-original-", "x-gradio-", "x-client-ip", "x-rewrite-url")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]@/?#:,]+)(?::\d+)?")
WRONG_NAME = "This studio does not answer to that name. Its operator lists names in SAFELIGHT_NAMES."
WRONG_SITE = "This call comes from a page of another site. Open the studio itself."


class Origins:
    """Answers 421 to an unknown Host and 403 to a foreign Origin; hands on the rest.

    `host` is the address that the server listens at, `names` are further host names, `proxies` addresses or networks.
    """

    def __init__(self, app: ASGIApp, host: str, names: Sequence[str] = (), proxies: Sequence[str] = ()) -> None:
        self.app = app
        self.names = {name.lower() for name in names}
        self.own = {*LOOPBACK_NAMES, host.lower().strip("[]"), *self.names}
        # A server at every address is called by any of them. Rebinding needs a name: an address in Host is no attack.
        self.any_address = _is_unspecified(host)
        self.proxies = [ipaddress.ip_network(proxy) for proxy in proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if not self._is_proxy(scope):
            scope["headers"] = [(name, value) for name, value in scope["headers"] if not _forwards(name)]
        headers = Headers(scope=scope)
        if not all(self._is_known(host) for host in _hosts(headers)):
            await _refusal(scope, 421, WRONG_NAME, "wrong_host")(scope, receive, send)
        elif not self._is_ours(headers):
            await _refusal(scope, 403, WRONG_SITE, "wrong_origin")(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_proxy(self, scope: Scope) -> bool:
        try:
            caller = ipaddress.ip_address((scope.get("client") or ("",))[0])
        except ValueError:
            return False
        return any(caller in network for network in self.proxies)

    def _is_known(self, host: str) -> bool:
        name = host_name(host)
        return name in self.own or (self.any_address and _is_address(name))

    def _is_ours(self, headers: Headers) -> bool:
        """Tells whether a call comes from a page of this studio; what is no browser names no origin."""
        hosts = {host.lower() for host in _hosts(headers)}
        return all(self._is_own_page(origin.lower(), hosts) for origin in headers.getlist("origin"))

    def _is_own_page(self, origin: str, hosts: Container[str]) -> bool:
        try:
            place = urlsplit(origin)
        except ValueError:
            return False
        # Behind a proxy that sends another Host, the page's own name is one of those configured.
        return place.netloc in hosts or (place.hostname or "") in self.names


def _refusal(scope: Scope, status: int, sentence: str, code: str) -> JSONResponse:
    """Returns a refusal in the shape of the address: the API's clients read another one than the page."""
    if scope["path"].startswith("/v1/"):
        return response_of(Request(scope), ApiError(status, sentence, code))
    return JSONResponse({"error": sentence, "detail": sentence}, status)


def host_name(host: str) -> str:
    """Returns the name in a Host header, without its port, in small letters; "" for what is none."""
    match = _HOST.fullmatch(host.strip())
    return match[1].strip("[]").rstrip(".").lower() if match else ""


def _hosts(headers: Headers) -> Iterable[str]:
    """Returns the Host, and the names that a trusted proxy says it was called by; [""] for a call without one."""
    forwarded = ",".join(headers.getlist("x-forwarded-host"))
    return [*(headers.getlist("host") or [""]), *(name.strip() for name in forwarded.split(",") if name.strip())]


def _forwards(name: bytes) -> bool:
    return name.decode("latin-1").lower().startswith(FORWARDING)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_unspecified(host: str) -> bool:
    return host in ("", "0.0.0.0", "::", "[::]")
