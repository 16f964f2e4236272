"""Hard line 1.1 in pictures. Faces are drawn, or those of adults; scores are made up. No picture shows a child."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from safety.checks import run_checks
from safety.image.child_safety import PictureChildSafetyCheck
from safety.image.classifiers import NSFWJS_LABELS, SAFETY_LABELS, Classifier, require_weights, rgb_unit
from safety.image.faces import Face, FaceAnalyzer
from safety.image.nsfw import NsfwEnsemble
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Picture, Stage, Verdict
from safety.weights import OnnxModel, read_weights
from tests.safety.image.conftest import CONFIG, MODELS, PROMPTS, FakeModel, from_skimage, gradient

MINORS = CONFIG.child_safety
MENTIONS_MINOR = PROMPTS.speaks_of_minors
CHILD, ADULT = "children play in a park", "a woman in a park"


@dataclass
class FakeFaces:
    """Faces of these ages in every picture."""

    ages: tuple[float, ...]

    def load(self) -> None: ...

    def detect(self, image: Image.Image, min_score: float) -> list[Face]:
        return [Face((age, 0, age + 9, 9), 0.9) for age in self.ages]

    def apparent_age(self, image: Image.Image, face: Face) -> float:
        return face.box[0]


def check(sexual: float, *ages: float, child_face: float = 0.0) -> PictureChildSafetyCheck:
    ensemble = NsfwEnsemble(
        Classifier("open_nsfw", ("SFW", "NSFW"), rgb_unit, FakeModel(1 - sexual, sexual)),
        Classifier("nsfwjs", NSFWJS_LABELS, rgb_unit, FakeModel(0, 0, 1, 0, 0)),
        Classifier("image-safety-classifier-s", SAFETY_LABELS, rgb_unit, FakeModel(0, 0, 1)),
    )
    faces: FaceAnalyzer = FakeFaces(ages)  # type: ignore[assignment]
    return PictureChildSafetyCheck(MINORS, ensemble, MENTIONS_MINOR, faces, (lambda image: child_face,))


@pytest.mark.parametrize("mode", ["general", "art", "medical"])
@pytest.mark.parametrize(
    ("sexual", "ages", "child_face", "prompt", "crossed"),
    [
        pytest.param(0.31, (19,), 0.0, ADULT, True, id="a face that looks young"),
        pytest.param(0.31, (50, 12), 0.0, "", True, id="one young face of two, uploaded"),
        pytest.param(0.29, (12,), 0.0, CHILD, False, id="nothing sexual about it"),
        pytest.param(0.31, (40,), 0.0, CHILD, True, id="stated, and a face"),
        pytest.param(0.31, (), 0.0, CHILD, False, id="stated, no face, hardly sexual"),
        pytest.param(0.55, (), 0.0, CHILD, True, id="stated, no face, sexual"),
        pytest.param(0.99, (40,), 0.0, ADULT, False, id="an adult, for other checks to judge"),
        pytest.param(0.99, (), 0.0, "", False, id="no face and no word"),
        pytest.param(0.31, (), 0.6, ADULT, True, id="another model sees a child"),
        pytest.param(0.55, (), 0.0, "putti around a fountain", False, id="putti are no minors"),
    ],
)
def test_a_minor_and_a_sexual_score_together_cross_the_line(
    policy: Policy, mode: str, sexual: float, ages: tuple[float, ...], child_face: float, prompt: str, crossed: bool
) -> None:
    picture = Picture(gradient(), prompt)
    assessment = run_checks(Stage.PICTURE, picture, [check(sexual, *ages, child_face=child_face)])
    decision = decide(assessment, policy, mode)
    assert decision.verdict is (Verdict.HARD_BLOCK if crossed else Verdict.ALLOW)
    assert all(reason.score is None and not reason.evidence for reason in decision.reasons)


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
    assert MINORS.apparent_age < real.apparent_age(astronaut, face) < 60


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
