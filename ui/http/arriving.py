"""Bounds how much of what is being sent lies in memory at once: so many bytes of one caller, and of all together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from safety.errors import LimitError

FULL = "As much is being sent here as can be held at once."
RETRY = 2.0  # seconds after which a body that was turned away may pass


@dataclass
class Arriving:
    """Counts the bytes of bodies from when they arrive until their call is answered, in one event loop.

    `of_one` and `of_all`: the most, of one caller and of all callers.
    """

    of_one: int
    of_all: int
    _held: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def body(self, client: str) -> Iterator[Callable[[int], None]]:
        """Yields what counts bytes of a caller's body while the block runs.

        Without room it raises LimitError, and what was counted is free at once: the other bodies go on.
        """
        own = 0

        def let_go() -> None:
            nonlocal own
            self._held[client] -= own
            own = 0
            if not self._held[client]:
                del self._held[client]

        def count(more: int) -> None:
            nonlocal own
            if self._held[client] + more > self.of_one or self._held.total() + more > self.of_all:
                let_go()
                raise LimitError(FULL, RETRY)
            own += more
            self._held[client] += more

        try:
            yield count
        finally:
            let_go()
