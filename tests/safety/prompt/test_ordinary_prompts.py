"""Features of ordinary prompts: what is written is read back, and nothing damaged or of another model is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safety.errors import WeightsError
from safety.prompt import classifier
from safety.prompt.ordinary_prompts import (
    FOLDER,
    FeatureSpace,
    OrdinaryPrompts,
    load_ordinary_prompts,
    read_features,
    write_features,
)
from safety.resources import MODELS
from safety.weights import read_weights

SHA = "ab" * 32


def small() -> OrdinaryPrompts:
    rng = np.random.default_rng(0)
    space = FeatureSpace(np.zeros(6, np.float32), np.ones(6, np.float32), np.eye(6, 3).astype(np.float32))
    real, captions = (space.points(rng.normal(size=(size, 6)).astype(np.float32)) for size in (40, 20))
    return OrdinaryPrompts(space, real, captions, 0.1)


def test_what_is_written_is_read_back_but_for_rounding() -> None:
    made_of, read = read_features(write_features(small(), SHA))
    assert made_of == SHA
    assert read.points == pytest.approx(small().points, abs=float(np.abs(small().points).max()) / 200)
    assert read.captions == pytest.approx(small().captions, abs=float(np.abs(small().points).max()) / 100)
    assert read.spread == pytest.approx(0.1)


def test_points_do_not_depend_on_how_strong_a_feature_is() -> None:
    features = np.array([[1, 2, 3, 0, 0, 1]], dtype=np.float32)
    assert small().space.points(features) == pytest.approx(small().space.points(3 * features), abs=1e-6)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut off"),
        pytest.param(lambda data: b"{}" + data[2:], id="no archive"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_the_fix(harm: object) -> None:
    with pytest.raises(WeightsError) as caught:
        read_features(harm(write_features(small(), SHA)))  # type: ignore[operator]
    assert "Install Safelight again" in caught.value.sentence


def test_the_features_that_ship_are_of_the_classifier_that_ships_and_small() -> None:
    sha = read_weights(MODELS / classifier.FOLDER)["model"].sha256
    ordinary = load_ordinary_prompts(MODELS, sha)
    assert len(ordinary.points) >= 4000 and len(ordinary.captions) >= 1500
    assert sum(path.stat().st_size for path in (MODELS / FOLDER).iterdir()) < 1_000_000


def test_features_of_another_classifier_are_refused() -> None:
    with pytest.raises(WeightsError, match="another prompt classifier"):
        load_ordinary_prompts(MODELS, SHA)


def test_a_changed_file_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    for path in (MODELS / FOLDER).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "features.npz").write_bytes((folder / "features.npz").read_bytes() + b" ")
    with pytest.raises(WeightsError, match="SHA-256"):
        load_ordinary_prompts(tmp_path, SHA)
