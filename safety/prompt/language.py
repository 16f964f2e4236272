"""Finds the language of a prompt: which model reads it, and which prompts nobody reads.

One model was taught English, another thirteen further languages (multilingual.py), and the word lists know the crudest
words of 27. What none of the models reads is passed on only after the person has confirmed it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel
from safety.prompt.lexicon import Score
from safety.records import Finding, Prompt
from safety.text import normalise
from safety.text.english import WORD, composed_share, english_share, undoes_disguise
from safety.text.languages import ENGLISH, NAMES, language_probabilities

FILE = "language.toml"
CATEGORY = "unread"
TELLING_WORDS = frozenset(["the", "of", "with", "by", "and", "from"])  # frequent in no other language of Latin letters
# Small words of English, some of them of other languages, too: between names and made-up words they tell of English.
SMALL_WORDS = TELLING_WORDS | frozenset(["a", "an", "as", "at", "for", "in", "is", "on", "to", "vs"])
SMALL_WORD_EACH = 6  # one of them in so many words
NO_LANGUAGE = "no language that this check knows"
# Where a phrase ends, or a credit begins: "een oude man, by Rembrandt" is Dutch with an English tail.
_PARTS = re.compile(r"[,.;:|&+/()\[\]{}!?\n]+|\b(?:art(?:work)?\s+)?by\b", re.IGNORECASE)
_SIGNS = re.compile(r"""[^\w\s,.;:!?'’"()-]+""")  # that stand in no sentence
_LATIN_WORD = re.compile(r"\w*[^\W\d_]\w+|\w+[^\W\d_]")  # of two signs or more, perhaps with figures in it
MIN_ENGLISH_WORDS = 2  # in Latin letters, in a prompt of other letters
# What the multilingual model was taught.
TAUGHT = frozenset(["ar", "de", "es", "fr", "hi", "it", "ja", "ko", "pl", "pt", "ru", "tr", "zh"])


class LanguageConfig(ConfigModel):
    """Holds presets/language.toml. Shares are of the letters of a prompt, probabilities those of py3langid, 0..1."""

    unread_from: Score
    min_words: Annotated[int, Field(ge=0)]
    later_min_words: Annotated[int, Field(ge=0)]
    english_from: Score
    english_probability: Score
    part_english_from: Score
    gibberish_below: Score
    taught_probability: Score
    taught_min_words: Annotated[int, Field(ge=0)]
    taught_english_probability: Score
    taught_certainty: Score
    mixed_from: Score


@dataclass(frozen=True, slots=True)
class Language:
    """Holds what a prompt is written in.

    code: a key of NAMES, or "" where there is none that could be told. other: the share of letters that stand in no
    English word, 0..1; 0 for what passes for English. mixed: the language is only a part of it, the rest is English.
    apart: it is written in letters that are not Latin ones, so that English is easily told from it.
    """

    code: str
    other: float = 0.0
    mixed: bool = False
    apart: bool = False

    @property
    def taught(self) -> bool:
        """Tells whether the multilingual model was taught the language."""
        return self.code in TAUGHT


class LanguageIdentifier:
    """Tells the language of a prompt. Can be pickled."""

    def __init__(self, config: LanguageConfig) -> None:
        self._config = config
        # Three checks ask for the language of one prompt.
        self._cached = lru_cache(maxsize=64)(self._identify)

    def __reduce__(self) -> tuple[type[LanguageIdentifier], tuple[LanguageConfig]]:
        return LanguageIdentifier, (self._config,)

    def identify(self, prompt: str) -> Language:
        """Returns the language of any string; English for what has no letters."""
        return self._cached(prompt)

    def english_part(self, prompt: str) -> str:
        """Returns what the model that was taught English should read: in its places, with spaces for all the rest.

        All of a prompt in no language that was taught, and of a mixture in Latin letters; of one in other letters its
        Latin words, if there are two; else nothing.
        """
        language = self.identify(prompt)
        if not language.taught or (language.mixed and not language.apart):
            return prompt
        if not language.apart:
            return ""
        latin = "".join(char if not char.isalpha() or _is_latin(char) else " " for char in prompt)
        return latin if len(_LATIN_WORD.findall(latin)) >= MIN_ENGLISH_WORDS else ""

    def _identify(self, prompt: str) -> Language:
        text = normalise(prompt)
        clearest = max((variant.text for variant in text.variants), key=english_share)
        plain = text.decoded.text
        # English in look-alikes of another script is no other language.
        disguised = undoes_disguise(plain, clearest)
        other = _other_letters(clearest if disguised else plain)
        if other >= self._config.mixed_from:
            code, _ = self._likeliest(prompt)
            dominant = other >= self._config.unread_from
            if dominant or code in TAUGHT:
                return Language(code, min(1.0, other), mixed=not dominant, apart=True)
            return _PASSES
        # A disguise would else pass for a language; and French, put together as English, for a disguise. What hides in
        # one is English for the greater part.
        english = english_share(clearest) >= self._config.part_english_from
        if disguised and english and not self._is_a_language(prompt):
            return self._in_latin_letters(clearest, clearest, clearest)
        return self._in_latin_letters(prompt, plain, clearest)

    def _likeliest(self, text: str) -> tuple[str, float]:
        """Returns a language that was taught, if that may well be, else the likeliest; and how likely it is English."""
        probabilities = _probabilities(text)
        taught = {code: chance for code, chance in probabilities.items() if code in TAUGHT}
        # Short texts of near relations are taken for one another: Russian for Bulgarian, German for Dutch.
        near = sum(taught.values()) >= self._config.taught_probability
        return next(iter(taught if near else probabilities)), probabilities[ENGLISH]

    def _is_a_language(self, text: str) -> bool:
        """Tells whether a text is clearly in languages that were taught, though its words be English ones, too."""
        probabilities = _probabilities(text)
        taught = sum(chance for code, chance in probabilities.items() if code in TAUGHT)
        english = probabilities[ENGLISH]
        return taught >= self._config.taught_certainty and english < self._config.taught_english_probability

    def _in_latin_letters(self, typed: str, plain: str, clearest: str) -> Language:
        words = _words(plain)
        english, own = english_share(clearest), english_share(plain)
        if len(words) < self._config.taught_min_words:
            return _PASSES
        if own < self._config.english_from or self._is_a_language(typed):
            code, probability = (ENGLISH, 1.0) if TELLING_WORDS.intersection(words) else self._likeliest(typed)
            if code in TAUGHT and probability < self._config.taught_english_probability:
                return Language(code, max(self._config.unread_from, 1 - own))
        if (part := self._foreign_part(typed, plain, typed is clearest)) is not None:
            return part
        if len(words) <= self._config.min_words or english >= self._config.gibberish_below:
            return _PASSES
        small = sum(word in SMALL_WORDS for word in WORD.findall(plain))
        if small * SMALL_WORD_EACH < len(words) and composed_share(clearest) < self._config.gibberish_below:
            return Language("", 1 - english)
        return _PASSES

    def _foreign_part(self, typed: str, plain: str, disguised: bool) -> Language | None:
        """Returns the language of the first phrase that is long enough, hardly English and clearly something else.

        Phrases after the first must be longer: they are lists of artists. What one reading of a disguise makes of a
        phrase is no language.
        """
        if disguised:
            return None
        read = frozenset(WORD.findall(plain.lower()))
        for number, part in enumerate(filter(str.strip, _PARTS.split(typed))):
            words = _words(part.lower())
            least = self._config.later_min_words if number else self._config.min_words
            if len(words) < least or TELLING_WORDS.intersection(words) or _is_code(part, words, read):
                continue
            share = english_share(part.lower())
            if share >= self._config.english_from:
                continue
            code, probability = self._likeliest(part)
            hardly_english = share < self._config.part_english_from or code in TAUGHT
            if hardly_english and probability < self._config.english_probability:
                return Language(code, max(self._config.unread_from, 1 - share), mixed=code in TAUGHT)
        return None


_PASSES = Language(ENGLISH)


class LanguageCheck:
    """Yields at most one finding, for what no model reads: its score is the share of letters in no English word.

    reads_taught: whether a model is there that reads the languages of TAUGHT.
    """

    name = "language"
    live = True

    def __init__(self, languages: LanguageIdentifier, reads_taught: bool = False) -> None:
        self._languages, self._reads_taught = languages, reads_taught

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """Finds the language: its code is the subcategory, its name the evidence; no code if it is unknown."""
        language = self._languages.identify(prompt.text)
        read = language.code == ENGLISH or language.mixed or (self._reads_taught and language.taught)
        if not read:
            evidence = NAMES.get(language.code, NO_LANGUAGE)
            yield Finding(self.name, CATEGORY, language.other, evidence, language.code)


def load_languages(presets: Path) -> LanguageIdentifier:
    """Reads `language.toml` of the presets. Raises PresetError."""
    return LanguageIdentifier(LanguageConfig.load(presets / FILE))


def _other_letters(text: str) -> float:
    """Returns the share of letters that are not Latin ones, 0..1; 0 of fewer than two letters."""
    letters = [char for char in text if char.isalpha()]
    other = sum(not _is_latin(char) for char in letters)
    return other / len(letters) if len(letters) > 1 else 0.0


def _is_code(part: str, words: list[str], read: frozenset[str]) -> bool:
    """Tells whether a part is no text as typed: look-alikes of other letters, or base64, whose words are not read."""
    plain = [word for word in words if word.isascii()]
    return _other_letters(part) > 0 or 2 * sum(word in read for word in plain) < len(plain)


def _probabilities(text: str) -> dict[str, float]:
    """Returns the probability of each language, whatever signs stand between the words: "。" is no Chinese."""
    return language_probabilities(_SIGNS.sub(" ", text))


def _words(text: str) -> list[str]:
    return [word for word in WORD.findall(text) if len(word) > 1]


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")
