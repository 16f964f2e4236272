"""Bounds how long a connection may keep the server waiting: for the head of a call, or to take an answer.

uvicorn bounds neither: without this, whoever opens connections and says nothing keeps everybody else out.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import uvicorn.config
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 30.0  # seconds from the beginning of a connection or a call to the end of its headers
TAKE = 60.0  # seconds in which a client has to take something of an answer
NAME = f"{__name__}:BoundedProtocol"


class BoundedProtocol(H11Protocol):
    """Is uvicorn's HTTP, with two more bounds of time."""

    _waits_for_head: asyncio.TimerHandle | None = None
    _waits_for_taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the first call."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Takes what came; while it is no whole head, the time goes on."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop(self._waits_for_head)
            self._waits_for_head = None
        elif self._waits_for_head is None:
            self._wait_for_head()

    def pause_writing(self) -> None:
        """Begins to wait for the client to take what was sent."""
        super().pause_writing()
        self._wait_for_taking()

    def resume_writing(self) -> None:
        """Ends that wait."""
        super().resume_writing()
        self._stop(self._waits_for_taking)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends all waits."""
        self._stop(self._waits_for_head)
        super().connection_lost(exc)
        self._stop(self._waits_for_taking)

    def _wait_for_head(self) -> None:
        self._waits_for_head = self.loop.call_later(HEAD, self.transport.close)

    def _wait_for_taking(self, left: int | None = None) -> None:
        """Hangs up on a client that has taken nothing since `left` bytes were to be sent; else waits anew."""
        size = self.transport.get_write_buffer_size()
        if left is not None and size >= left:
            self.transport.abort()
        else:
            self._waits_for_taking = self.loop.call_later(TAKE, self._wait_for_taking, size)

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer:
            timer.cancel()


def bound_connections() -> None:
    """Has every server of this process, Gradio's too, speak HTTP within these bounds."""
    known: dict[str, Any] = uvicorn.config.HTTP_PROTOCOLS
    known["auto"] = known["h11"] = NAME
