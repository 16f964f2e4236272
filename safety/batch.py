"""Judges many prompts at once: columns in, columns out, for filters of data and for benchmarks. Imports no page.

The same checks, policy and decision as for one prompt; only the words that carry a score are not looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from safety.checks import Check, assess
from safety.decide import decide
from safety.policy import BASE_MODE, Policy
from safety.prompt.meaning import MeaningCheck, findings_of
from safety.records import Assessment, Finding, Prompt, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class BatchJudge:
    """Can be pickled, so that several processes share the work. A check that could not look blocks, as everywhere."""

    checks: Sequence[Check[Prompt]]
    policy: Policy

    def score_batch(self, prompts: Sequence[str], mode: str = BASE_MODE) -> dict[str, NDArray[np.float32]]:
        """Columns as long as `prompts`: "verdict" (a Verdict's number), "risk" (0..1), and each category's score."""
        assessed = self._assessed(list(prompts))
        decisions = [decide(one, self.policy, mode) for one in assessed]
        soft = [name for name, category in self.policy.category.items() if not category.hard]
        columns = {name: [one.scores.get(name, 0.0) for one in decisions] for name in soft}
        columns |= {"verdict": [float(one.verdict) for one in decisions], "risk": [one.risk for one in decisions]}
        return {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()}

    def _assessed(self, prompts: list[str]) -> list[Assessment]:
        models = [check for check in self.checks if isinstance(check, MeaningCheck)]
        rules = [check for check in self.checks if not isinstance(check, MeaningCheck)]
        done = [assess(Stage.PROMPT, Prompt(text), rules) for text in prompts]
        for model in models:
            try:
                columns = model.score_batch(prompts)
            except Exception:  # noqa: BLE001  one that cannot be read must not spoil the others: each by itself
                alone = [assess(Stage.PROMPT, Prompt(text), [model]) for text in prompts]
                done = [_both(one, other) for one, other in zip(done, alone, strict=True)]
                continue
            for number, text in enumerate(prompts):
                row = {name: float(column[number]) for name, column in columns.items()}
                found = findings_of(row, text) if text.strip() else []
                done[number] = _both(done[number], _seen(model.name, found))
        return done


def _seen(check: str, findings: Sequence[Finding]) -> Assessment:
    return Assessment(Stage.PROMPT, (check,), tuple(findings))


def _both(one: Assessment, other: Assessment) -> Assessment:
    return Assessment(one.stage, one.looked + other.looked, one.findings + other.findings, one.skipped + other.skipped)
