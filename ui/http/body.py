"""Reads the body of each call whole, within bounds of size and time, before anything looks at it; names each call."""

from __future__ import annotations

import asyncio
import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.http.problems import REQUEST_ID, ApiError, response_of

MAX_JSON = 1024 * 1024  # bytes of a call without a picture
SLOWEST = 30.0  # seconds for a body to arrive
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
TOO_LARGE = "This call is larger than {megabytes} MB. Send less."
TOO_SLOW = "The body of this call took more than 30 seconds to arrive. Send it again."
NO_TYPE = "Send JSON, and say so: Content-Type: application/json."


class Bodies:
    """Answers 413 to a body that is too large, 408 to one that is too slow, 415 to JSON that is not called so.

    `files`: paths that take a picture as their body; `pictures`: those whose JSON may hold one. `megabytes`: for both.
    """

    def __init__(self, app: ASGIApp, files: tuple[str, ...], pictures: tuple[str, ...], megabytes: int) -> None:
        self.app, self.files, self.pictures, self.megabytes = app, files, pictures, megabytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = headers.get(REQUEST_ID, "")
        number = asked if NAME.fullmatch(asked) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = number

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"])[REQUEST_ID] = number
            await send(message)

        try:
            body = await self._read(scope, headers, receive) if scope["method"] not in ("GET", "HEAD") else b""
        except ApiError as error:
            await response_of(Request(scope), error)(scope, receive, named)
            return
        if body is not None:
            await self.app(scope, replay(body, receive), named)

    async def _read(self, scope: Scope, headers: Headers, receive: Receive) -> bytes | None:
        """Returns the body; None where the client hung up. Raises ApiError."""
        path = scope["path"].rstrip("/")
        most = self.megabytes * 1024 * 1024 if path in self.files + self.pictures else MAX_JSON
        too_large = ApiError(413, TOO_LARGE.format(megabytes=most // (1024 * 1024)), "too_large")
        stated = headers.get("content-length", "0")
        if not stated.isdecimal() or int(stated) > most:
            raise too_large
        parts, size = [], 0
        try:
            async with asyncio.timeout(SLOWEST):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > most:
                        raise too_large
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise ApiError(408, TOO_SLOW, "too_slow") from None
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if size and path not in self.files and kind != "application/json":
            raise ApiError(415, NO_TYPE, "unsupported_media_type")
        return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Returns a channel that gives the body once, then waits for the client to hang up."""
    given = False

    async def channel() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return channel
