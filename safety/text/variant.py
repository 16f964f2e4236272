"""One way to read a text, with a map from each of its characters to the text as typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safety.records import Span

TextPiece = tuple[str, int, int]  # a text, and the start and end of the characters that it stands for


@dataclass(frozen=True, slots=True)
class TextVariant:
    """Holds one variant: `text[i]` stands for `typed[starts[i]:ends[i]]`.

    Starts and ends never decrease; in a variant that reads backwards they never increase.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """Returns where `text[start:end]` (not empty) was typed, with all invisible characters inside it."""
        first, last = (start, end - 1) if self.starts[start] <= self.starts[end - 1] else (end - 1, start)
        return Span(self.starts[first], self.ends[last])

    def with_text(self, text: str) -> TextVariant:
        """Returns the variant with other characters in the same places. Raises ValueError if the length differs."""
        if len(text) != len(self.text):
            raise ValueError("a variant with another text keeps its length")
        return TextVariant(text, self.starts, self.ends)

    def without(self, gaps: Iterable[tuple[int, int]]) -> TextVariant:
        """Returns the variant without some stretches. `gaps` are sorted (start, end) that do not overlap."""
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        kept_from = 0
        for start, end in (*gaps, (len(self.text), len(self.text))):
            texts.append(self.text[kept_from:start])
            starts.extend(self.starts[kept_from:start])
            ends.extend(self.ends[kept_from:start])
            kept_from = end
        return TextVariant("".join(texts), starts, ends)

    def rebuilt(self, pieces: Iterable[TextPiece]) -> TextVariant:
        """Returns a variant made of pieces in order, whose places are places in this one.

        A piece as it was keeps its places; any other stands for the whole of its place.
        """
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for text, start, end in pieces:
            texts.append(text)
            if text == self.text[start:end]:
                starts.extend(self.starts[start:end])
                ends.extend(self.ends[start:end])
            elif text:
                first, last = self._typed_place(start, end)
                starts.extend([first] * len(text))
                ends.extend([last] * len(text))
        return TextVariant("".join(texts), starts, ends)

    def _typed_place(self, start: int, end: int) -> tuple[int, int]:
        if start < end:
            typed = self.span(start, end)
            return typed.start, typed.end
        # A piece that was put in stands for nothing typed: it lies between its neighbours.
        if not start:
            return self.starts[0], self.starts[0]
        before, after = self.starts[start - 1], self.starts[start]
        if before == after:
            # Both neighbours come from one typed character, which the piece then belongs to.
            return after, self.ends[start]
        border = self.ends[start - 1] if before < after else self.ends[start]
        return border, border

    def backwards(self) -> TextVariant:
        """Returns the variant from its last character to its first."""
        return TextVariant(self.text[::-1], self.starts[::-1], self.ends[::-1])
