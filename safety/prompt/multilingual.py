"""Classifies what a prompt in one of thirteen further languages means: the classifier's twin, taught by it.

The same heads on a multilingual encoder (training/prompt_languages), calibrated so that the same limits hold. It reads
a text as typed: to undo the disguises of English would take the accents off letters that have them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import model_validator

from safety.prompt.classifier import PromptClassifierCheck, PromptClassifierConfig
from safety.prompt.language import TAUGHT, LanguageIdentifier
from safety.text.folding import as_typed
from safety.text.variant import TextVariant

FILE = "prompt_languages.toml"
FOLDER = "prompt_languages"
NAME = "meaning in other languages"
FRAME = 0, 2  # the tokens before and after a text


class MultilingualConfig(PromptClassifierConfig):
    """Holds presets/prompt_languages.toml. offset: added to the logits of a text, by the code of its language."""

    offset: dict[str, float]

    @model_validator(mode="after")
    def _names_taught_languages(self) -> Self:
        if unknown := sorted(set(self.offset) - TAUGHT):
            raise ValueError(f"offset: the model was not taught {', '.join(unknown)}")
        return self


class MultilingualCheck(PromptClassifierCheck):
    """Reads what `languages` takes for one of language.TAUGHT, or for a mixture with it; finds nothing in all else."""

    name = NAME
    weights, frame, hidden = FOLDER, FRAME, ""

    def __init__(
        self, folder: Path, config: MultilingualConfig, warn_score: float, languages: LanguageIdentifier
    ) -> None:
        super().__init__(folder, config, warn_score, languages)
        self._identify, self._offset = languages.identify, config.offset

    def reads(self, text: str) -> bool:
        """Tells whether the check judges a text: it is in a language that the model was taught, wholly or in part."""
        return bool(text.strip()) and self._identify(text).taught

    def _shift(self, text: str) -> float:
        return self._offset.get(self._identify(text).code, 0.0)

    def _variants(self, text: str) -> Iterable[TextVariant]:
        return (as_typed(text),)


def load_multilingual(
    presets: Path, folder: Path, languages: LanguageIdentifier, warn_score: float = math.inf
) -> MultilingualCheck:
    """Reads `prompt_languages.toml` of the presets for the weights in `folder`. Raises PresetError."""
    return MultilingualCheck(folder, MultilingualConfig.load(presets / FILE), warn_score, languages)
