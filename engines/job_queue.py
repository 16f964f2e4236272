"""One at a time, first come first served; who waits hears how many are before them and about how long it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from engines.interface import Progress

LOOK = 0.25  # seconds between two looks at whether a waiting person has cancelled
WAITING = "waiting for the engine"


class JobQueue:
    """A queue for something that serves one at a time. `work` below is any measure: steps times pictures, say."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tickets = count()
        self._queue: dict[int, float] = {}  # ticket -> work, in the order of their coming; the first one is served
        self._pace = 0.0  # seconds a unit of work, a moving average; 0 before anything was measured

    @contextmanager
    def turn(self, work: float, progress: Progress) -> Iterator[None]:
        """Waits for its turn, and tells so. What `progress` raises leaves the queue."""
        with self._changed:
            ticket = next(self._tickets)
            self._queue[ticket] = work
        try:
            while ahead := self._ahead(ticket):
                progress(self._told(ahead), 0, 1)
                with self._changed:
                    self._changed.wait(LOOK)
            yield
        finally:
            with self._changed:
                del self._queue[ticket]
                self._changed.notify_all()

    def measured(self, work: float, seconds: float) -> None:
        """How long so much work took."""
        pace = seconds / max(work, 1.0)
        self._pace = pace if not self._pace else 0.7 * self._pace + 0.3 * pace

    def _ahead(self, ticket: int) -> list[float]:
        with self._changed:
            return [work for other, work in self._queue.items() if other < ticket]

    def _told(self, ahead: list[float]) -> str:
        seconds = sum(ahead) * self._pace
        about = f", about {seconds:.0f} s" if seconds >= 1 else ""
        return f"{WAITING}: {len(ahead)} before you{about}"
