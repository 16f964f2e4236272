"""What each layer looked at in one piece of work: its numbers against the limits of every mode, and its time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from safety.policy.model import Policy
from safety.records import Decision, Verdict
from studio.tracing import Traces

PROMPT, MODEL, PICTURE, MARKS = "prompt", "model", "picture", "marks"
MAX_ROWS = 8
LEAST_SCORE = 0.005  # less shows as 0.00


@dataclass
class LayerTimes:
    """Adds up how many seconds each layer took."""

    seconds: dict[str, float] = field(default_factory=dict)
    traces: Traces | None = None

    def traced(self, layer: str) -> AbstractContextManager[Any]:
        """Traces what is done inside of the context, without measuring it here: an engine knows its own time."""
        return self.traces.span(layer) if self.traces else nullcontext()

    @contextmanager
    def measure(self, layer: str) -> Iterator[None]:
        """Measures what is done inside of the context."""
        began = time.perf_counter()
        try:
            with self.traced(layer):
                yield
        finally:
            self.seconds[layer] = self.seconds.get(layer, 0.0) + time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class ModeLimits:
    """Holds from which score, 0..1, a mode asks for a confirmation or veils, and refuses; None where it never does."""

    mode: str
    warn: float | None
    block: float | None


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """Holds the highest score of a category, 0..1, and the limits that each mode has for the whole of it."""

    category: str
    score: float
    limits: tuple[ModeLimits, ...]


def scores_of(decision: Decision, policy: Policy) -> tuple[CategoryScore, ...]:
    """Returns the scores that a decision tells, highest first; none behind a hard line, which tells none."""
    seen = sorted(((score, name) for name, score in decision.scores.items() if score >= LEAST_SCORE), reverse=True)
    return tuple(
        CategoryScore(name, score, tuple(_limits(decision, name, mode, policy) for mode in policy.mode))
        for score, name in seen[:MAX_ROWS]
    )


def _limits(decision: Decision, category: str, mode: str, policy: Policy) -> ModeLimits:
    limits = policy.thresholds(decision.stage, category, "", mode)
    return ModeLimits(
        mode,
        *(None if limits is None or limits.at(at) > 1 else limits.at(at) for at in (Verdict.WARN, Verdict.BLOCK)),
    )
