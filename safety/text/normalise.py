"""Makes the variants of a text: as typed, and with each habit of disguise undone.

Look-alikes, leetspeak, spaced-out and stretched letters are undone one by one; text in code is decoded
(decoding.py), and what is no word is put together or spelt right (respelling.py). None of them joins two
English words: so "as so on" never becomes a slur, and "1024" stays a number in the first variant.
The work is linear: at most MAX_VARIANTS variants, each at most MAX_GROWTH times as long as the text, and ROOM.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from safety.text.characters import LOOKALIKES
from safety.text.decoding import decoded_pieces, reversed_text
from safety.text.english import english_share
from safety.text.folding import expanded, folded, split
from safety.text.respelling import repaired
from safety.text.separators import letters_alone, parted, unpunctuated, without_commonest_figure, without_syntax
from safety.text.variant import TextVariant

MAX_VARIANTS = 20
MAX_GROWTH = 4

_CAMEL = re.compile(r"[a-z][A-Z]")
# Capitals that stand for a space: "nudeXXart".
_CAPITAL_SIGN = re.compile(r"(?<=[a-z])[XZQ]+(?=[a-z])")
_WORD = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[a-z]")
_SIGNS = str.maketrans("0345678927@$€£", "oeasgtbgztasel")
_LEET = re.compile(r"[a-z][0-9@$!|]+[a-z]")
_FIGURE = re.compile(r"[0-9@$€£!|¡]")
_LIKE_I = re.compile(r"1|(?<=\w)[!|¡](?=\w)")
_TOKEN = re.compile(r"\S+")
_SPACED_OUT = re.compile(r"(?<![^\W_])(?:[^\W_](?:[\W_]{1,3})){2,}[^\W_](?![^\W_])")
_GAP = re.compile(r"[\W_]+")
_SPACE = re.compile(r"\s")
_INNER_POINTS = re.compile(r"(?<=[^\W_])[.\-_*·•~'’`^|/\\,:;+=]{1,2}(?=[^\W_])")
_PASTED = re.compile(r"(?<=\w)[\"'’]\s?[+.&]\s?[\"'’](?=\w)")
_WIDE_GAP = re.compile(r"\s{2,}|\s*[,;:]\s+")
_WIDE_SPACE = re.compile(r"\s{2,}")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
# Doubled letters count only where English seldom doubles them.
_DOUBLED = re.compile(r"([^\W\d_])\1{2,}|([ahijkquvwxyz])\2")


@dataclass(frozen=True, slots=True)
class Normalised:
    """Holds a text as typed and its variants: the plain one first, no two alike.

    `decoded` is the plain one with what stands in code as the text that it holds. `unpunctuated` are those of the
    variants that have punctuation, without any: phrases are found across it, but no phrase that excuses a word.
    """

    typed: str
    variants: tuple[TextVariant, ...]
    decoded: TextVariant
    unpunctuated: tuple[TextVariant, ...] = ()

    @property
    def plain(self) -> TextVariant:
        """Returns the text only folded: compatible forms, lower case, no invisible characters, emoji by name."""
        return self.variants[0]

    @property
    def readings(self) -> tuple[TextVariant, ...]:
        """Returns all variants, those without punctuation last."""
        return (*self.variants, *self.unpunctuated)


def plain(text: str) -> str:
    """Returns the text of the plain variant alone."""
    return _mixed_words_in_latin(folded(text)).text


# Several checks ask for the same text in a row.
@lru_cache(maxsize=8)
def normalise(text: str) -> Normalised:
    """Returns all variants of any string; never raises.

    First those that undo one habit, then the one of them that makes the most sense with its words repaired.
    """
    folds = _mixed_words_in_latin(folded(text))
    pieces = list(decoded_pieces(text))
    decoded = expanded(text, pieces) if pieces else folds
    bare = without_syntax(text)
    unweighted = decoded if bare == text else _mixed_words_in_latin(expanded(bare, pieces))
    sources = tuple(_sources(bare, unweighted))
    parts = tuple(map(parted, sources))
    variants = _each_once([folds, decoded, *_undisguised(text, decoded), *parts])
    clearest = max(variants, key=lambda variant: english_share(variant.text))
    turned = (clearest,) if clearest is decoded else (decoded, clearest)
    reversals = (reversal for source in turned for reversal in reversed_text(source))
    unleeted = (_unleeted(unweighted, "i"),) if _LEET.search(unweighted.text) else ()
    # What was cut short may make more sense and less of what was meant: "nuud", "nud".
    mended = [repaired(variant) for variant in _each_once([clearest, unweighted, *unleeted, *reversals])]
    variants = _each_once([*variants, *mended])
    known = {variant.text for variant in variants}
    others = _each_once(_without_signs(sources, (*parts, *mended)))
    return Normalised(text, variants, decoded, tuple(other for other in others if other.text not in known))


def _without_signs(sources: Iterable[TextVariant], others: Iterable[TextVariant]) -> Iterator[TextVariant]:
    """Yields variants without punctuation; signs and figures of the sources may also be letters, or only separate."""
    for source in sources:
        bare = unpunctuated(source)
        yield bare
        if _FIGURE.search(bare.text):
            yield _unleeted(bare, "i")
            yield letters_alone(bare)
            yield _unleeted(without_commonest_figure(source), "i")
    yield from map(unpunctuated, others)


def _sources(text: str, plain: TextVariant) -> Iterator[TextVariant]:
    """Yields what the readings without signs are made of: symbols that else have a name are spaces in the second."""
    yield _lookalike_words_in_latin(plain)
    if not text.isascii():
        yield _mixed_words_in_latin(split(text))
    if _CAPITAL_SIGN.search(text):
        yield folded(_CAPITAL_SIGN.sub(lambda run: " " * len(run[0]), text))


def _each_once(variants: Iterable[TextVariant]) -> tuple[TextVariant, ...]:
    """Returns the first of the variants that have the same text."""
    firsts: dict[str, TextVariant] = {}
    for variant in variants:
        firsts.setdefault(variant.text, variant)
    return tuple(firsts.values())


def _undisguised(text: str, plain: TextVariant) -> Iterator[TextVariant]:
    """Yields the text with one habit of disguise undone each; leetspeak and spacing also together."""
    if not text.isascii() or _CAMEL.search(text):
        yield _mixed_words_in_latin(split(text))
    latin = _lookalike_words_in_latin(plain)
    yield latin
    joined = _joined(latin, _spaced_out(latin.text, article=False))
    yield joined
    yield _joined(latin, _spaced_out(latin.text, article=True))
    for variant in (latin,) if joined is latin else (latin, joined):
        unleeted = _unleeted(variant, "i")
        yield unleeted
        yield _unleeted(variant, "l")
        yield _shortened(unleeted, _DOUBLED, 1)
        yield _shortened(unleeted, _STRETCHED, 2)


def _mixed_words_in_latin(variant: TextVariant) -> TextVariant:
    """Turns words into Latin that mix Latin letters with look-alikes; words of one script stay as they are."""
    return _words_in_latin(variant, lambda word: _LATIN.search(word) is not None)


def _lookalike_words_in_latin(variant: TextVariant) -> TextVariant:
    """Turns words into Latin that are made only of letters that look Latin, whatever their script."""
    return _words_in_latin(variant, lambda word: all(ord(char) in LOOKALIKES or char.isdigit() for char in word))


def _words_in_latin(variant: TextVariant, chosen: Callable[[str], bool]) -> TextVariant:
    if variant.text.isascii():
        return variant

    def in_latin(match: re.Match[str]) -> str:
        word = match[0]
        return word.translate(LOOKALIKES) if not word.isascii() and chosen(word) else word

    return variant.with_text(_WORD.sub(in_latin, variant.text))


def _spaced_out(text: str, article: bool) -> Iterator[tuple[int, int]]:
    """Yields the gaps of "n u d e" and "n. u. d. e."; wide gaps stay. With `article`, "a n u d e" keeps its first."""
    for run in _SPACED_OUT.finditer(text):
        gaps = list(_GAP.finditer(run[0]))
        # In "a n.u.d.e" the spaces are spaces.
        tight = any(not _SPACE.search(gap[0]) for gap in gaps)
        skip = article and run[0][0] in "ai"
        for gap in gaps[1:] if skip else gaps:
            if not _WIDE_GAP.fullmatch(gap[0]) and not (tight and _SPACE.search(gap[0])):
                yield run.start() + gap.start(), run.start() + gap.end()


def _joined(variant: TextVariant, spaced_out: Iterable[tuple[int, int]]) -> TextVariant:
    points = (*_INNER_POINTS.finditer(variant.text), *_PASTED.finditer(variant.text))
    inner = {(gap.start(), gap.end()) for gap in points}
    wide = {(gap.start() + 1, gap.end()) for gap in _WIDE_SPACE.finditer(variant.text)}
    gaps: list[tuple[int, int]] = []
    for start, end in sorted({*inner, *wide, *spaced_out}):
        if not gaps or start >= gaps[-1][1]:
            gaps.append((start, end))
    return variant.without(gaps) if gaps else variant


def _unleeted(variant: TextVariant, letter_for_1: str) -> TextVariant:
    """Turns digits and signs into the letters they are drawn like, in words that also hold a letter."""
    if not _FIGURE.search(variant.text):
        return variant

    def unleeted(match: re.Match[str]) -> str:
        token = match[0]
        return _LIKE_I.sub(letter_for_1, token).translate(_SIGNS) if _LATIN.search(token) else token

    return variant.with_text(_TOKEN.sub(unleeted, variant.text))


def _shortened(variant: TextVariant, stretched: re.Pattern[str], keep: int) -> TextVariant:
    """Cuts each run of a letter to `keep` letters."""
    gaps = [(run.start() + keep, run.end()) for run in stretched.finditer(variant.text)]
    return variant.without(gaps) if gaps else variant
