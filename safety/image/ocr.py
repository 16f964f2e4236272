"""Text in a picture, read by RapidOCR and judged by the checks that judge prompts.

What stands in a picture is no request. Labels of an anatomy plate are told apart (safety/image/anatomy.py), and a model
that learned prompts reads all other text twice: as it stands, which says what it is about, and as words on a poster. A
title that sounds like a request is none then, and what both readings bear out counts. Rules find the same in both. A
name beside a sexual word crosses hard line 1.2 where the model finds harm in the text, too.

RapidOCR (Apache-2.0) brings the PP-OCR models by Baidu in its package; it is imported at the first picture.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from PIL import Image

from safety.checks import Check
from safety.image.anatomy import AnatomyLabels, Labels
from safety.image.config import OcrConfig
from safety.records import Finding, Picture, Prompt, Region, Span, Stage

MAX_TEXT = 4000  # characters that are judged; a page of print has fewer
MAX_EVIDENCE = 120  # characters
PACKAGE = "rapidocr"
INSTALL = "Not installed: pip install rapidocr."
THREADS = 2  # of each model; more would take the cores from the generator
IN_ALL_WORDS = "child_safety"  # the category that no label explains: looked for in labels, too
OF_A_PERSON = "intimate_imagery"  # the category that a name beside a sexual word is taken for


@dataclass(frozen=True, slots=True)
class TextLine:
    """Holds one line of text and where it stands in the picture."""

    text: str
    region: Region


class TextReader(Protocol):
    """Reads the lines of an RGB picture, in reading order: `RapidTextReader`, or a fake of the tests."""

    def read(self, image: Image.Image, /) -> Sequence[TextLine]: ...


class OcrCheck:
    """Reports what the prompt checks find in the text, with the lines that it stands in, under the stage TEXT."""

    name = "reading"
    live = False

    def __init__(
        self, reader: TextReader, checks: Sequence[Check[Prompt]], config: OcrConfig, labels: AnatomyLabels
    ) -> None:
        self._reader, self._checks, self._config, self._labels = reader, checks, config, labels

    def load(self) -> None:
        """Loads the reader's models. Raises what keeps them from loading."""
        self._reader.read(Image.new("RGB", (64, 64), "white"))

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields what every prompt check finds; nothing where there is no text. Raises what a check raises."""
        lines = self._reader.read(subject.image)
        text = " ".join(line.text for line in lines)[:MAX_TEXT]
        if not text.strip():
            return
        for finding in self._found(text, self._labels.find([line.text for line in lines])):
            yield replace(
                finding,
                check=self.name,
                evidence=evidence_of(finding, text),
                spans=(),
                span_weights=(),
                regions=regions_of(finding.spans, lines),
                stage=Stage.TEXT,
            )

    def _found(self, text: str, labels: Labels) -> Iterator[Finding]:
        """Yields the labels, what is found in the text without them, and what crosses hard line 1.1 in all of it."""
        rest = labels.rest[:MAX_TEXT]
        if labels.names:
            yield Finding(self.name, "nudity", 1.0, subcategory="anatomy", spans=labels.names)
            for check in self._checks:
                yield from (finding for finding in check.detect(Prompt(text)) if finding.category == IN_ALL_WORDS)
        found = [finding for check in self._checks for finding in self._read_twice(check, rest)]
        risk = _probability(found)
        # A title beside its author's name is no picture of the author.
        title = risk is not None and risk < self._config.named
        yield from (finding for finding in found if not (title and finding.category == OF_A_PERSON))

    def _read_twice(self, check: Check[Prompt], text: str) -> Iterator[Finding]:
        """Yields what a check finds; scores that come with a probability are those of the milder reading.

        Checks that give no probability are rules, for which a frame changes nothing. Where the framed reading gives
        none, such as of words in a language that the frame hides, the bare one counts.
        """
        found = list(check.detect(Prompt(text)))
        bare = _probability(found)
        framed = list(check.detect(Prompt(self._config.frame.format(text=text)))) if bare else ()
        risk = _probability(framed)
        if not bare or risk is None:
            yield from found
            return
        share, scores = min(1.0, risk / bare), {_kind(finding): finding.score for finding in framed}
        for finding in found:
            if finding.probability is None:
                yield finding
                continue
            # The frame may move a harm to another category: only where the whole reads milder is each of them milder.
            score = min(finding.score, max(finding.score * share, scores.get(_kind(finding), 0.0)))
            yield replace(finding, score=score, probability=finding.probability * share)


def _probability(findings: Iterable[Finding]) -> float | None:
    """Returns the highest probability of the findings; None where none has one."""
    return max((one.probability for one in findings if one.probability is not None), default=None)


def _kind(finding: Finding) -> tuple[str, str]:
    return finding.category, finding.subcategory


def evidence_of(finding: Finding, text: str) -> str:
    """Returns the words of the text that the finding marks, or the whole text where it marks none; shortened."""
    words = [text[span.start : span.end] for span in finding.spans]
    return ", ".join(words)[:MAX_EVIDENCE] if words else text[:MAX_EVIDENCE]


def regions_of(spans: Sequence[Span], lines: Sequence[TextLine]) -> tuple[Region, ...]:
    """Returns the regions of the lines that the spans touch, or of all lines where there are no spans.

    Spans count the characters of the lines joined by single spaces.
    """
    regions: list[Region] = []
    start = 0
    for line in lines:
        end = start + len(line.text)
        if not spans or any(span.start < end and span.end > start for span in spans):
            regions.append(line.region)
        start = end + 1
    return tuple(regions)


def missing() -> str:
    """Returns why RapidOCR cannot be used, as one sentence; empty if it can."""
    return "" if importlib.util.find_spec(PACKAGE) else INSTALL


class RapidTextReader:
    """Reads text with RapidOCR, which is loaded at the first picture and kept; one picture at a time."""

    def __init__(self, config: OcrConfig) -> None:
        self._config = config
        self._engine: Any = None
        self._lock = threading.Lock()

    def read(self, image: Image.Image) -> Sequence[TextLine]:
        """Returns the lines of an RGB picture that it is sure enough of, in reading order."""
        bgr = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        with self._lock:
            result = self._loaded()(bgr)
        if result.boxes is None or result.txts is None:
            return ()
        rows = zip(result.txts, result.scores, result.boxes, strict=True)
        lines = [(text, _region(box, image.size)) for text, score, box in rows if score >= self._config.confidence]
        return [TextLine(text, region) for text, region in lines if region]

    def _loaded(self) -> Any:
        if self._engine is None:
            from rapidocr import RapidOCR

            self._engine = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    # Upside-down lines are not worth a third model.
                    "Global.use_cls": False,
                    "Det.limit_type": "max",
                    "Det.limit_side_len": self._config.side,
                    "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
                }
            )
        return self._engine


def _region(box: Any, size: tuple[int, int]) -> Region | None:
    """Returns the upright box around four corners (4, 2) in pixels; None where nothing of it lies in the picture."""
    corners = np.clip(np.asarray(box, dtype=float) / np.array(size, dtype=float), 0.0, 1.0)
    (left, top), (right, bottom) = corners.min(0), corners.max(0)
    inside = left < right and top < bottom
    return Region(float(left), float(top), float(right), float(bottom)) if inside else None
