"""The checks over the presets that ship, built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safety.checks import Check, assess
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt.child_safety import load_child_safety
from safety.prompt.intimate_imagery import load_intimate_imagery
from safety.prompt.language import UnreadCheck
from safety.prompt.lexicon import LexiconCheck
from safety.prompt.patterns import load_patterns
from safety.prompt.protected_works import load_works
from safety.prompt.public_figures import PeopleCheck, read_people
from safety.prompt.vocabulary import Vocabulary, load_vocabulary
from safety.records import Decision, Finding, Prompt, Stage
from safety.text.languages import language_of

PRESETS = Path(__file__).parents[3] / "presets"

Look = Callable[[str], list[Finding]]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return load_vocabulary(PRESETS)


@pytest.fixture(scope="session")
def words_and_rules(vocabulary: Vocabulary) -> tuple[Check[Prompt], ...]:
    """The checks that need no model. What they load at the first question is loaded: tests have deadlines."""
    language_of("ein roter Apfel")
    return (
        load_child_safety(PRESETS, vocabulary),
        load_intimate_imagery(PRESETS, vocabulary),
        LexiconCheck(vocabulary),
        load_patterns(PRESETS, vocabulary),
        PeopleCheck(read_people(PRESETS)),
        load_works(PRESETS),
        UnreadCheck(),
    )


@pytest.fixture(scope="session")
def look(words_and_rules: tuple[Check[Prompt], ...]) -> Look:
    """All findings on a text."""
    return lambda text: [finding for check in words_and_rules for finding in check.look(Prompt(text))]


@pytest.fixture(scope="session")
def judge(words_and_rules: tuple[Check[Prompt], ...]) -> Callable[[str, str], Decision]:
    """The decision on a text in a mode, by the policy that ships."""
    policy = load_policy(PRESETS)
    return lambda text, mode: decide(assess(Stage.PROMPT, Prompt(text), words_and_rules), policy, mode)
