"""Two studios as two sides of an update: other limits, other words, other eyes; and what each says by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from safety.generation import Delivered
from safety.policy.adjustment import with_limits
from safety.policy.model import BASE_MODE
from safety.records import Decision, Finding, Picture
from studio import Studio
from tests.fakes import fake_studio
from tests.fakes_page import FLAGGED, HARD, WordCheck

OLD, NEW = "old", "new"
# Under the new policy violence is asked about from 0.35 on, and refused from 0.55 on: 0.4 and 0.7 under the old one.
LIMITS = {BASE_MODE: {"violence": {"warn": 0.35, "block": 0.55}}}
SCUFFLE = 0.6  # between the limits of the two
WORDS = {
    OLD: {**FLAGGED, **HARD, "scuffle": ("violence", SCUFFLE), "thistle": ("violence", 0.9)},
    NEW: {**FLAGGED, **HARD, "scuffle": ("violence", SCUFFLE), "bramble": ("violence", 0.9)},
}
EYES = {OLD: ("kettle",), NEW: ("teapot",)}
# Of words that both, one or none finds; of limits that differ; of pictures that one of both withholds.
PROMPTS = ("a red apple", "gore", "a thistle", "a bramble", "a scuffle", "a kettle", "a teapot")


@dataclass(frozen=True)
class Eyes:
    """Withholds pictures whose prompt has one of some words."""

    words: tuple[str, ...]
    name: str = "eyes"
    live: bool = False

    def detect(self, subject: Picture, /) -> Iterator[Finding]:
        for word in self.words:
            if word in subject.prompt:
                yield Finding(self.name, "violence", 0.99, word)


def side(studio: Studio, which: str) -> Studio:
    """Returns a studio as it is before or after the update; the record is the same."""
    policy = studio.policy if which == OLD else with_limits(studio.policy, LIMITS, 0.2)
    checks = replace(studio.checks, prompt=(WordCheck(WORDS[which]),), picture=(Eyes(EYES[which]),))
    return replace(studio, policy=policy, checks=checks)


def studio_of_side(home: str, which: str) -> Studio:
    """Makes the studio of a replica."""
    from tests.deploy.conftest import NotingEngine

    return side(fake_studio(Path(home), NotingEngine(pause=0.02)), which)


def decision_facts(decision: Decision) -> tuple[Any, ...]:
    """Returns all of a decision that may depend on a policy."""
    reasons = [(reason.category, reason.verdict, reason.score) for reason in decision.reasons]
    return decision.verdict, decision.policy_version, decision.policy_digest, dict(decision.scores), reasons


def judged(outcome: Any) -> list[Decision]:
    """Returns the decisions of an outcome, the prompt's first."""
    if isinstance(outcome, Delivered):
        return [outcome.prompt_decision, *(result.decision for result in outcome.pictures)]
    return [each for each in (outcome.prompt_decision, outcome.decision) if each is not None]
