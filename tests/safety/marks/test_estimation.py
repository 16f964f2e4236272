"""Who has marked pictures, but neither the key nor the originals, tries to get at the mark itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from safety.generation import Stamp
from safety.marks.invisible.detect import detect
from safety.marks.invisible.embed import embed
from safety.marks.invisible.tile import SIDE
from tests.fakes_marks import flat_art

VICTIM = flat_art(90)


def estimated(marked: Image.Image) -> np.ndarray:
    """What repeats in a marked picture, once its own content is taken out as well as smoothing can."""
    luma = np.asarray(marked.convert("L"), np.float32)
    rest = luma - cv2.bilateralFilter(luma, 9, 12, 5)
    rows, columns = (length // SIDE for length in rest.shape)
    return rest[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE).mean((0, 2))


def pasted(tile: np.ndarray, strength: float = 2.5) -> Image.Image:
    width, height = VICTIM.size
    tile = tile / max(float(tile.std()), 1e-9) * strength
    whole = np.tile(tile, (height // SIDE + 1, width // SIDE + 1))[:height, :width]
    return Image.fromarray((np.asarray(VICTIM) + whole[..., None]).clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def tiles() -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [estimated(embed(flat_art(seed), Stamp(int(random.integers(2**63))))) for seed in range(12)]


@pytest.mark.slow
def test_the_average_of_many_marked_pictures_is_no_mark(tiles: list[np.ndarray]) -> None:
    assert detect(pasted(np.mean(tiles, 0))) is None


def test_marks_of_different_stamps_have_nothing_in_common(tiles: list[np.ndarray]) -> None:
    flat = np.array([(tile - tile.mean()) / tile.std() for tile in tiles]).reshape(len(tiles), -1)
    alike = np.corrcoef(flat)[np.triu_indices(len(tiles), 1)]

    assert abs(float(alike.mean())) < 0.03


def test_the_mark_of_one_picture_can_be_copied_but_only_with_its_own_stamp() -> None:
    """No mark that everybody can read prevents it. The registry tells: the stamp is known, the picture is another."""
    stamp = Stamp(0xFEEDFACECAFEBEEF)
    mark = detect(pasted(estimated(embed(flat_art(3), stamp))))

    assert mark is not None
    assert mark.stamp == stamp
