"""Finds thousands of terms at once in all readings of a text: Aho-Corasick (CACM 18(6), 1975) and word boundaries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Generic, TypeVar

import ahocorasick

from safety.records import Span
from safety.text import Normalised, TextVariant, plain
from safety.text.characters import spaced

Meaning = TypeVar("Meaning")

_BRACES = re.compile(r"\{([^{}]*)\}")
_INNER_VOWEL = re.compile(r"(?<=.)[aeiou](?=.)")
_HISSING = ("s", "x", "sh", "ch")
_LONGEST_MASKED = 13
_MASKS = "*_"


@dataclass(frozen=True, slots=True)
class TermMatch(Generic[Meaning]):
    """One term found; `span` is in the text as typed."""

    meaning: Meaning
    span: Span


class TermMatcher(Generic[Meaning]):
    """Built once from (term, meaning) pairs; `find` is thread safe and linear in the text.

    Terms are whole words or phrases, plain text as a person would write it; an "s" at the end is found
    too, and so is a hyphen for a space. "strangl{e,ed,ing}" stands for three terms.
    """

    def __init__(self, terms: Iterable[tuple[str, Meaning]]) -> None:
        self._meanings: list[Meaning] = []
        known: dict[str, set[int]] = {}
        for term, meaning in terms:
            number = len(self._meanings)
            self._meanings.append(meaning)
            for spelling in spellings(term):
                known.setdefault(spelling, set()).add(number)
        self._automaton = ahocorasick.Automaton()
        for spelling, numbers in known.items():
            self._automaton.add_word(spelling, (len(spelling), tuple(numbers)))
        if known:
            self._automaton.make_automaton()
        self._empty = not known

    def find(self, text: Normalised) -> list[TermMatch[Meaning]]:
        """Every term in any reading, once each, in the order typed."""
        if self._empty:
            return []
        found = {
            (reading.span(start, end), number)
            for reading in text.variants
            for start, end, numbers in self._matches(reading)
            for number in numbers
        }
        return [TermMatch(self._meanings[number], span) for span, number in sorted(found)]

    def _matches(self, reading: TextVariant) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        text = reading.text
        for last, (length, numbers) in self._automaton.iter(text):
            start, end = last + 1 - length, last + 1
            if begins_word(text, start) and ends_word(text, end) and not _in_a_row(text, start, end):
                yield start, end, numbers


def begins_word(text: str, start: int) -> bool:
    """Whether no word runs on across `start` from the left."""
    return start == 0 or not (spaced(text[start - 1]) and spaced(text[start]))


def ends_word(text: str, end: int) -> bool:
    """Whether no word runs on across `end`; figures that number something may follow ("model7")."""
    if end == len(text) or not (spaced(text[end]) and spaced(text[end - 1])):
        return True
    numbered = text[end].isdigit() and not text[end - 1].isdigit()
    return numbered and not text[end + 1 : end + 3].strip("0123456789 ,.")


def _in_a_row(text: str, start: int, end: int) -> bool:
    """Whether letters set apart run on: "n*g" in "p*a*i*n*t*i*n*g" is no masked word."""
    sign = next((char for char in text[start:end] if char in _MASKS), "")
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return bool(sign) and (
        (before[-1:] == sign and before[:-1].isalnum()) or (after[:1] == sign and after[1:].isalnum())
    )


def expanded(term: str) -> Iterator[str]:
    """ "a{b,c}d" as "abd" and "acd"; several braces multiply."""
    parts = _BRACES.split(term)
    choices = [part.split(",") if odd % 2 else [part] for odd, part in enumerate(parts)]
    return ("".join(choice) for choice in product(*choices))


def spellings(term: str) -> set[str]:
    """All keys that stand for a term, folded as readings are. Empty terms raise ValueError."""
    keys: set[str] = set()
    for form in expanded(term) if "{" in term else (term,):
        folded = plain(form).strip()
        if not folded:
            raise ValueError(f"{term!r} holds an empty term")
        keys.add(folded)
        if folded.isascii() and folded[-1].isalpha() and len(folded) > 2:
            plural = folded + ("es" if folded.endswith(_HISSING) else "s")
            keys.add(plural)
            keys.update(_masked(folded))
            if " " in folded:
                keys.add(plural.replace(" ", "-"))
        if " " in folded:
            keys.add(folded.replace(" ", "-"))
    return keys


def _masked(key: str) -> Iterator[str]:
    """A word with letters starred out, as forums print it: "f*ck", "f**k"."""
    if key.isalpha() and len(key) < _LONGEST_MASKED:
        vowel = _INNER_VOWEL.search(key)
        if vowel:
            yield key[: vowel.start()] + "*" + key[vowel.end() :]
            yield key[0] + "*" * (len(key) - 2) + key[-1]
