"""Counts the words between places of a text, and tells which places lie inside others."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache

from safety.records import Span
from safety.text.characters import is_drawn
from safety.text.separators import without_syntax

_WORD = re.compile(r"[^\W_]+")


class WordDistance:
    """Counts words of the text as typed, figures not: they may stand between any two. Built once a text."""

    def __init__(self, typed: str) -> None:
        self._starts = _word_starts(typed)

    def between(self, first: Span, second: Span) -> int:
        """Returns how many words begin between two spans; -1 if they overlap or stand the other way round."""
        if second.start < first.end:
            return -1
        return bisect_left(self._starts, second.start) - bisect_left(self._starts, first.end)

    def near(self, span: Span, others: Sequence[Span], reach: int) -> bool:
        """Tells whether one of `others` (sorted) overlaps `span` or has at most `reach` words between."""
        place = bisect_right(others, span)
        return any(self._apart(span, other) <= reach for other in others[max(0, place - 1) : place + 1])

    def any_near(self, spans: Iterable[Span], others: Sequence[Span], reach: int) -> bool:
        """Tells whether any of `spans` is near one of `others` (sorted)."""
        return any(self.near(span, others, reach) for span in spans)

    def _apart(self, one: Span, other: Span) -> int:
        return max(0, self.between(one, other), self.between(other, one))


# Several checks ask for the same text in a row.
@lru_cache(maxsize=8)
def _word_starts(typed: str) -> tuple[int, ...]:
    starts: list[int] = []
    previous = ""
    for word in _WORD.finditer(without_syntax(typed)):
        start = _first_letter(word)
        # "Very very very" is one word: saying it again brings nothing apart.
        if start is not None and word[0] != previous:
            starts.append(start)
            previous = word[0]
    return tuple(starts)


def _first_letter(word: re.Match[str]) -> int | None:
    if word[0].isascii() and word[0][0].isalpha():
        return word.start()
    # Ordinal signs and invisible fillers are letters by their class.
    letters = (place for place, char in enumerate(word[0], word.start()) if char.isalpha() and char not in "ªº")
    return next((place for place in letters if is_drawn(word.string[place])), None)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Returns the spans sorted, those that overlap made one."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.start < result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def inside(span: Span, phrases: Sequence[Span]) -> bool:
    """Tells whether a span lies wholly in one of `phrases` (as from `merged`)."""
    place = bisect_right(phrases, span.start, key=lambda phrase: phrase.start) - 1
    return place >= 0 and span.end <= phrases[place].end


def outside(spans: Iterable[Span], phrases: Iterable[Span]) -> list[Span]:
    """Returns the spans that lie in none of the phrases; sorted, each once."""
    borders = merged(phrases)
    return [span for span in sorted(set(spans)) if not inside(span, borders)]
