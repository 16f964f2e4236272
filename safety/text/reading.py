"""One way to read a text, with a map from each of its characters to the text as typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safety.records import Span


@dataclass(frozen=True, slots=True)
class Reading:
    """`text[i]` stands for `typed[starts[i]:ends[i]]`; starts and ends never decrease."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """Where `text[start:end]` (not empty) was typed, with all invisible characters inside it."""
        return Span(self.starts[start], self.ends[end - 1])

    def retold(self, text: str) -> Reading:
        """Other characters in the same places. Raises ValueError if the length differs."""
        if len(text) != len(self.text):
            raise ValueError("a retold reading keeps its length")
        return Reading(text, self.starts, self.ends)

    def without(self, gaps: Iterable[tuple[int, int]]) -> Reading:
        """The reading with some parts left out. `gaps` are sorted (start, end) that do not overlap."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        kept = 0
        for start, end in (*gaps, (len(self.text), len(self.text))):
            texts.append(self.text[kept:start])
            starts.extend(self.starts[kept:start])
            ends.extend(self.ends[kept:start])
            kept = end
        return Reading("".join(texts), starts, ends)
