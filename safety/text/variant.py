"""One way to read a text, with a map from each of its characters to the text as typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safety.records import Span

Part = tuple[str, int, int]  # a text that stands for the characters from .. to


@dataclass(frozen=True, slots=True)
class TextVariant:
    """`text[i]` stands for `typed[starts[i]:ends[i]]`. Starts and ends never decrease; backwards, never increase."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """Where `text[start:end]` (not empty) was typed, with all invisible characters inside it."""
        first, last = (start, end - 1) if self.starts[start] <= self.starts[end - 1] else (end - 1, start)
        return Span(self.starts[first], self.ends[last])

    def with_text(self, text: str) -> TextVariant:
        """Other characters in the same places. Raises ValueError if the length differs."""
        if len(text) != len(self.text):
            raise ValueError("a retold reading keeps its length")
        return TextVariant(text, self.starts, self.ends)

    def without(self, gaps: Iterable[tuple[int, int]]) -> TextVariant:
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
        return TextVariant("".join(texts), starts, ends)

    def rebuilt(self, parts: Iterable[Part]) -> TextVariant:
        """Made of parts in order. A part as it was keeps its places; any other stands for the whole of its place."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for text, start, end in parts:
            texts.append(text)
            if text == self.text[start:end]:
                starts.extend(self.starts[start:end])
                ends.extend(self.ends[start:end])
            elif text:
                first, last = self._place(start, end)
                starts.extend([first] * len(text))
                ends.extend([last] * len(text))
        return TextVariant("".join(texts), starts, ends)

    def _place(self, start: int, end: int) -> tuple[int, int]:
        if start == end:  # put in: stands for nothing typed
            if not start:
                return self.starts[0], self.starts[0]
            before, after = self.starts[start - 1], self.starts[start]
            if before == after:  # inside what one character stands for
                return after, self.ends[start]
            at = self.ends[start - 1] if before < after else self.ends[start]
            return at, at
        return self.starts[start], self.ends[end - 1]

    def backwards(self) -> TextVariant:
        """From the last character to the first."""
        return TextVariant(self.text[::-1], self.starts[::-1], self.ends[::-1])
