"""Words in a picture, judged by the checks that judge prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from PIL import Image

from safety.checks import Check
from safety.records import Finding, Picture, Prompt, Region, Span, Stage

MOST = 4000  # characters judged; a page of print has fewer
SHOWN = 120  # characters of evidence


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text and where it stands."""

    text: str
    region: Region


class Reader(Protocol):
    """Reads the lines of an RGB picture, in reading order. Raises what keeps it from reading."""

    def read(self, image: Image.Image, /) -> Sequence[TextLine]: ...


class OcrCheck:
    """Reports what the prompt checks find in the text, with the lines it stands in, under the stage TEXT."""

    name = "reading"
    live = False

    def __init__(self, reader: Reader, checks: Sequence[Check[Prompt]]) -> None:
        self._reader, self._checks = reader, checks

    def load(self) -> None:
        """Loads the reader's models. Raises what keeps them from loading."""
        self._reader.read(Image.new("RGB", (64, 64), "white"))

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """What every prompt check finds; nothing where there is no text. Raises what a check raises."""
        lines = self._reader.read(subject.image)
        text = " ".join(line.text for line in lines)[:MOST]
        if not text.strip():
            return
        for check in self._checks:
            for finding in check.detect(Prompt(text)):
                yield replace(
                    finding,
                    check=self.name,
                    evidence=told(text, finding),
                    spans=(),
                    regions=places(lines, finding.spans),
                    stage=Stage.TEXT,
                )


def told(text: str, finding: Finding) -> str:
    """The text that was read, or its marked words."""
    marked = [text[span.start : span.end] for span in finding.spans]
    return ", ".join(marked)[:SHOWN] if marked else text[:SHOWN]


def places(lines: Sequence[TextLine], spans: Sequence[Span]) -> tuple[Region, ...]:
    """The lines that the spans touch; all lines where no span says."""
    touched: list[Region] = []
    at = 0
    for line in lines:
        end = at + len(line.text)
        if not spans or any(span.start < end and span.end > at for span in spans):
            touched.append(line.region)
        at = end + 1
    return tuple(touched)
