"""Tells which sessions still listen: work is not done for somebody who has gone. Imports no gradio."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

# Seconds without an open stream after which a session counts as gone: a page connects anew within a few.
GRACE = 15.0
# Seconds that a session is remembered; nothing runs for that long.
REMEMBERED = 6 * 3600.0
MOST = 20_000  # sessions that are remembered


@dataclass
class Presence:
    """Counts the open streams of each session. `clock` counts seconds. Many threads may ask at once."""

    clock: Callable[[], float] = time.monotonic
    grace: float = GRACE
    _open: Counter[str] = field(default_factory=Counter)
    _seen: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def seen(self, session: str) -> None:
        """Notes that a session has just asked for something."""
        with self._lock:
            now = self.clock()
            # The oldest come first, since a session that is seen again moves to the end.
            self._seen.pop(session, None)
            self._seen[session] = now
            for old in list(islice(self._seen, 2)):
                forgotten = now - self._seen[old] > REMEMBERED or len(self._seen) > MOST
                if forgotten and not self._open[old]:
                    del self._seen[old]

    def opened(self, session: str) -> None:
        """Notes that a session listens."""
        with self._lock:
            self._open[session] += 1

    def closed(self, session: str) -> None:
        """Notes that one stream of a session has ended."""
        with self._lock:
            self._open[session] -= 1
            if self._open[session] <= 0:
                del self._open[session]
        self.seen(session)

    def gone(self, session: str) -> bool:
        """Tells whether a session has not listened for the grace period. One that was never seen counts as there."""
        with self._lock:
            return not self._open[session] and self.clock() - self._seen.get(session, self.clock()) > self.grace


class Stop(threading.Event):
    """Tells work to end: once somebody has set it, or once nobody waits for the result any more."""

    def __init__(self, gone: Callable[[], bool] = bool) -> None:
        super().__init__()
        self._gone = gone

    def is_set(self) -> bool:
        """Returns True once the work is to end."""
        return super().is_set() or self._gone()
