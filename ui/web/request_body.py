"""Reads the body of a short call: so many bytes, within a time, and no trace in the log of who hangs up."""

from __future__ import annotations

from contextlib import suppress

from anyio import move_on_after
from starlette.requests import ClientDisconnect, Request

SENDING = 60.0  # seconds in which a call has to be sent


async def read_body(request: Request, most: int, kept: bool = True) -> bytes | None:
    """Returns the body of a request, what has come of it after SENDING; None for more bytes than `most`.

    Not `kept`, it is read to its end and let go.
    """
    body, size = bytearray(), 0
    # Who never ends would hold one of the few calls that an address has, which others behind it share.
    with suppress(ClientDisconnect), move_on_after(SENDING):
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                return None
            body += piece if kept else b""
    return bytes(body)
