"""Hard line 1.1 in pictures. Faces are drawn, or those of adults; scores are made up. No picture shows a child."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from safety.checks import run_checks
from safety.image.child_safety import AgeEvidence, PictureChildSafetyCheck
from safety.image.classifiers import NSFWJS_LABELS, SAFETY_LABELS, Classifier, require_weights, rgb_unit
from safety.image.faces import Face, FaceAnalyzer
from safety.image.nsfw import NsfwEnsemble
from safety.image.photo import PhotoClassifier
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Decision, Picture, Stage, Verdict
from safety.weights import OnnxModel, read_weights
from tests.safety.image.conftest import CONFIG, MODELS, PROMPTS, FakeModel, from_skimage, gradient, shapes, voting

MINORS = CONFIG.child_safety
MENTIONS_MINOR = PROMPTS.speaks_of_minors
CHILD, ADULT = "children play in a park", "a woman in a park"


@dataclass
class FakeFaces:
    """Faces of these ages in every picture, all of one size."""

    ages: tuple[float, ...]
    side: float = 60

    def load(self) -> None: ...

    def detect(self, image: Image.Image, min_score: float) -> list[Face]:
        return [Face((age, 0, age + self.side, self.side), 0.9) for age in self.ages]

    def apparent_age(self, image: Image.Image, face: Face) -> float:
        return face.box[0]


@dataclass
class FakePhoto:
    """Every picture looks so photographic."""

    photographic: float

    def score(self, image: Image.Image) -> float:
        return self.photographic


def check(
    sexual: tuple[float, float], *ages: float, child_face: float = 0.0, photo: float = 1.0, side: float = 60
) -> PictureChildSafetyCheck:
    highest, second = sexual
    ensemble = NsfwEnsemble(
        Classifier("open_nsfw", ("SFW", "NSFW"), rgb_unit, FakeModel(1 - highest, highest)),
        Classifier("nsfwjs", NSFWJS_LABELS, rgb_unit, FakeModel(0, second, 1 - second, 0, 0)),
        Classifier("image-safety-classifier-s", SAFETY_LABELS, rgb_unit, FakeModel(0, 0, 1)),
    )
    faces: FaceAnalyzer = FakeFaces(ages, side)  # type: ignore[assignment]
    evidence = AgeEvidence(MENTIONS_MINOR, faces, FakePhoto(photo), (lambda image: child_face,))
    return PictureChildSafetyCheck(MINORS, ensemble, evidence)


def judged(policy: Policy, mode: str, prompt: str, looking: PictureChildSafetyCheck) -> Decision:
    return decide(run_checks(Stage.PICTURE, Picture(shapes(), prompt), [looking]), policy, mode)


@pytest.mark.parametrize("mode", ["general", "art", "medical"])
@pytest.mark.parametrize("photo", [pytest.param(0.0, id="drawn"), pytest.param(1.0, id="photograph")])
@pytest.mark.parametrize(
    ("sexual", "ages", "prompt", "crossed"),
    [
        pytest.param((0.31, 0.0), (40,), CHILD, True, id="a face, one model unsure"),
        pytest.param((0.55, 0.0), (), CHILD, True, id="no face, one model sure"),
        pytest.param((0.31, 0.0), (), CHILD, False, id="no face, one model unsure"),
        pytest.param((0.29, 0.0), (12,), CHILD, False, id="nothing sexual about it"),
        pytest.param((0.99, 0.99), (40,), ADULT, False, id="an adult, for other checks to judge"),
        pytest.param((0.55, 0.0), (), "putti around a fountain", False, id="putti are no minors"),
    ],
)
def test_words_about_a_minor_and_one_sexual_score_cross_the_line_in_any_picture(
    policy: Policy,
    mode: str,
    photo: float,
    sexual: tuple[float, float],
    ages: tuple[float, ...],
    prompt: str,
    crossed: bool,
) -> None:
    decision = judged(policy, mode, prompt, check(sexual, *ages, photo=photo))
    assert decision.verdict is (Verdict.HARD_BLOCK if crossed else Verdict.ALLOW)
    assert all(reason.score is None and not reason.evidence for reason in decision.reasons)


@pytest.mark.parametrize("mode", ["general", "art", "medical"])
@pytest.mark.parametrize(
    ("sexual", "ages", "child_face", "photo", "verdict"),
    [
        pytest.param((0.6, 0.6), (10,), 0.0, 1.0, Verdict.HARD_BLOCK, id="a child's face, two models"),
        pytest.param((0.6, 0.6), (50, 10), 0.0, 1.0, Verdict.HARD_BLOCK, id="one child's face of two"),
        pytest.param((0.6, 0.6), (), 0.6, 1.0, Verdict.HARD_BLOCK, id="another model sees a child"),
        pytest.param((0.99, 0.4), (10,), 0.0, 1.0, Verdict.BLOCK, id="a child's face, one model"),
        pytest.param((0.6, 0.6), (15,), 0.0, 1.0, Verdict.BLOCK, id="a young face, two models"),
        pytest.param((0.99, 0.4), (15,), 0.0, 1.0, Verdict.ALLOW, id="a young face, one model"),
        pytest.param((0.49, 0.4), (10,), 0.0, 1.0, Verdict.ALLOW, id="a child's face, nobody sure"),
        pytest.param((0.99, 0.99), (19,), 0.0, 1.0, Verdict.ALLOW, id="an adult who looks young"),
        pytest.param((0.99, 0.99), (), 0.0, 1.0, Verdict.ALLOW, id="no face"),
        pytest.param((0.99, 0.99), (10,), 0.0, 0.0, Verdict.ALLOW, id="the age of a drawn face decides nothing"),
        pytest.param((0.99, 0.99), (10,), 0.6, 0.0, Verdict.BLOCK, id="another model sees a drawn child"),
    ],
)
def test_what_a_picture_shows_needs_a_photograph_two_models_and_a_childs_face(
    policy: Policy,
    mode: str,
    sexual: tuple[float, float],
    ages: tuple[float, ...],
    child_face: float,
    photo: float,
    verdict: Verdict,
) -> None:
    decision = judged(policy, mode, ADULT, check(sexual, *ages, child_face=child_face, photo=photo))
    assert decision.verdict is verdict
    assert not decision.modes_that_allow
    # Less than strong evidence is refused under another code, so that a person can look again.
    assert [reason.code for reason in decision.reasons] == {Verdict.HARD_BLOCK: ["I101"], Verdict.BLOCK: ["I201"]}.get(
        verdict, []
    )
    assert not any(reason.evidence or reason.regions for reason in decision.reasons)


@pytest.mark.parametrize(
    ("sexual", "age", "verdict"),
    [
        pytest.param((0.6, 0.6), 10, Verdict.BLOCK, id="a child's face, two models"),
        pytest.param((0.99, 0.4), 10, Verdict.ALLOW, id="a child's face, one model"),
        pytest.param((0.99, 0.99), 15, Verdict.ALLOW, id="a young face, two models"),
    ],
)
def test_a_face_too_small_for_an_age_accuses_nobody(
    policy: Policy, sexual: tuple[float, float], age: float, verdict: Verdict
) -> None:
    looking = check(sexual, age, side=MINORS.face_side - 1)
    assert judged(policy, "general", ADULT, looking).verdict is verdict
    assert judged(policy, "general", CHILD, looking).verdict is Verdict.HARD_BLOCK


SCORE = st.floats(0, 1, width=32)


@pytest.mark.parametrize("mode", ["general", "art", "medical"])
@given(scores=st.tuples(SCORE, SCORE, SCORE, SCORE), age=st.integers(0, 60), which=st.integers(0, 4), more=SCORE)
def test_more_evidence_never_lowers_the_verdict(
    policy: Policy, mode: str, scores: tuple[float, float, float, float], age: int, which: int, more: float
) -> None:
    def verdict(values: list[float], years: float) -> Verdict:
        one, other, child, photo = values
        return judged(policy, mode, "", check((one, other), years, child_face=child, photo=photo)).verdict

    raised = list(scores)
    if which < len(raised):
        raised[which] = max(raised[which], more)
    younger = age * more if which == len(raised) else age
    assert verdict(raised, younger) >= verdict(list(scores), age)


@pytest.mark.parametrize(
    ("votes", "ages", "mode"),
    [
        pytest.param((0.83, 0.74, 0.72), (34, 18), "art", id="a painted reclining nude and a maid"),
        pytest.param((0.8, 0.76, 0.04), (34,), "art", id="a detail of a painted nude"),
        pytest.param((0.08, 0.29, 0.79), (30, 16), "medical", id="anatomical position of an adult"),
        pytest.param((0.72, 0.04, 0.83), (28,), "medical", id="a plate of the body, unclothed"),
    ],
)
def test_votes_and_ages_of_works_and_plates_accuse_nobody_in_their_mode(
    policy: Policy, votes: tuple[float, float, float], ages: tuple[float, ...], mode: str
) -> None:
    first, second, _ = sorted(votes, reverse=True)
    looking = (*voting(*votes), check((first, second), *ages))
    decision = decide(run_checks(Stage.PICTURE, Picture(shapes()), looking), policy, mode)
    assert decision.verdict <= Verdict.NOTE


def test_a_photo_score_that_cannot_be_had_blocks(policy: Policy) -> None:
    looking = check((0.9, 0.9), 40, photo=1.0)
    looking._evidence.photo.score = lambda image: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    assert judged(policy, "art", ADULT, looking).verdict is Verdict.BLOCK


@pytest.fixture(scope="module")
def real() -> FaceAnalyzer:
    weights = read_weights(MODELS / "image_safety")
    return FaceAnalyzer(require_weights(weights, "yunet"), OnnxModel(require_weights(weights, "face_age")))


def smiley() -> Image.Image:
    image = Image.new("RGB", (512, 512), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 60, 450, 450), fill="gold", outline="black", width=6)
    pen.ellipse((160, 180, 200, 240), fill="black")
    pen.ellipse((310, 180, 350, 240), fill="black")
    pen.arc((150, 200, 360, 380), 20, 160, fill="black", width=10)
    return image


def test_the_face_of_an_adult_is_found_and_looks_adult(real: FaceAnalyzer) -> None:
    astronaut = from_skimage("astronaut")
    (face,) = real.detect(astronaut, MINORS.face)
    left, top, right, bottom = face.box
    assert 150 < left < 200 < right < 300 and 40 < top < 100 < bottom < 200
    assert MINORS.young_age < real.apparent_age(astronaut, face) < 60


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(Image.new("RGB", (1, 1)), id="one pixel"),
        pytest.param(Image.new("RGB", (900, 20), "white"), id="a strip"),
        pytest.param(gradient(), id="gradient"),
    ],
)
def test_there_is_no_face_where_there_is_none(real: FaceAnalyzer, image: Image.Image) -> None:
    assert real.detect(image, MINORS.face) == []


def test_the_age_network_equals_the_original() -> None:
    model = OnnxModel(require_weights(read_weights(MODELS / "image_safety"), "face_age"))
    row = np.linspace(0, 255, 112, dtype=np.float32)
    gradient = np.broadcast_to(row[None, None, :, None], (1, 112, 112, 3))
    # What @vladmandic/face-api 1.7.15 itself says of it (tfjs on the CPU).
    assert model.run(np.ascontiguousarray(gradient)).item() == pytest.approx(10.285909, abs=1e-3)


def test_ages_of_a_drawn_face_are_numbers_too(real: FaceAnalyzer) -> None:
    image = smiley()
    assert 0 < real.apparent_age(image, Face((60, 60, 450, 450), 1.0)) < 120


def test_health_loads_what_most_pictures_never_need(tmp_path: Path) -> None:
    weights = read_weights(MODELS / "image_safety")
    lost = {**weights, "yunet": weights["yunet"].model_copy(update={"folder": tmp_path})}
    faces = FaceAnalyzer(require_weights(lost, "yunet"), OnnxModel(require_weights(lost, "face_age")))
    with pytest.raises(Exception, match="cannot be read"):
        faces.load()


def test_a_face_looks_as_old_as_the_older_of_its_two_ways_round(real: FaceAnalyzer) -> None:
    astronaut = from_skimage("astronaut")
    (face,) = real.detect(astronaut, MINORS.face)
    left, top, right, bottom = face.box
    mirrored = Face((astronaut.width - right, top, astronaut.width - left, bottom), face.score)
    turned = astronaut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert real.apparent_age(astronaut, face) == pytest.approx(real.apparent_age(turned, mirrored), abs=2)


@pytest.mark.parametrize(
    ("make", "photograph"),
    [
        pytest.param(smiley, False, id="a drawn face"),
        pytest.param(shapes, False, id="shapes"),
        pytest.param(lambda: from_skimage("astronaut"), True, id="a portrait"),
        pytest.param(lambda: from_skimage("astronaut").convert("L").convert("RGB"), True, id="a grey portrait"),
        pytest.param(lambda: from_skimage("astronaut").resize((160, 160)), True, id="a small portrait"),
        pytest.param(lambda: from_skimage("coffee"), True, id="a cup"),
    ],
)
def test_photographs_are_told_from_drawings(make: Callable[[], Image.Image], photograph: bool) -> None:
    model = OnnxModel(require_weights(read_weights(MODELS / "image_safety"), "photo_or_drawing"))
    assert (PhotoClassifier(model).score(make()) >= MINORS.photographic) is photograph
