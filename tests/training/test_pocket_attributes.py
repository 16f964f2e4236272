"""The eye for place, time and style: it tells pictures apart that it has not seen, by colour and by texture."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skimage", reason="training/pocket/requirements.txt")

from training.pocket.attributes import Classifier, looks


def nothing(pictures: np.ndarray) -> np.ndarray:
    """An eye that sees nothing."""
    return np.zeros((len(pictures), 4), np.float32)


def scenes(kind: str, seed: int, many: int = 12) -> np.ndarray:
    """Skies of one colour over a ground of any, or noise that is fine or coarse."""
    dice = np.random.default_rng(seed)
    pictures = dice.integers(60, 200, (many, 1, 1, 3)) * np.ones((many, 32, 32, 3))
    if kind in ("night", "day"):
        pictures[:, :16] = (10, 10, 40) if kind == "night" else (120, 190, 250)
    else:
        grain = dice.integers(-50, 50, (many, 32, 32, 1) if kind == "fine" else (many, 4, 4, 1))
        pictures = pictures + (grain if kind == "fine" else grain.repeat(8, 1).repeat(8, 2))
    return np.clip(pictures, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kinds", [("day", "night"), ("fine", "coarse")], ids=["colours", "textures"])
def test_pictures_that_it_has_not_seen_are_told_apart(kinds: tuple[str, str]) -> None:
    known = looks(np.concatenate([scenes(kind, 1) for kind in kinds]), nothing)
    judge = Classifier.train(known, [kind for kind in kinds for _ in range(12)])
    for kind in kinds:
        assert judge.names(looks(scenes(kind, 2), nothing)) == [kind] * 12


def test_looks_have_one_row_a_picture_and_are_finite() -> None:
    seen = looks(scenes("day", 3, 5), nothing)
    assert seen.shape[0] == 5 and seen.dtype == np.float32
    assert np.isfinite(seen).all()
