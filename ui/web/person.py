"""Who somebody is: the person whose library a call may see.

A studio that only its own machine can reach is one person's, its owner's, whatever the browser. On a shared one, each
browser gets a signed cookie with a random id; somebody who is logged in at Hugging Face is that account instead, in
every browser. A cookie that this studio has not signed is nobody's, and is replaced when the page is opened.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.library import OWNER

COOKIE = "safelight_person"
# The key of a scope under which the person of a call stands.
PERSON = "safelight.person"
YEAR = 365 * 24 * 3600  # seconds that a browser keeps the cookie
_VALUE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")


def person_of(request: Any) -> str:
    """Returns the person of a call (`gr.Request` or starlette's); "" for nobody."""
    inner = getattr(request, "request", None) or request
    return str(getattr(inner, "scope", {}).get(PERSON, ""))


class Persons:
    """Writes into the scope of every call whose it is, and gives a browser without a cookie one.

    `secret` makes the key at first use. `alone`: only this machine reaches the studio. `framed`: another site may show
    the page in a frame, where browsers send cookies only if they say so. `hub`: Hugging Face says who is logged in.
    """

    def __init__(
        self, app: ASGIApp, secret: Callable[[], bytes], alone: bool = False, framed: bool = False, hub: bool = False
    ) -> None:
        self.app, self._secret = app, secret
        self.alone, self.framed, self.hub = alone, framed, hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.alone:
            scope[PERSON] = OWNER
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        own = self.read(request.cookies.get(COOKIE, ""))
        account = hub_name(scope.get("session") or {}) if self.hub else ""
        scope[PERSON] = f"hub:{account}" if account else own
        opens = not own and scope["method"] == "GET" and scope["path"] == "/"
        answer = self._with_cookie(send, self._attributes(request)) if opens else send
        await self.app(scope, receive, answer)

    def new(self) -> str:
        """Returns the value of a cookie for somebody new."""
        name = secrets.token_hex(16)
        return f"{name}.{self._signature(name)}"

    def read(self, value: str) -> str:
        """Returns the person behind the value of a cookie; "" where this studio has not signed it."""
        match = _VALUE.fullmatch(value)
        genuine = match is not None and hmac.compare_digest(match[2], self._signature(match[1]))
        return f"cookie:{match[1]}" if match and genuine else ""

    @cached_property
    def _key(self) -> bytes:
        return self._secret()

    def _signature(self, name: str) -> str:
        return hmac.digest(self._key, f"person {name}".encode(), hashlib.sha256).hex()

    def _attributes(self, request: Request) -> str:
        secure = request.url.scheme == "https"
        site = "SameSite=None; Secure; Partitioned" if self.framed and secure else "SameSite=Lax"
        return f"Path=/; Max-Age={YEAR}; HttpOnly; {site}" + ("; Secure" if secure and not self.framed else "")

    def _with_cookie(self, send: Send, attributes: str) -> Send:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                value = f"{COOKIE}={self.new()}; {attributes}"
                MutableHeaders(raw=message["headers"]).append("set-cookie", value)
            await send(message)

        return answer


def hub_name(session: Mapping[str, Any]) -> str:
    """Returns the name at Hugging Face; "" without a login or after its time, since Gradio's cookie outlives it."""
    info = session.get("oauth_info") or {}
    fresh = float(info.get("expires_at") or 0) > time.time()
    return str(info.get("userinfo", {}).get("preferred_username", "")) if fresh else ""
