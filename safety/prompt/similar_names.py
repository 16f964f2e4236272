"""Finds names of a list that are misspelt, spelt by sound, written in another script or run together.

A word is like a name's where it is one edit away (Damerau), sounds the same, or has the same consonants in another
script. Every word of the name must be there, in order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import Flag
from itertools import groupby

from safety.records import Span
from safety.text import Normalised, TextVariant, plain
from safety.text.english import english
from safety.text.sound import is_word_part, skeletons, sound

MIN_EDITED = 4  # letters of a name's word in which one may be wrong
MIN_SHORTENED = 2  # letters of a given name that was cut short
MIN_SOUND = 3  # sounds of a word that is known by them
MIN_SKELETON = 4  # consonants of a whole name in another script
MIN_INITIALLED, MIN_JOINED = 4, 9  # letters of a family name behind an initial, and of a name without spaces
MIN_SINGLE = 6  # letters of a name of one word, to know it misspelt
EVERYDAY = 10.5  # nats: a commoner English word is meant as such

_WORD = re.compile(r"[^\W\d_]+")
_FAMILY_FIRST = re.compile(r"(?<![^\W_])([^\W\d_]{3,}), ?([^\W\d_]{2,})(?=\s*(?:$|[,.;:!?)\]]))")
_NO_INITIAL = "aio"  # one-letter words, and "o'"

Place = tuple[int, int]  # number of a name, and of a word in it


class _Likeness(Flag):
    """Says of the words of a text that may be a name: some are not spelt as in it and mean something by themselves.

    They are no name by themselves ("back black"), but with one that is telling and spelt right ("tailor swift").
    """

    EVERYDAY = 1
    TELLING = 2


class SimilarNames:
    """Finds the names of a list, each of two or three words; others are left to an exact search."""

    def __init__(self, names: Iterable[str], given_names: Iterable[str] = ()) -> None:
        known = dict.fromkeys(tuple(_WORD.findall(plain(name))) for name in names)
        self._given = frozenset(given_names)
        self._single = _cuts_of_single(words[0] for words in known if len(words) == 1)
        self._names = [words for words in known if 2 <= len(words) <= 3 and all(word.isascii() for word in words)]
        self._exact: dict[str, set[Place]] = {}
        self._edited: dict[str, set[Place]] = {}
        self._sounds: dict[str, set[Place]] = {}
        self._skeletons: dict[str, set[Place]] = {}
        self._joined: dict[str, int] = {}
        self._joined_skeletons: dict[str, int] = {}
        for number, words in enumerate(self._names):
            self._add(number, words)

    def _add(self, number: int, words: tuple[str, ...]) -> None:
        for place, word in enumerate(words):
            self._exact.setdefault(word, set()).add((number, place))
            if len(word) >= MIN_EDITED:
                for cut in _cuts(word):
                    self._edited.setdefault(cut, set()).add((number, place))
            if len(sound(word)) >= MIN_SOUND:
                self._sounds.setdefault(sound(word), set()).add((number, place))
            for skeleton in skeletons(word):
                self._skeletons.setdefault(skeleton, set()).add((number, place))
        if len("".join(words)) >= MIN_JOINED:
            self._joined["".join(words)] = number
        for skeleton in skeletons("".join(words)):
            if len(skeleton) > MIN_SKELETON:
                self._joined_skeletons[skeleton] = number

    def find(self, text: Normalised) -> Iterator[Span]:
        """Yields where a name or something like it stands, in any reading of the text."""
        known: dict[str, dict[Place, _Likeness]] = {}
        for variant in text.readings:
            yield from self._in_latin(variant, known)
        # Initials only where no sign was made a space: "woman's stone" is no Sharon.
        yield from self._initialled(text.decoded)
        yield from self._family_first(text.decoded)
        if not text.typed.isascii():
            yield from self._in_other_scripts(text.typed)

    def _in_latin(self, variant: TextVariant, known: dict[str, dict[Place, _Likeness]]) -> Iterator[Span]:
        """Yields the names of one reading. `known`: what the words of others may be, filled in here."""
        previous: dict[Place, tuple[int, _Likeness]] = {}
        just_before = previous
        for match in _WORD.finditer(variant.text):
            word, start, end = match[0], match.start(), match.end()
            if word in self._joined or self._is_single(word):
                yield variant.span(start, end)
            if word not in known:
                known[word] = self._shortened(word) | self._candidates(word)
            now: dict[Place, tuple[int, _Likeness]] = {}
            for (number, position), likeness in known[word].items():
                first = start
                if position:
                    if (number, position - 1) not in previous:
                        continue
                    first, before = previous[number, position - 1]
                    likeness = before | likeness
                now[number, position] = (first, likeness)
                if position == len(self._names[number]) - 1 and likeness != _Likeness.EVERYDAY:
                    yield variant.span(first, end)
            # A second given name may stand between: "Ann Marie Lee".
            previous = {**just_before, **now} if word in self._given else now
            just_before = now

    def _family_first(self, variant: TextVariant) -> Iterator[Span]:
        """Yields names with the family name first: "Lee, Ann"."""
        for match in _FAMILY_FIRST.finditer(variant.text):
            givens = self._exact.get(match[2], ())
            if any(place == 1 and (number, 0) in givens for number, place in self._exact.get(match[1], ())):
                yield variant.span(*match.span())

    def _is_single(self, word: str) -> bool:
        """Tells whether a word that is no English one is one edit from a name of one word."""
        if len(word) < MIN_SINGLE - 1 or not word.isascii() or english().knows(word):
            return False
        names = {name for cut in _cuts(word) for name in self._single.get(cut, ())}
        return any(_one_edit_apart(word, name) for name in names)

    def _candidates(self, word: str) -> dict[Place, _Likeness]:
        """Returns the names' words that a word may be, and how like it is."""
        strange = english().cost.get(word, EVERYDAY) >= EVERYDAY
        found = dict.fromkeys(self._exact.get(word, ()), _Likeness.TELLING if strange else _Likeness(0))
        if len(word) < MIN_EDITED - 1 or not word.isascii():
            return found
        likeness = _Likeness(0) if strange else _Likeness.EVERYDAY
        for cut in _cuts(word):
            for number, position in self._edited.get(cut, ()):
                if _one_edit_apart(word, self._names[number][position]):
                    found.setdefault((number, position), likeness)
        for place in self._sounds.get(sound(word), ()):
            found.setdefault(place, likeness)
        return found

    def _shortened(self, word: str) -> dict[Place, _Likeness]:
        """Returns the given names that a word, no everyday one, is the beginning of: "Em"."""
        if len(word) < MIN_SHORTENED or english().cost.get(word, EVERYDAY) < EVERYDAY:
            return {}
        return {(number, 0): _Likeness(0) for number, words in enumerate(self._names) if words[0].startswith(word)}

    def _initialled(self, variant: TextVariant) -> Iterator[Span]:
        for match in re.finditer(r"(?<![\w'’])([a-z])(?:\. ?|[ _-])([a-z]{4,})(?![^\W_])", variant.text):
            places = self._exact.get(match[2], ()) if match[1] not in _NO_INITIAL else ()
            if any(place and self._names[number][0][0] == match[1] for number, place in places):
                yield variant.span(match.start(), match.end())

    def _in_other_scripts(self, typed: str) -> Iterator[Span]:
        previous: dict[Place, tuple[int, str]] = {}
        for start, end in _words_by_script(typed):
            now: dict[Place, tuple[int, str]] = {}
            for skeleton in skeletons(typed[start:end]):
                if skeleton in self._joined_skeletons:
                    yield Span(start, end)
                for number, position in self._skeletons.get(skeleton, ()):
                    if position and (number, position - 1) not in previous:
                        continue
                    first, before = previous[number, position - 1] if position else (start, "")
                    now[number, position] = (first, before + skeleton)
                    last = position == len(self._names[number]) - 1
                    if position and last and len(before + skeleton) >= MIN_SKELETON:
                        yield Span(first, end)
            previous = now


def _words_by_script(typed: str) -> Iterator[tuple[int, int]]:
    """Yields the words of other than Latin letters; Japanese ones end where the script changes."""
    place = 0
    for script, chars in groupby(typed, _script_of):
        start, place = place, place + len(list(chars))
        if script:
            yield start, place


def _script_of(char: str) -> str:
    """Returns the script of a letter, "" for Latin, Chinese and what is no letter."""
    if char.isascii() or not is_word_part(char):
        return ""
    script = unicodedata.name(char, "").split(" ")[0]
    if script == "KATAKANA-HIRAGANA":
        return "KATAKANA"
    return "" if script in ("LATIN", "CJK", "COMBINING") else script


def _cuts_of_single(names: Iterable[str]) -> dict[str, set[str]]:
    cuts: dict[str, set[str]] = {}
    for name in names:
        if name.isascii() and len(name) >= MIN_SINGLE and not english().knows(name):
            for cut in _cuts(name):
                cuts.setdefault(cut, set()).add(name)
    return cuts


def _cuts(word: str) -> set[str]:
    """Returns a word and what is left of it without one letter: words one edit apart share one of these."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _one_edit_apart(one: str, other: str) -> bool:
    """Tells whether two different words differ by one letter changed, left out or added, or by two swapped."""
    if len(one) > len(other):
        one, other = other, one
    start = next((place for place, letter in enumerate(one) if letter != other[place]), len(one))
    if len(one) < len(other):
        return len(other) - len(one) == 1 and one[start:] == other[start + 1 :]
    rest, other_rest = one[start:], other[start:]
    return rest[1:] == other_rest[1:] or (rest[:2] == other_rest[:2][::-1] and rest[2:] == other_rest[2:])
