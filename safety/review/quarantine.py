"""Withheld pictures, in memory, for as long as somebody may appeal. Those of hard lines never come here."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from safety.generation import GeneratedPicture
from safety.records import Decision, Verdict

MOST_CASES = 64  # at four pictures of 768 pixels each, about 450 MB


@dataclass(frozen=True, slots=True)
class QuarantinedPicture:
    """Holds a withheld picture, the decision on it and the name of the model that made it."""

    picture: GeneratedPicture
    decision: Decision
    model: str


@dataclass
class Quarantine:
    """`minutes` is how long a picture waits. The oldest case goes when there are too many."""

    minutes: float
    clock: Callable[[], float] = time.monotonic
    _cases: OrderedDict[str, tuple[float, list[QuarantinedPicture] | None]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, case_id: str, one: QuarantinedPicture) -> None:
        """Holds a picture that was refused. One that crossed a hard line lets go of all pictures of its case."""
        with self._lock:
            self._sweep()
            if one.decision.verdict is Verdict.HARD_BLOCK:
                self._cases[case_id] = (self.clock(), None)
            elif one.decision.verdict is Verdict.BLOCK:
                held = self._cases.setdefault(case_id, (self.clock(), []))[1]
                if held is not None:
                    held.append(one)
            while len(self._cases) > MOST_CASES:
                self._cases.popitem(last=False)

    def take(self, case_id: str) -> list[QuarantinedPicture]:
        """The pictures of a case, which are then held no longer; none once the time is over."""
        with self._lock:
            self._sweep()
            return self._cases.pop(case_id, (0.0, None))[1] or []

    def _sweep(self) -> None:
        oldest = self.clock() - 60.0 * self.minutes
        for case_id in [one for one, (since, _) in self._cases.items() if since < oldest]:
            del self._cases[case_id]
