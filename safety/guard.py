"""The one way in which prompts are judged: by the page, the API and the command line, one by one while somebody types,
and many at once for filters of data and for benchmarks. Imports no page and can be pickled.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from safety.checks import Check, run_checks
from safety.policy.decide import decide
from safety.policy.model import BASE_MODE, Policy
from safety.prompt.classifier import PromptClassifierCheck, findings_of
from safety.records import Assessment, Decision, Finding, Prompt, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

REMEMBERED = 256  # prompts: who types goes back and forth, and the page asks once more before it generates


class _Unsure(Exception):
    """A check could not look: what it says now is not kept, since it may look the next time."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment


class Guard:
    """All checks and the policy. A check that could not look blocks, as everywhere.

    Safe to call from threads; copies in other processes share the work. What the checks saw in the last prompts is
    kept: a check that looked sees the same in the same prompt. Longer prompts are also remembered in part: the model
    keeps the windows before the one in which somebody types (safety/prompt/classifier_model.py).
    """

    def __init__(self, checks: Sequence[Check[Prompt]], policy: Policy) -> None:
        self.checks, self.policy = tuple(checks), policy
        self._live = tuple(check for check in self.checks if check.live)
        self._recent = lru_cache(maxsize=REMEMBERED)(self._sure)

    def __reduce__(self) -> tuple[Any, ...]:
        return Guard, (self.checks, self.policy)

    def judge(self, text: str, mode: str = BASE_MODE, live: bool = False) -> Decision:
        """One prompt, with the words that carry its scores. `live`: by the checks that are quick enough for typing."""
        try:
            assessment = self._recent(text, live and len(self._live) < len(self.checks))
        except _Unsure as unsure:
            assessment = unsure.assessment
        return decide(assessment, self.policy, mode)

    def score_batch(self, prompts: Sequence[str], mode: str = BASE_MODE) -> dict[str, NDArray[np.float32]]:
        """Columns as long as `prompts`: "verdict" (a Verdict's number), "risk" (0..1), and each category's score.

        The same as `judge` gives for each; only the words that carry a score are not looked for.
        """
        decisions = [decide(one, self.policy, mode) for one in self._all_looked(list(prompts))]
        soft = [name for name, category in self.policy.category.items() if not category.hard]
        columns = {name: [one.scores.get(name, 0.0) for one in decisions] for name in soft}
        columns |= {"verdict": [float(one.verdict) for one in decisions], "risk": [one.risk for one in decisions]}
        return {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()}

    def _sure(self, text: str, live: bool) -> Assessment:
        assessment = run_checks(Stage.PROMPT, Prompt(text), self._live if live else self.checks)
        if assessment.failed:
            raise _Unsure(assessment)
        return assessment

    def _all_looked(self, prompts: list[str]) -> list[Assessment]:
        models = [check for check in self.checks if isinstance(check, PromptClassifierCheck)]
        rules = [check for check in self.checks if not isinstance(check, PromptClassifierCheck)]
        done = [run_checks(Stage.PROMPT, Prompt(text), rules) for text in prompts]
        for model in models:
            try:
                columns = model.score_batch(prompts)
            except Exception:  # noqa: BLE001  one that cannot be read must not spoil the others: each by itself
                alone = [run_checks(Stage.PROMPT, Prompt(text), [model]) for text in prompts]
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
    return Assessment(one.stage, one.ran + other.ran, one.findings + other.findings, one.failed + other.failed)
