"""What a class has answered, in memory: each learner once for each question, and nobody can tell who said what.

Every question has a random key of its own, under which a learner's answers cannot be laid beside each other; what is
handed out comes in the order of the values, never in that of the learners or of the time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Value = float | Mapping[str, float]
# Asked once: the first answer stays. What a panel records may be tried again, and the last one counts.
FINAL = ("predict", "check")


class AskedOf(NamedTuple):
    """Names a question: a lesson, a step of it, and `predict`, `check` or what a panel records."""

    lesson: str
    step: str
    name: str


@dataclass
class _Gathered:
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    values: dict[bytes, Value] = field(default_factory=dict)

    def pseudonym(self, learner: str) -> bytes:
        """Returns what stands for a learner in this question alone."""
        return hmac.digest(self.key, learner.encode(), hashlib.sha256)


@dataclass
class ClassAnswers:
    """Gathers the answers of one class. Whoever calls it sees to it that one thread does at a time."""

    _gathered: dict[AskedOf, _Gathered] = field(default_factory=dict)

    def put(self, asked: AskedOf, learner: str, value: Value) -> None:
        """Takes a learner's answer; one that comes again counts once."""
        gathered = self._gathered.setdefault(asked, _Gathered())
        who = gathered.pseudonym(learner)
        if asked.name in FINAL:
            gathered.values.setdefault(who, value)
        else:
            gathered.values[who] = value

    def has(self, asked: AskedOf, learner: str) -> bool:
        """Tells whether a learner has answered a question."""
        gathered = self._gathered.get(asked)
        return gathered is not None and gathered.pseudonym(learner) in gathered.values

    def counts(self) -> dict[AskedOf, int]:
        """Returns how many have answered each question."""
        return {asked: len(gathered.values) for asked, gathered in self._gathered.items()}

    def values(self, asked: AskedOf) -> list[Value]:
        """Returns the answers to a question, in the order of their values."""
        gathered = self._gathered.get(asked)
        return sorted(gathered.values.values(), key=_order) if gathered else []

    def clear(self) -> None:
        """Deletes everything."""
        self._gathered.clear()


def _order(value: Value) -> str:
    return json.dumps(value, sort_keys=True)
