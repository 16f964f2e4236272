"""Reads the body of each call whole, within bounds of size and time, before anything looks at it; names each call."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety.errors import LimitError
from safety.review.client import client_of
from ui.http.arriving import Arriving
from ui.http.problems import REQUEST_ID, ApiError, error_of, response_of

MEGABYTE = 1024 * 1024
MAX_JSON = MEGABYTE  # bytes of a call without a picture
SLOWEST = 30.0  # seconds for a body to arrive
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
TOO_LARGE = "This call is larger than {megabytes} MB. Send less."
TOO_SLOW = "The body of this call took more than 30 seconds to arrive. Send it again."
NO_TYPE = "Send JSON, and say so: Content-Type: application/json."


class Bodies:
    """Answers 413 to a body that is too large, 408 to one that is too slow, 415 to JSON that is not called so.

    And 429 where too much arrives at once. `files`: paths that take a picture as their body; `pictures`: those whose
    JSON may hold one. `megabytes`: for both.
    """

    def __init__(self, app: ASGIApp, files: tuple[str, ...], pictures: tuple[str, ...], megabytes: int) -> None:
        self.app, self.files, self.pictures, self.megabytes = app, files, pictures, megabytes
        self.arriving = Arriving(4 * megabytes * MEGABYTE, 16 * megabytes * MEGABYTE)

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

        # Counted for as long as it lies in memory: until the call is answered.
        with self.arriving.body(client_of((scope.get("client") or (None,))[0])) as count:
            try:
                reads = scope["method"] not in ("GET", "HEAD")
                body = await self._read(scope, headers, receive, count) if reads else b""
            except (ApiError, LimitError) as error:
                told = error if isinstance(error, ApiError) else error_of(error)
                await response_of(Request(scope), told)(scope, receive, named)
                return
            if body is not None:
                await self.app(scope, replay(body, receive), named)

    async def _read(
        self, scope: Scope, headers: Headers, receive: Receive, count: Callable[[int], None]
    ) -> bytes | None:
        """Returns the body; None where the client hung up. Raises ApiError, LimitError."""
        path = scope["path"].rstrip("/")
        most = self.megabytes * MEGABYTE if path in self.files + self.pictures else MAX_JSON
        too_large = ApiError(413, TOO_LARGE.format(megabytes=most // MEGABYTE), "too_large")
        stated = headers.get("content-length", "0")
        if not stated.isdecimal() or len(stated) > len(str(most)) or int(stated) > most:
            raise too_large
        parts, size = [], 0
        try:
            async with asyncio.timeout(SLOWEST):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    part = message.get("body", b"")
                    size += len(part)
                    if size > most:
                        raise too_large
                    count(len(part))
                    parts.append(part)
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
