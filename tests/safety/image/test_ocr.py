"""What is written in a picture is judged as prompts are, and the reason says where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from PIL import Image, ImageDraw, ImageFont

from safety.checks import run_checks
from safety.image.ocr import OcrCheck, RapidTextReader, TextLine
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Picture, Region, Stage, Verdict
from tests.fakes_page import WordCheck
from tests.safety.image.conftest import CONFIG, PROMPTS

TOP, LOW = Region(0, 0, 1, 0.2), Region(0, 0.8, 1, 1)
BLANK = Picture(Image.new("RGB", (8, 8)))


@dataclass
class FakeReader:
    lines: Sequence[TextLine]

    def read(self, image: Image.Image) -> Sequence[TextLine]:
        return self.lines


def reading(*lines: tuple[str, Region]) -> OcrCheck:
    return OcrCheck(FakeReader([TextLine(*line) for line in lines]), [WordCheck()])


def test_the_reason_names_the_words_and_their_line(policy: Policy) -> None:
    check = reading(("a calm day", TOP), ("full of gore", LOW))
    decision = decide(run_checks(Stage.PICTURE, BLANK, [check]), policy, "general")
    (reason,) = decision.reasons
    assert (reason.code, reason.evidence, reason.regions, reason.spans) == ("T301", "gore", (LOW,), ())
    assert decision.verdict is Verdict.BLOCK


def test_a_hard_line_in_the_text_shows_nothing(policy: Policy) -> None:
    decision = decide(run_checks(Stage.PICTURE, BLANK, [reading(("forbidden", TOP))]), policy, "art")
    assert decision.verdict is Verdict.HARD_BLOCK
    assert (decision.reasons[0].regions, decision.reasons[0].evidence) == ((), "")


@pytest.mark.parametrize("lines", [(), ((" ", TOP),)], ids=["no text", "only a space"])
def test_no_text_is_no_finding(lines: tuple[tuple[str, Region], ...]) -> None:
    assert list(reading(*lines).detect(BLANK)) == []


def test_words_across_two_lines_are_read_as_one_text(policy: Policy) -> None:
    decision = decide(
        run_checks(Stage.PICTURE, BLANK, [reading(("a wound", TOP), ("and gore", LOW))]), policy, "general"
    )
    assert {reason.evidence: reason.regions for reason in decision.reasons} == {"gore": (LOW,), "wound": (TOP,)}


def test_a_reader_that_fails_blocks(policy: Policy) -> None:
    class Broken:
        def read(self, image: Image.Image) -> Sequence[TextLine]:
            raise RuntimeError("no models")

    assessment = run_checks(Stage.PICTURE, BLANK, [OcrCheck(Broken(), [WordCheck()])])
    assert decide(assessment, policy, "general").verdict is Verdict.BLOCK


def written(*lines: str) -> Image.Image:
    image = Image.new("RGB", (512, 512), "white")
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((30, 60 + 240 * number), line, fill="black", font=ImageFont.load_default(40))
    return image


def test_the_real_reader_reads_print(policy: Policy) -> None:
    pytest.importorskip("rapidocr", reason="the extra `ocr`: pip install rapidocr")
    reader = RapidTextReader(CONFIG.ocr)
    check = OcrCheck(reader, PROMPTS.checks)
    decision = decide(
        run_checks(Stage.PICTURE, Picture(written("a quiet field", "full of gore")), [check]), policy, "general"
    )
    assert decision.verdict is Verdict.BLOCK
    (region,) = decision.reasons[0].regions
    assert region.top > 0.5
    assert not decide(run_checks(Stage.PICTURE, Picture(written("a red apple")), [check]), policy, "general").reasons
    assert reader.read(Image.new("RGB", (300, 200), "white")) == ()
