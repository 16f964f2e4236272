"""Finds prompts that are mostly in words that the other checks do not read, and names their language.

The classifier was taught English, and the word lists know the crudest words of 27 other languages. What neither
reads is passed on only after the person has confirmed it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel
from safety.prompt.lexicon import Score
from safety.records import Finding, Prompt
from safety.text import Normalised, normalise
from safety.text.english import WORD, english_share, undoes_disguise
from safety.text.languages import ENGLISH, NAMES, language_of

FILE = "language.toml"
CATEGORY = "unread"
TELLING_WORDS = frozenset(["the", "of", "with", "by", "and", "from"])  # frequent in no other language of Latin letters
NO_LANGUAGE = "no language that this check knows"


class LanguageConfig(ConfigModel):
    """Holds presets/language.toml. Shares are of the letters of a prompt, 0..1."""

    unread_from: Score
    min_words: Annotated[int, Field(ge=0)]
    english_from: Score
    english_probability: Score
    gibberish_below: Score


class LanguageCheck:
    """Yields at most one finding: its score is the share of letters in no English word, at least `unread_from`."""

    name = "language"
    live = True

    def __init__(self, config: LanguageConfig) -> None:
        self._config = config

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Finds the language: its code is the subcategory, its name the evidence; no code if it is unknown."""
        text = normalise(prompt.text)
        other = min(_other_letters(variant.text) for variant in text.variants)
        if other >= self._config.unread_from:
            yield self._finding(other, language_of(text.decoded.text)[0])
            return
        yield from self._in_latin_letters(text)

    def _in_latin_letters(self, text: Normalised) -> Iterator[Finding]:
        clearest = max((variant.text for variant in text.variants), key=english_share)
        english = english_share(clearest)
        plain = text.decoded.text
        # A disguise would else pass for a language.
        plain = clearest if undoes_disguise(plain, clearest) else plain
        words = [word for word in WORD.findall(plain) if len(word) > 1]
        if len(words) < self._config.min_words or english >= self._config.english_from:
            return
        language, probability = (ENGLISH, 1.0) if TELLING_WORDS.intersection(words) else language_of(plain)
        if probability < self._config.english_probability:
            yield self._finding(max(self._config.unread_from, 1 - english), language)
        elif english < self._config.gibberish_below and len(words) > self._config.min_words:
            yield self._finding(1 - english, ENGLISH)

    def _finding(self, score: float, language: str) -> Finding:
        known = language != ENGLISH
        evidence = NAMES[language] if known else NO_LANGUAGE
        return Finding(self.name, CATEGORY, min(1.0, score), evidence, language if known else "")


def load_language(presets: Path) -> LanguageCheck:
    """Reads `language.toml` of the presets. Raises PresetError."""
    return LanguageCheck(LanguageConfig.load(presets / FILE))


def _other_letters(text: str) -> float:
    """Returns the share of letters that are not Latin ones, 0..1; 0 of fewer than two letters."""
    letters = [char for char in text if char.isalpha()]
    other = sum(not char.isascii() and not unicodedata.name(char, "").startswith("LATIN") for char in letters)
    return other / len(letters) if len(letters) > 1 else 0.0
