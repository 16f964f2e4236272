"""From which score on which verdict holds, and how far a mode may move that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from safety.config import ConfigModel
from safety.records import Verdict

STEPS = (("note", Verdict.NOTE), ("warn", Verdict.WARN), ("block", Verdict.BLOCK), ("hard", Verdict.HARD_BLOCK))


class Thresholds(ConfigModel):
    """From which score on which verdict holds; a missing step is skipped. Scores are 0..1."""

    note: float | None = Field(default=None, gt=0, le=1)
    warn: float | None = Field(default=None, gt=0, le=1)
    block: float | None = Field(default=None, gt=0, le=1)
    hard: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        given = [at for _, at in self.steps()]
        if given != sorted(given):
            raise ValueError("thresholds must rise from note to warn to block to hard")
        return self

    def steps(self) -> Iterator[tuple[Verdict, float]]:
        for name, verdict in STEPS:
            if (at := getattr(self, name)) is not None:
                yield verdict, at

    def verdict_for(self, score: float) -> tuple[Verdict, float | None]:
        """The verdict for a score and the threshold that it reached (None below all)."""
        reached = [(verdict, at) for verdict, at in self.steps() if score >= at]
        return reached[-1] if reached else (Verdict.ALLOW, None)

    def at(self, verdict: Verdict) -> float:
        """The score at which `verdict` or a worse one is reached; infinite where none is."""
        return min((at for v, at in self.steps() if v >= verdict), default=float("inf"))


class Limits(Thresholds):
    """The base policy's thresholds. `loosest` says how far a mode may move them; without it, not at all."""

    loosest: Thresholds | None = None
