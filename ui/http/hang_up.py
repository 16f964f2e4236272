"""Stops work for a client that hangs up: nobody would get the picture, and others wait for their turn."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive

from safety.errors import Cancelled

T = TypeVar("T")


class HangUp:
    """Is the progress of one creation, which ends at its next step once the client is gone."""

    def __init__(self) -> None:
        self.gone = threading.Event()

    def __call__(self, stage: str, done: int, total: int, /) -> None:
        """Raises Cancelled where the client is gone."""
        if self.gone.is_set():
            raise Cancelled("Stopped.", "Nothing was made.")

    async def watch(self, receive: Receive) -> None:
        """Waits until the client hangs up. To be called once its body has been read."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone.set()


async def run_unless_gone(receive: Receive, work: Callable[[HangUp], T]) -> T:
    """Returns what `work` returns in a thread; it is told when the client has hung up."""
    hang_up = HangUp()
    watcher = asyncio.create_task(hang_up.watch(receive))
    try:
        return await run_in_threadpool(work, hang_up)
    finally:
        watcher.cancel()
