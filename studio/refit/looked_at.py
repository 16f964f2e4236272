"""What all checks see in a prompt, kept so that any policy and any correction can judge it without looking again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from safety.checks import Check, run_checks
from safety.errors import RequestError
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.prompt.classifier import NAME, PromptClassifierCheck
from safety.prompt.classifier_scores import PromptReading, strength_odds, worst_variant
from safety.prompt.correction import Correction
from safety.prompt.negative_prompt import PromptReader
from safety.prompt.validation import prompt_problem
from safety.records import Assessment, Decision, Prompt, Stage


@dataclass(frozen=True)
class LookedAt:
    """Holds one prompt: what the other checks see in it, and what the classifier read; None where it reads nothing."""

    others: Assessment
    reading: PromptReading | None
    classifier: PromptClassifierCheck | None

    def judged(self, policy: Policy, correction: Correction | None, mode: str) -> Decision:
        """Returns the decision under a policy, with a correction, in a mode; no words are marked."""
        return decide(self.assessment(correction), policy, mode)

    def assessment(self, correction: Correction | None) -> Assessment:
        """Returns what all checks see under a correction."""
        if self.reading is None or self.classifier is None:
            return self.others
        found = self.classifier.find_read(self.reading, correction)
        return replace(self.others, findings=(*self.others.findings, *found))

    @cached_property
    def odds(self) -> float | None:
        """Returns the log-odds, before any correction, that general mode should stop the prompt."""
        if self.reading is None:
            return None
        logits, _ = worst_variant(self.reading, None)
        return float(strength_odds(logits[None])[0])

    @cached_property
    def features(self) -> NDArray[np.float32] | None:
        """Returns the features, (width,), of the variant that scores worst, the mean over its windows."""
        if self.reading is None or not self.reading.features:
            return None
        worst = int(self.reading.logits[:, 0].argmax())
        found: NDArray[np.float32] = self.reading.features[worst].mean(axis=0)
        return found if len(found) else None


class Looker:
    """Looks at prompts with the checks of a studio, each prompt once."""

    def __init__(self, checks: Sequence[Check[Prompt]], reader: PromptReader) -> None:
        self._reader = reader
        self._seen: dict[str, LookedAt] = {}
        self._classifier = next(
            (check for check in checks if isinstance(check, PromptClassifierCheck) and check.name == NAME), None
        )
        self._others = [check for check in checks if check is not self._classifier]

    @property
    def classifier(self) -> PromptClassifierCheck | None:
        """Returns the check whose scores are refitted; None where it is not among the checks."""
        return self._classifier

    def look(self, prompt: str) -> LookedAt:
        """Returns what is seen in a prompt. Raises RequestError where a check cannot look."""
        if prompt not in self._seen:
            self._seen[prompt] = self._look(prompt)
        return self._seen[prompt]

    def _look(self, prompt: str) -> LookedAt:
        judged = self._reader.read(prompt, "")
        if prompt_problem(prompt) or prompt_problem(judged):
            raise RequestError("A row holds a prompt that cannot be judged.", "Take empty and over-long rows out.")
        others = run_checks(Stage.PROMPT, Prompt(judged), self._others)
        if others.failed:
            raise RequestError(f"A check cannot look: {others.failed[0].why}", "Look at `python app.py health`.")
        if self._classifier is None:
            return LookedAt(others, None, None)
        reads = self._classifier.reads(judged)
        named = replace(others, ran=(*others.ran, self._classifier.name))
        return LookedAt(named, self._classifier.read_variants(judged) if reads else None, self._classifier)
