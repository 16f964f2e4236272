"""The readings of a text: as typed, and with each habit of disguise undone.

Look-alikes, leetspeak, spaced-out and stretched letters are undone one by one; text in code is opened
(encoded.py), and words that are none are put together or spelt right (repair.py). None of them joins two
English words: so "as so on" never becomes a slur, and "1024" stays a number in the first reading.
The work is linear: at most MAX_READINGS readings, each at most LONGER times as long as the text, and ROOM.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from safety.text.characters import LOOKALIKES
from safety.text.decoding import decoded, reversed_text
from safety.text.english import english_share
from safety.text.folding import expanded, folded, split
from safety.text.respelling import repaired
from safety.text.variant import TextVariant

MAX_READINGS = 20
LONGER = 4

_CAMEL = re.compile(r"[a-z][A-Z]")
_WORD = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[a-z]")
_SIGNS = str.maketrans("0345678927@$€£", "oeasgtbgztasel")
_FIGURE = re.compile(r"[0-9@$€£!|¡]")
_LIKE_I = re.compile(r"1|(?<=\w)[!|¡](?=\w)")
_TOKEN = re.compile(r"\S+")
_SPACED_OUT = re.compile(r"(?<![^\W_])(?:[^\W_](?:[\W_]{1,3})){2,}[^\W_](?![^\W_])")
_GAP = re.compile(r"[\W_]+")
_SPACE = re.compile(r"\s")
_INNER_POINTS = re.compile(r"(?<=[^\W_])[.\-_*·•~'’`^|/\\,:;+=]{1,2}(?=[^\W_])")
_WIDE_GAP = re.compile(r"\s{2,}|\s*[,;:]\s+")
_WIDE_SPACE = re.compile(r"\s{2,}")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_DOUBLED = re.compile(r"([^\W\d_])\1{2,}|([ahijkquvwxyz])\2")  # letters that English seldom doubles


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text as typed, and its readings: the plain one first, no two alike.

    `legible` is the plain one too, but with what stands in code as it reads.
    """

    typed: str
    variants: tuple[TextVariant, ...]
    legible: TextVariant

    @property
    def plain(self) -> TextVariant:
        """Folded only: compatible forms, lower case, no invisible characters, emoji by name."""
        return self.variants[0]


def plain(text: str) -> str:
    """The text of the plain reading alone."""
    return _mixed_words_in_latin(folded(text)).text


@lru_cache(maxsize=8)
def normalise(text: str) -> Normalised:
    """All readings of any string; never raises. The last few are kept, since several checks ask in a row.

    Those that undo one habit, then the one of them that makes the most sense with its words repaired.
    """
    folds = _mixed_words_in_latin(folded(text))
    pieces = list(decoded(text))
    legible = expanded(text, pieces) if pieces else folds
    variants = _each_once([folds, legible, *_undone(text, legible)])
    clearest = max(variants, key=lambda reading: english_share(reading.text))
    sources = (clearest,) if clearest is legible else (legible, clearest)
    mended = [
        repaired(reading) for reading in (clearest, *(other for each in sources for other in reversed_text(each)))
    ]
    return Normalised(text, _each_once([*variants, *mended]), legible)


def _each_once(variants: Iterable[TextVariant]) -> tuple[TextVariant, ...]:
    """Of readings with the same text, the first."""
    seen: dict[str, TextVariant] = {}
    for reading in variants:
        seen.setdefault(reading.text, reading)
    return tuple(seen.values())


def _undone(text: str, plain: TextVariant) -> Iterator[TextVariant]:
    if not text.isascii() or _CAMEL.search(text):
        yield _mixed_words_in_latin(split(text))
    latin = _lookalike_words_in_latin(plain)
    yield latin
    joined = _joined(latin, _spaced_out(latin.text, article=False))
    yield joined
    yield _joined(latin, _spaced_out(latin.text, article=True))
    for reading in (latin,) if joined is latin else (latin, joined):
        unleeted = _unleeted(reading, "i")
        yield unleeted
        yield _unleeted(reading, "l")
        yield _shortened(unleeted, _DOUBLED, 1)
        yield _shortened(unleeted, _STRETCHED, 2)


def _mixed_words_in_latin(reading: TextVariant) -> TextVariant:
    """Words that mix Latin letters with others that look Latin; words of one script stay as they are."""
    return _words_retold(reading, lambda word: _LATIN.search(word) is not None)


def _lookalike_words_in_latin(reading: TextVariant) -> TextVariant:
    """Words made only of letters that look Latin, whatever their script."""
    return _words_retold(reading, lambda word: all(ord(char) in LOOKALIKES or char.isdigit() for char in word))


def _words_retold(reading: TextVariant, chosen: Callable[[str], bool]) -> TextVariant:
    if reading.text.isascii():
        return reading

    def retell(match: re.Match[str]) -> str:
        word = match[0]
        return word.translate(LOOKALIKES) if not word.isascii() and chosen(word) else word

    return reading.with_text(_WORD.sub(retell, reading.text))


def _spaced_out(text: str, article: bool) -> Iterator[tuple[int, int]]:
    """Gaps of "n u d e" and "n. u. d. e."; wide gaps stay. With `article`, "a n u d e" keeps its first gap."""
    for run in _SPACED_OUT.finditer(text):
        gaps = list(_GAP.finditer(run[0]))
        tight = any(not _SPACE.search(gap[0]) for gap in gaps)  # "a n.u.d.e": there the spaces are spaces
        skip = article and run[0][0] in "ai"
        for gap in gaps[1:] if skip else gaps:
            if not _WIDE_GAP.fullmatch(gap[0]) and not (tight and _SPACE.search(gap[0])):
                yield run.start() + gap.start(), run.start() + gap.end()


def _joined(reading: TextVariant, spaced_out: Iterable[tuple[int, int]]) -> TextVariant:
    inner = {(gap.start(), gap.end()) for gap in _INNER_POINTS.finditer(reading.text)}
    wide = {(gap.start() + 1, gap.end()) for gap in _WIDE_SPACE.finditer(reading.text)}
    gaps: list[tuple[int, int]] = []
    for start, end in sorted({*inner, *wide, *spaced_out}):
        if not gaps or start >= gaps[-1][1]:
            gaps.append((start, end))
    return reading.without(gaps) if gaps else reading


def _unleeted(reading: TextVariant, one: str) -> TextVariant:
    """Digits and signs as the letters they are drawn like, in words that also hold a letter."""

    if not _FIGURE.search(reading.text):
        return reading

    def retell(match: re.Match[str]) -> str:
        token = match[0]
        return _LIKE_I.sub(one, token).translate(_SIGNS) if _LATIN.search(token) else token

    return reading.with_text(_TOKEN.sub(retell, reading.text))


def _shortened(reading: TextVariant, stretched: re.Pattern[str], keep: int) -> TextVariant:
    """With so many letters of each run."""
    gaps = [(run.start() + keep, run.end()) for run in stretched.finditer(reading.text)]
    return reading.without(gaps) if gaps else reading
