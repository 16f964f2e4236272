"""Who has marked pictures, but neither the key nor the originals, tries to get at the mark itself."""

from __future__ import annotations

import numpy as np
import pytest

from safety.generation import Stamp
from safety.marks.attacks import laid_onto, lifted_mark
from safety.marks.invisible.detect import detect
from safety.marks.invisible.embed import embed
from tests.fakes_marks import flat_art

VICTIM = flat_art(90)


@pytest.fixture(scope="module")
def tiles() -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [lifted_mark(embed(flat_art(seed), Stamp(int(random.integers(2**63))))) for seed in range(12)]


@pytest.mark.slow
def test_the_average_of_many_marked_pictures_is_no_mark(tiles: list[np.ndarray]) -> None:
    assert detect(laid_onto(VICTIM, np.mean(tiles, 0))) is None


def test_marks_of_different_stamps_have_nothing_in_common(tiles: list[np.ndarray]) -> None:
    flat = np.array([(tile - tile.mean()) / tile.std() for tile in tiles]).reshape(len(tiles), -1)
    alike = np.corrcoef(flat)[np.triu_indices(len(tiles), 1)]

    assert abs(float(alike.mean())) < 0.03


def test_the_mark_of_one_picture_can_be_copied_but_only_with_its_own_stamp() -> None:
    """No mark that everybody can read prevents it. The registry tells: the stamp is known, the picture is another."""
    stamp = Stamp(0xFEEDFACECAFEBEEF)
    mark = detect(laid_onto(VICTIM, lifted_mark(embed(flat_art(3), stamp))))

    assert mark is not None
    assert mark.stamp == stamp
