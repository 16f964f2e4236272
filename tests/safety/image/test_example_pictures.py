"""Near-copies of an operator's example pictures are found, other pictures are not, and only hashes are kept."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from safety.checks import run_checks
from safety.errors import FileError, RequestError
from safety.image.example_pictures import example_picture, example_picture_checks
from safety.policy.added_category import added_categories
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import classifier
from safety.prompt.classifier import load_prompt_classifier
from safety.prompt.example_categories import ExampleCategory
from safety.records import Picture, Stage, Verdict
from safety.resources import MODELS, PRESETS
from studio.example_sets import read_pictures
from tests.example_prompts import GAMBLING, made_of


def scene(seed: int) -> Image.Image:
    """Returns a picture of large random shapes, with the structure that a perceptual hash needs."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((256, 256), Image.Resampling.BICUBIC)


def recompressed(image: Image.Image) -> Image.Image:
    file = BytesIO()
    image.resize((160, 160)).save(file, "JPEG", quality=60)
    return Image.open(file).convert("RGB")


@pytest.fixture(scope="module")
def category() -> ExampleCategory:
    made = made_of(load_prompt_classifier(PRESETS, MODELS / classifier.FOLDER), GAMBLING, "block")
    pictures = tuple(example_picture(scene(seed), f"{seed}.png") for seed in (1, 2))
    return ExampleCategory.model_validate(made.model_dump() | {"pictures": pictures})


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        pytest.param(lambda image: image, Verdict.BLOCK, id="the picture itself"),
        pytest.param(recompressed, Verdict.BLOCK, id="smaller and recompressed"),
        pytest.param(ImageOps.mirror, Verdict.BLOCK, id="mirrored"),
        pytest.param(lambda image: scene(3), Verdict.ALLOW, id="another picture"),
        pytest.param(lambda image: Image.new("RGB", (256, 256)), Verdict.ALLOW, id="a plain one"),
    ],
)
def test_near_copies_are_of_the_category(category: ExampleCategory, change: Any, verdict: Verdict) -> None:
    policy = load_policy(PRESETS).with_categories(added_categories([category]))
    seen = run_checks(Stage.PICTURE, Picture(change(scene(2))), example_picture_checks([category]))
    decision = decide(seen, policy, "art")
    assert decision.verdict is verdict
    if verdict is Verdict.BLOCK:
        assert "“2.png”" in policy.messages().render(decision)[0].text
        assert decision.reasons[0].code == "I801"


def test_a_category_without_pictures_or_switched_off_looks_at_none(category: ExampleCategory) -> None:
    for change in ({"pictures": ()}, {"enabled": False}):
        assert example_picture_checks([category.model_copy(update=change)]) == ()
    without = added_categories([category.model_copy(update={"pictures": ()})])[0]
    assert set(without.limits) == {Stage.PROMPT}


def test_a_folder_of_pictures_is_kept_as_hashes(tmp_path: Path) -> None:
    for seed in (1, 2):
        scene(seed).save(tmp_path / f"{seed}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    assert [one.name for one in read_pictures(tmp_path)] == ["1.png", "2.png"]
    assert read_pictures(tmp_path)[0] == example_picture(scene(1), "1.png")


def test_pictures_that_cannot_be_known_again_are_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="0 pictures"):
        read_pictures(tmp_path)
    with pytest.raises(RequestError, match="nowhere"):
        read_pictures(tmp_path / "nowhere")
    Image.new("RGB", (64, 64)).save(tmp_path / "plain.png")
    with pytest.raises(FileError, match=r"plain\.png is too plain"):
        read_pictures(tmp_path)
    (tmp_path / "plain.png").write_bytes(b"no picture")
    with pytest.raises(FileError, match=r"plain\.png"):
        read_pictures(tmp_path)
