"""Finds thousands of terms at once in all variants of a text.

Aho and Corasick, "Efficient string matching", CACM 18(6), 1975; with word boundaries.
"""

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
_SIBILANTS = ("s", "x", "sh", "ch")
_MAX_MASKED = 12  # letters of a word that forums star out
_MASKS = "*_"


@dataclass(frozen=True, slots=True)
class TermMatch(Generic[Meaning]):
    """Holds one term found: what it stands for, and its span in the text as typed."""

    meaning: Meaning
    span: Span


class TermMatcher(Generic[Meaning]):
    """Finds terms, built once from (term, meaning) pairs. `find` is thread safe and linear in the text.

    Terms are whole words or phrases, plain text as a person would write it; an "s" at the end is found
    too, and so is a hyphen for a space. "strangl{e,ed,ing}" stands for three terms.
    """

    def __init__(self, terms: Iterable[tuple[str, Meaning]]) -> None:
        self._meanings: list[Meaning] = []
        numbers_of: dict[str, set[int]] = {}
        for term, meaning in terms:
            number = len(self._meanings)
            self._meanings.append(meaning)
            for spelling in spellings(term):
                numbers_of.setdefault(spelling, set()).add(number)
        self._automaton = ahocorasick.Automaton()
        for spelling, numbers in numbers_of.items():
            self._automaton.add_word(spelling, (len(spelling), tuple(numbers)))
        if numbers_of:
            self._automaton.make_automaton()
        self._empty = not numbers_of

    def find(self, text: Normalised, across_signs: bool = True) -> list[TermMatch[Meaning]]:
        """Returns every term in any variant of a text, once each, in the order typed.

        `across_signs`: also a phrase with punctuation between its words.
        """
        if self._empty:
            return []
        places = {
            (variant.span(start, end), number)
            for variant in (text.readings if across_signs else text.variants)
            for start, end, numbers in self._matches(variant)
            for number in numbers
        }
        return [TermMatch(self._meanings[number], span) for span, number in sorted(places)]

    def _matches(self, variant: TextVariant) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        text = variant.text
        for last, (length, numbers) in self._automaton.iter(text):
            start, end = last + 1 - length, last + 1
            if begins_word(text, start) and ends_word(text, end) and not _in_masked_row(text, start, end):
                yield start, end, numbers


def begins_word(text: str, start: int) -> bool:
    """Tells whether no word runs on across `start` from the left."""
    return start == 0 or not (spaced(text[start - 1]) and spaced(text[start]))


def ends_word(text: str, end: int) -> bool:
    """Tells whether no word runs on across `end`; figures that number something may follow ("model7")."""
    if end == len(text) or not (spaced(text[end]) and spaced(text[end - 1])):
        return True
    numbered = text[end].isdigit() and not text[end - 1].isdigit()
    return numbered and not text[end + 1 : end + 3].strip("0123456789 ,.")


def _in_masked_row(text: str, start: int, end: int) -> bool:
    """Tells whether letters set apart run on: "n*g" in "p*a*i*n*t*i*n*g" is no masked word."""
    mask = next((char for char in text[start:end] if char in _MASKS), "")
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return bool(mask) and (
        (before[-1:] == mask and before[:-1].isalnum()) or (after[:1] == mask and after[1:].isalnum())
    )


def expand_braces(term: str) -> Iterator[str]:
    """Yields the terms that one with braces stands for: "a{b,c}d" as "abd" and "acd"; several braces multiply."""
    parts = _BRACES.split(term)
    choices = [part.split(",") if odd % 2 else [part] for odd, part in enumerate(parts)]
    return ("".join(choice) for choice in product(*choices))


def spellings(term: str) -> set[str]:
    """Returns all keys that stand for a term, folded as variants are. Raises ValueError for an empty term."""
    keys: set[str] = set()
    for form in expand_braces(term) if "{" in term else (term,):
        folded = plain(form).strip()
        if not folded:
            raise ValueError(f"{term!r} holds an empty term")
        keys.add(folded)
        if folded.isascii() and folded[-1].isalpha() and len(folded) > 2:
            plural = folded + ("es" if folded.endswith(_SIBILANTS) else "s")
            keys.add(plural)
            keys.update(_masked(folded))
            if " " in folded:
                keys.add(plural.replace(" ", "-"))
        if " " in folded:
            keys.add(folded.replace(" ", "-"))
    return keys


def _masked(key: str) -> Iterator[str]:
    """Yields a word with letters starred out, as forums print it: "f*ck", "f**k"."""
    if key.isalpha() and len(key) <= _MAX_MASKED:
        vowel = _INNER_VOWEL.search(key)
        if vowel:
            yield from (key[: vowel.start()] + mask + key[vowel.end() :] for mask in _MASKS)
            yield key[0] + "*" * (len(key) - 2) + key[-1]
