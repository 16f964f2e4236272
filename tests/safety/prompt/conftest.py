"""The checks over the presets that ship, built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safety.checks import Check, run_checks
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt.child_safety import load_child_safety
from safety.prompt.intimate_imagery import load_intimate_imagery
from safety.prompt.language import LanguageCheck
from safety.prompt.lexicon import LexiconCheck
from safety.prompt.patterns import load_patterns
from safety.prompt.protected_works import load_protected_works
from safety.prompt.public_figures import PublicFiguresCheck, read_public_figures
from safety.prompt.vocabulary import Lexicon, load_lexicon
from safety.records import Decision, Finding, Prompt, Stage
from safety.text.languages import language_of

PRESETS = Path(__file__).parents[3] / "presets"

Detect = Callable[[str], list[Finding]]


@pytest.fixture(scope="session")
def vocabulary() -> Lexicon:
    return load_lexicon(PRESETS)


@pytest.fixture(scope="session")
def words_and_rules(vocabulary: Lexicon) -> tuple[Check[Prompt], ...]:
    """The checks that need no model. What they load at the first question is loaded: tests have deadlines."""
    language_of("ein roter Apfel")
    return (
        load_child_safety(PRESETS, vocabulary),
        load_intimate_imagery(PRESETS, vocabulary),
        LexiconCheck(vocabulary),
        load_patterns(PRESETS, vocabulary),
        PublicFiguresCheck(read_public_figures(PRESETS)),
        load_protected_works(PRESETS),
        LanguageCheck(),
    )


@pytest.fixture(scope="session")
def detect(words_and_rules: tuple[Check[Prompt], ...]) -> Detect:
    """All findings on a text."""
    return lambda text: [finding for check in words_and_rules for finding in check.detect(Prompt(text))]


@pytest.fixture(scope="session")
def judge(words_and_rules: tuple[Check[Prompt], ...]) -> Callable[[str, str], Decision]:
    """The decision on a text in a mode, by the policy that ships."""
    policy = load_policy(PRESETS)
    return lambda text, mode: decide(run_checks(Stage.PROMPT, Prompt(text), words_and_rules), policy, mode)
