"""How many words lie between places of a text, and which places lie inside others."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from safety.records import Span

_WORD = re.compile(r"[^\W_]+")


class WordDistance:
    """Counts words of the text as typed; built once a text, asked often."""

    def __init__(self, typed: str) -> None:
        self._starts = [word.start() for word in _WORD.finditer(typed)]

    def between(self, first: Span, second: Span) -> int:
        """Words that begin after `first` and before `second`; negative if they overlap or stand the other way."""
        if second.start < first.end:
            return -1
        return bisect_left(self._starts, second.start) - bisect_left(self._starts, first.end)

    def near(self, one: Span, others: Sequence[Span], reach: int) -> bool:
        """Whether one of `others` (sorted) overlaps `one` or has at most `reach` words between."""
        place = bisect_right(others, one)
        return any(self._apart(one, other) <= reach for other in others[max(0, place - 1) : place + 1])

    def any_near(self, some: Iterable[Span], others: Sequence[Span], reach: int) -> bool:
        """Whether any of `some` is near one of `others` (sorted)."""
        return any(self.near(one, others, reach) for one in some)

    def _apart(self, one: Span, other: Span) -> int:
        return max(0, self.between(one, other), self.between(other, one))


def merged(spans: Iterable[Span]) -> list[Span]:
    """Overlapping spans made one; sorted."""
    done: list[Span] = []
    for span in sorted(spans):
        if done and span.start < done[-1].end:
            done[-1] = Span(done[-1].start, max(done[-1].end, span.end))
        else:
            done.append(span)
    return done


def inside(span: Span, phrases: Sequence[Span]) -> bool:
    """Whether the span lies wholly in one of `phrases` (as from `merged`)."""
    place = bisect_right(phrases, span.start, key=lambda phrase: phrase.start) - 1
    return place >= 0 and span.end <= phrases[place].end


def outside(spans: Iterable[Span], phrases: Iterable[Span]) -> list[Span]:
    """The spans that lie in none of the phrases; sorted, each once."""
    borders = merged(phrases)
    return [span for span in sorted(set(spans)) if not inside(span, borders)]
