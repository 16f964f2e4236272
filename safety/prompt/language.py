"""Says so when a prompt is mostly in words that the other checks do not read, and in which language it seems to be.

The model that judges meaning was taught English, and the word lists know the crudest words of 27 other
languages. What neither reads is passed on only after the person has confirmed it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from safety.records import Finding, Prompt
from safety.text import normalise
from safety.text.english import WORD, english_share, undone
from safety.text.languages import ENGLISH, NAMES, language_of

CATEGORY = "unread"
FEWEST = 4  # words in Latin letters: fewer are names as often as another language
SURELY_ENGLISH = 0.9  # the share of letters in English words from which on nobody needs to ask
FOREIGN = 0.02  # the probability of English below which a text is in another language
MOSTLY, HARDLY = 0.5, 0.3  # shares
TELLING = frozenset(["the", "of", "with", "by", "and", "from"])  # no other language in these letters is full of them
NO_LANGUAGE = "no language that this check knows"


class LanguageCheck:
    """At most one finding: its score is the share of letters that stand in no English word, at least one half."""

    name = "language"
    live = True

    def detect(self, prompt: Prompt) -> Iterator[Finding]:
        """The subcategory is the language's code, the evidence its name; both are empty words for no language."""
        text = normalise(prompt.text)
        plain = text.legible.text
        other = min(_other_letters(reading.text) for reading in text.variants)
        if other >= MOSTLY:
            yield _finding(other, language_of(plain)[0])
            return
        clearest = max((reading.text for reading in text.variants), key=english_share)
        read = english_share(clearest)
        plain = clearest if undone(plain, clearest) else plain  # else the disguise would pass for a language
        words = [word for word in WORD.findall(plain) if len(word) > 1]
        if len(words) < FEWEST or read >= SURELY_ENGLISH:
            return
        language, chance = (ENGLISH, 1.0) if TELLING.intersection(words) else language_of(plain)
        if chance < FOREIGN:
            yield _finding(max(MOSTLY, 1 - read), language)
        elif read < HARDLY and len(words) > FEWEST:
            yield _finding(1 - read, ENGLISH)


def _finding(score: float, language: str) -> Finding:
    known = language != ENGLISH
    evidence = NAMES[language] if known else NO_LANGUAGE
    return Finding(LanguageCheck.name, CATEGORY, min(1.0, score), evidence, language if known else "")


def _other_letters(text: str) -> float:
    """The share of letters that are not Latin ones, 0..1; 0 of fewer than two letters."""
    letters = [char for char in text if char.isalpha()]
    other = sum(not char.isascii() and not unicodedata.name(char, "").startswith("LATIN") for char in letters)
    return other / len(letters) if len(letters) > 1 else 0.0
