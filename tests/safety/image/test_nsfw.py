"""What the votes mean in each mode, and that ordinary pictures pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter

from safety.checks import Check, run_checks
from safety.image.attribution import GRID
from safety.image.classifiers import Classifier, rgb_unit
from safety.image.nsfw import GoreCheck
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Picture, Stage, Verdict
from tests.safety.image.conftest import CONFIG, FakeModel, from_skimage, gradient, shapes, voting

MODES = ("general", "art", "medical")
SCORE = st.floats(0, 1, width=32)
SMALL = Picture(shapes().resize((8, 8)))


def findings(*scores: float) -> dict[tuple[str, str], float]:
    seen = run_checks(Stage.PICTURE, SMALL, voting(*scores)).findings
    return {(finding.category, finding.subcategory): finding.score for finding in seen}


@pytest.mark.slow
@settings(deadline=None)  # machines under load are slow, not wrong
@given(SCORE, SCORE, SCORE, SCORE)
def test_the_findings_are_the_lowest_middle_and_highest_score(a: float, b: float, c: float, gore: float) -> None:
    lowest, middle, highest = sorted((a, b, c))
    assert findings(a, b, c, gore) == pytest.approx(
        {
            ("sexual", "all"): lowest,
            ("sexual", "median"): middle,
            ("nudity", "median"): middle,
            ("nudity", "any"): highest,
            ("violence", ""): gore,
        }
    )


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(SCORE, min_size=4, max_size=4), st.integers(0, 3), SCORE)
def test_a_higher_score_never_lowers_the_verdict(policy: Policy, scores: list[float], which: int, other: float) -> None:
    raised = list(scores)
    raised[which] = max(scores[which], other)
    for mode in MODES:
        before, after = (decide(run_checks(Stage.PICTURE, SMALL, voting(*s)), policy, mode) for s in (scores, raised))
        assert after.verdict >= before.verdict


@pytest.mark.parametrize(
    ("scores", "general", "art", "medical"),
    [
        pytest.param((0.3, 0.3, 0.3), Verdict.ALLOW, Verdict.ALLOW, Verdict.ALLOW, id="all low"),
        pytest.param((0.4, 0.4, 0.0), Verdict.WARN, Verdict.NOTE, Verdict.NOTE, id="two unsure"),
        pytest.param((0.6, 0.0, 0.0), Verdict.WARN, Verdict.NOTE, Verdict.NOTE, id="one of three"),
        pytest.param((0.97, 0.0, 0.0), Verdict.BLOCK, Verdict.NOTE, Verdict.NOTE, id="one of three, certain"),
        pytest.param((0.6, 0.6, 0.0), Verdict.BLOCK, Verdict.NOTE, Verdict.NOTE, id="two of three"),
        pytest.param((0.88, 0.88, 0.0), Verdict.BLOCK, Verdict.NOTE, Verdict.NOTE, id="two of three, sure"),
        pytest.param((0.96, 0.96, 0.0), Verdict.BLOCK, Verdict.BLOCK, Verdict.BLOCK, id="two of three, certain"),
        pytest.param((0.83, 0.74, 0.72), Verdict.BLOCK, Verdict.NOTE, Verdict.BLOCK, id="all three, a painted nude"),
        pytest.param((0.92, 0.92, 0.31), Verdict.BLOCK, Verdict.WARN, Verdict.NOTE, id="two of three, surer"),
        pytest.param((0.65, 0.65, 0.65), Verdict.BLOCK, Verdict.NOTE, Verdict.WARN, id="all three, unsure"),
        pytest.param((0.78, 0.78, 0.78), Verdict.BLOCK, Verdict.WARN, Verdict.BLOCK, id="all three"),
        pytest.param((0.85, 0.85, 0.85), Verdict.BLOCK, Verdict.BLOCK, Verdict.BLOCK, id="all three, sure"),
        pytest.param((0, 0, 0, 0.6), Verdict.WARN, Verdict.ALLOW, Verdict.NOTE, id="some gore"),
        pytest.param((0, 0, 0, 0.9), Verdict.BLOCK, Verdict.WARN, Verdict.NOTE, id="gore"),
        pytest.param((0, 0, 0, 0.98), Verdict.BLOCK, Verdict.WARN, Verdict.WARN, id="certain gore"),
    ],
)
def test_what_a_vote_means_in_each_mode(
    policy: Policy, scores: tuple[float, ...], general: Verdict, art: Verdict, medical: Verdict
) -> None:
    assessment = run_checks(Stage.PICTURE, SMALL, voting(*scores))
    assert [decide(assessment, policy, mode).verdict for mode in MODES] == [general, art, medical]


def test_the_reason_names_every_model_with_its_score(policy: Policy) -> None:
    decision = decide(run_checks(Stage.PICTURE, SMALL, voting(0.97, 0.12, 0.6)), policy, "general")
    assert {reason.evidence for reason in decision.reasons} == {
        "open_nsfw 0.97, nsfwjs 0.12, image-safety-classifier-s 0.60"
    }


@pytest.mark.parametrize(("score", "runs"), [(0.34, 1), (0.36, 1 + GRID**2)], ids=["below", "above"])
def test_regions_are_sought_from_the_score_on_that_the_settings_name(score: float, runs: int) -> None:
    model = FakeModel(1 - score, 0.0, score)
    settings = CONFIG.gore.model_copy(update={"regions_from": 0.35})
    gore = GoreCheck(settings, Classifier("fake", ("SFW", "NSFW", "NSFL"), rgb_unit, model))
    list(gore.detect(replace(SMALL, regions=False)))
    assert model.runs == 1  # nobody asks where
    list(gore.detect(SMALL))  # its score is kept
    assert model.runs == runs


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(gradient, id="gradient"),
        pytest.param(shapes, id="shapes"),
        pytest.param(lambda: gradient(1200, 90), id="very wide"),
        pytest.param(lambda: gradient(1, 1), id="one pixel"),
        pytest.param(lambda: Image.new("RGB", (64, 64), "black"), id="black"),
        pytest.param(lambda: Image.new("RGB", (64, 64), "white"), id="white"),
        pytest.param(lambda: from_skimage("astronaut"), id="astronaut"),
        pytest.param(lambda: from_skimage("coffee"), id="coffee"),
        pytest.param(lambda: from_skimage("chelsea"), id="cat"),
        pytest.param(lambda: from_skimage("rocket"), id="rocket"),
    ],
)
def test_an_ordinary_picture_passes(
    checks: tuple[Check[Picture], ...], policy: Policy, make: Callable[[], Image.Image], mode: str
) -> None:
    decision = decide(run_checks(Stage.PICTURE, Picture(make()), checks), policy, mode)
    assert decision.verdict is Verdict.ALLOW, decision.reasons


def tinted(contrast: float) -> Image.Image:
    """A photograph whose green shows so little contrast; red is full everywhere, blue nought."""
    _, green, _ = ImageEnhance.Contrast(from_skimage("astronaut")).enhance(contrast).split()
    return Image.merge("RGB", (green.point(lambda _: 255), green, green.point(lambda _: 0)))


def radial(inner: int, outer: int) -> Image.Image:
    """A grey picture that shades from its middle to its corners."""
    across, down = np.meshgrid(np.linspace(-1, 1, 512), np.linspace(-1, 1, 512))
    shade = inner + (outer - inner) * np.hypot(across, down) / np.sqrt(2)
    return Image.fromarray(shade.astype(np.uint8)).convert("RGB")


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(radial(0, 255), id="grey, darker in the middle"),
        pytest.param(radial(255, 0), id="grey, lighter in the middle"),
        pytest.param(Image.linear_gradient("L").convert("RGB"), id="from top to bottom"),
        pytest.param(Image.new("RGB", (64, 64), (230, 190, 170)), id="one colour, skin"),
    ],
)
def test_a_picture_without_shapes_shows_nobody(image: Image.Image) -> None:
    seen = run_checks(Stage.PICTURE, Picture(image), voting(0.99, 0.99, 0.99)).findings
    assert {finding.score for finding in seen if finding.category in ("sexual", "nudity")} == {0.0}


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(from_skimage("astronaut").filter(ImageFilter.GaussianBlur(20)), id="a blurred photograph"),
        pytest.param(ImageEnhance.Contrast(from_skimage("astronaut")).enhance(0.05), id="a faint photograph"),
        pytest.param(tinted(0.05), id="a faint photograph behind red"),
        pytest.param(shapes(), id="a drawing"),
    ],
)
def test_blur_and_faintness_hide_no_shapes(image: Image.Image) -> None:
    seen = run_checks(Stage.PICTURE, Picture(image), voting(0.99, 0.99, 0.99)).findings
    assert all(finding.score > 0.9 for finding in seen if finding.category == "nudity")
