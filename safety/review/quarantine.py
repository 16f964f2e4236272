"""Withheld pictures, in memory, for as long as somebody may appeal. Those of hard lines are never held."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from safety.generation import GeneratedPicture
from safety.records import Decision, Verdict

MAX_CASES = 64  # at four pictures of 768 pixels each, about 450 MB


@dataclass(frozen=True, slots=True)
class QuarantinedPicture:
    """Holds a withheld picture, the decision on it and the name of the model that made it."""

    picture: GeneratedPicture
    decision: Decision
    model: str


@dataclass
class Quarantine:
    """Holds withheld pictures by case, each for `minutes`. The oldest case goes when there are too many.

    `clock` counts seconds. Many threads may use it at once.
    """

    minutes: float
    clock: Callable[[], float] = time.monotonic
    # By case: since when, and its pictures; None for a case that crossed a hard line.
    _cases: OrderedDict[str, tuple[float, list[QuarantinedPicture] | None]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, case_id: str, picture: QuarantinedPicture) -> None:
        """Holds a picture that was refused. One that crossed a hard line lets go of all pictures of its case."""
        with self._lock:
            self._remove_expired()
            if picture.decision.verdict is Verdict.HARD_BLOCK:
                self._cases[case_id] = (self.clock(), None)
            elif picture.decision.verdict is Verdict.BLOCK:
                pictures = self._cases.setdefault(case_id, (self.clock(), []))[1]
                if pictures is not None:
                    pictures.append(picture)
            while len(self._cases) > MAX_CASES:
                self._cases.popitem(last=False)

    def take(self, case_id: str) -> list[QuarantinedPicture]:
        """Returns the pictures of a case and holds them no longer; none once the time is over."""
        with self._lock:
            self._remove_expired()
            return self._cases.pop(case_id, (0.0, None))[1] or []

    def _remove_expired(self) -> None:
        oldest = self.clock() - 60.0 * self.minutes
        for case_id in [case_id for case_id, (since, _) in self._cases.items() if since < oldest]:
            del self._cases[case_id]
