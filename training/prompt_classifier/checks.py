"""Builds the checks that judge rows: the classifier of one training run, and all that the studio asks beside it."""

from __future__ import annotations

import math
from pathlib import Path

from safety.checks import Check
from safety.prompt import load_prompt_checks
from safety.prompt.classifier import NAME, PromptClassifierCheck, load_prompt_classifier
from safety.prompt.language import load_languages
from safety.prompt.multilingual import FOLDER, load_multilingual
from safety.records import Prompt

MODELS = Path("assets/models")


def load_run(presets: Path, folder: Path, warn_score: float = math.inf, models: Path = MODELS) -> PromptClassifierCheck:
    """Returns the classifier with the weights in `folder`; the model of other languages is asked beside it."""
    second = load_multilingual(presets, models / FOLDER, load_languages(presets))
    return load_prompt_classifier(presets, folder, warn_score, second=second)


def load_others(presets: Path, models: Path = MODELS) -> tuple[Check[Prompt], ...]:
    """Returns all prompt checks of the studio but the classifier."""
    return tuple(check for check in load_prompt_checks(presets, models).checks if check.name != NAME)
