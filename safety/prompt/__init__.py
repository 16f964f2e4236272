"""Checks on what is asked for."""

from __future__ import annotations

from pathlib import Path

from safety.checks import Check
from safety.prompt.child_safety import load_child_safety
from safety.prompt.classifier import FOLDER, MeaningCheck
from safety.prompt.demographics import OpenPeople, load_open_people
from safety.prompt.intimate_imagery import load_intimate_imagery
from safety.prompt.language import UnreadCheck
from safety.prompt.lexicon import LexiconCheck
from safety.prompt.patterns import load_patterns
from safety.prompt.protected_works import load_works
from safety.prompt.public_figures import PeopleCheck, read_people
from safety.prompt.vocabulary import Vocabulary, load_vocabulary
from safety.records import Prompt


def prompt_checks(presets: Path, models: Path | None = None) -> tuple[Check[Prompt], ...]:
    """All prompt checks, built from the presets folder; without `models` the rules alone.

    Raises PresetError naming file and key. Weights are read at the first look.
    """
    vocabulary = load_vocabulary(presets)
    rules: tuple[Check[Prompt], ...] = (
        load_child_safety(presets, vocabulary),
        load_intimate_imagery(presets, vocabulary),
        LexiconCheck(vocabulary),
        load_patterns(presets, vocabulary),
        PeopleCheck(read_people(presets)),
        load_works(presets),
        UnreadCheck(),
        open_people(presets, vocabulary),
    )
    return rules if models is None else (*rules, MeaningCheck(models / FOLDER))


def open_people(presets: Path, vocabulary: Vocabulary | None = None) -> OpenPeople:
    """The check of people left open, which also fills them in for a balanced set. Raises PresetError."""
    somebody = load_intimate_imagery(presets, vocabulary or load_vocabulary(presets)).names_somebody
    return load_open_people(presets, somebody)
