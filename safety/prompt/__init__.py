"""Checks on what is asked for."""

from __future__ import annotations

from pathlib import Path

from safety.checks import Check
from safety.prompt.child_safety import load_child_safety
from safety.prompt.classifier import FOLDER, PromptClassifierCheck
from safety.prompt.demographics import DemographicsCheck, load_demographics
from safety.prompt.intimate_imagery import load_intimate_imagery
from safety.prompt.language import LanguageCheck
from safety.prompt.lexicon import LexiconCheck
from safety.prompt.patterns import load_patterns
from safety.prompt.protected_works import load_protected_works
from safety.prompt.public_figures import PublicFiguresCheck, read_public_figures
from safety.prompt.vocabulary import Lexicon, load_lexicon
from safety.records import Prompt


def prompt_checks(presets: Path, models: Path | None = None) -> tuple[Check[Prompt], ...]:
    """All prompt checks, built from the presets folder; without `models` the rules alone.

    Raises PresetError naming file and key. Weights are read at the first look.
    """
    vocabulary = load_lexicon(presets)
    rules: tuple[Check[Prompt], ...] = (
        load_child_safety(presets, vocabulary),
        load_intimate_imagery(presets, vocabulary),
        LexiconCheck(vocabulary),
        load_patterns(presets, vocabulary),
        PublicFiguresCheck(read_public_figures(presets)),
        load_protected_works(presets),
        LanguageCheck(),
        open_people(presets, vocabulary),
    )
    return rules if models is None else (*rules, PromptClassifierCheck(models / FOLDER))


def open_people(presets: Path, vocabulary: Lexicon | None = None) -> DemographicsCheck:
    """The check of people left open, which also fills them in for a balanced set. Raises PresetError."""
    somebody = load_intimate_imagery(presets, vocabulary or load_lexicon(presets)).names_somebody
    return load_demographics(presets, somebody)
