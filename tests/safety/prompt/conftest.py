"""The checks over the presets that ship, built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safety.checks import Check, run_checks
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import PromptChecks, load_prompt_checks
from safety.prompt.lexicon import Lexicon
from safety.records import Decision, Finding, Prompt, Stage
from safety.text.languages import language_probabilities

PRESETS = Path(__file__).parents[3] / "presets"

Detect = Callable[[str], list[Finding]]


@pytest.fixture(scope="session")
def prompt_checks() -> PromptChecks:
    """Builds the checks that need no model. What they load at the first question is loaded: tests have deadlines."""
    language_probabilities("ein roter Apfel")
    return load_prompt_checks(PRESETS)


@pytest.fixture(scope="session")
def lexicon(prompt_checks: PromptChecks) -> Lexicon:
    return prompt_checks.lexicon


@pytest.fixture(scope="session")
def rules(prompt_checks: PromptChecks) -> tuple[Check[Prompt], ...]:
    """Returns the checks that say something of harm, which a remark on people left open does not."""
    return tuple(check for check in prompt_checks.checks if check is not prompt_checks.demographics)


@pytest.fixture(scope="session")
def detect(rules: tuple[Check[Prompt], ...]) -> Detect:
    """Returns all findings on a text."""
    return lambda text: [finding for check in rules for finding in check.detect(Prompt(text))]


@pytest.fixture(scope="session")
def judge(rules: tuple[Check[Prompt], ...]) -> Callable[[str, str], Decision]:
    """Returns the decision on a text in a mode, by the policy that ships."""
    policy = load_policy(PRESETS)
    return lambda text, mode: decide(run_checks(Stage.PROMPT, Prompt(text), rules), policy, mode)
