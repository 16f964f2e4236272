"""Tells labels on an anatomy plate from other text: lines that only name parts of the body.

A label asks for nothing and shows nothing, whatever the same word says in a prompt. Anything beside it in its line
that a label does not say ("my", "wet", "show") makes the line a text like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safety.config import ConfigModel
from safety.records import Span
from safety.text.english import english

FILE = "anatomy.toml"
MAX_WORDS = 12  # of a label; a longer line is a sentence
_WORDS = re.compile(r"[^\W\d_]+")
_LABELS = re.compile(r"[^/|;•]+")  # several labels in one line stand apart


class AnatomyConfig(ConfigModel):
    """Holds presets/anatomy.toml."""

    least: Annotated[int, Field(ge=2)]
    parts: Annotated[tuple[str, ...], Field(min_length=1)]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """Holds the parts of the body that labels of a text name, and the text with blanks in their place."""

    names: tuple[Span, ...]
    rest: str


class AnatomyLabels:
    """Finds labels in the lines of a picture."""

    def __init__(self, config: AnatomyConfig) -> None:
        self._least, self._beside = config.least, frozenset(config.beside)
        # The longest first: "glans penis" is one name.
        terms = sorted(config.parts, key=len, reverse=True)
        self._parts = re.compile(rf"\b(?:{'|'.join(map(re.escape, terms))})(?:e?s)?\b", re.IGNORECASE)

    @classmethod
    def load(cls, presets: Path) -> AnatomyLabels:
        """Reads anatomy.toml of the presets. Raises PresetError."""
        return cls(AnatomyConfig.load(presets / FILE))

    def find(self, lines: Sequence[str]) -> Labels:
        """Returns the labels in lines of text; spans count the characters of the lines joined by single spaces.

        There are none where the lines name fewer than `least` different parts.
        """
        text = " ".join(lines)
        spans: list[Span] = []
        start = 0
        for line in lines:
            for label in _LABELS.finditer(line):
                spans += self._names(label[0], start + label.start())
            start += len(line) + 1
        if len({text[span.start : span.end].lower() for span in spans}) < self._least:
            return Labels((), text)
        rest = text
        for span in spans:
            # Blanks: spans of what is found in the rest are those of the text.
            rest = rest[: span.start] + " " * (span.end - span.start) + rest[span.end :]
        return Labels(tuple(spans), rest)

    def _names(self, label: str, start: int) -> list[Span]:
        """Returns the parts that a label names, (start, end) counted from `start`; none where it says more."""
        found = list(self._parts.finditer(label))
        words = _WORDS.findall(self._parts.sub(" ", label))
        if not found or len(words) + len(found) > MAX_WORDS or any(self._says_more(word.lower()) for word in words):
            return []
        return [Span(start + match.start(), start + match.end()) for match in found]

    def _says_more(self, word: str) -> bool:
        # Names of muscles and bones are legion, and no words of captions.
        return not self._beside & {word, word.removesuffix("s")} and english().knows(word)
