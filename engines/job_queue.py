"""Serves callers one at a time, first come first served, and tells those who wait how many are before them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from engines.interface import Progress

# Seconds after which a caller who waits is told the place again, and may cancel.
POLL_INTERVAL = 0.25
WAITING = "waiting for the engine"
# Weight of the latest job in the moving average of the pace.
PACE_WEIGHT = 0.3


class JobQueue:
    """Queues callers of something that serves one at a time.

    The work of a job is any measure that its time grows with, such as steps times pictures.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tickets = count()
        # Work by ticket, in the order of arrival: the first one is being served.
        self._queue: dict[int, float] = {}
        # Seconds per unit of work; 0 before anything was measured.
        self._pace = 0.0

    @contextmanager
    def turn(self, work: float, progress: Progress) -> Iterator[None]:
        """Waits for the caller's turn, which lasts as long as the context. What `progress` raises leaves the queue."""
        with self._changed:
            ticket = next(self._tickets)
            self._queue[ticket] = work
        try:
            while ahead := self._ahead(ticket):
                progress(self._place(ahead), 0, 1)
                with self._changed:
                    self._changed.wait(POLL_INTERVAL)
            yield
        finally:
            with self._changed:
                del self._queue[ticket]
                self._changed.notify_all()

    def record_duration(self, work: float, seconds: float) -> None:
        """Learns from a finished job, for the estimates that callers are told."""
        pace = seconds / max(work, 1.0)
        self._pace = pace if not self._pace else (1 - PACE_WEIGHT) * self._pace + PACE_WEIGHT * pace

    def _ahead(self, ticket: int) -> list[float]:
        with self._changed:
            return [work for other, work in self._queue.items() if other < ticket]

    def _place(self, ahead: list[float]) -> str:
        seconds = sum(ahead) * self._pace
        estimate = f", about {seconds:.0f} s" if seconds >= 1 else ""
        return f"{WAITING}: {len(ahead)} before you{estimate}"
