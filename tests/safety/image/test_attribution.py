"""The part of a picture that carries a score is the part that is named."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from safety.image.attribution import GRID, attribute, cover_cells, regions_of
from safety.records import Picture
from tests.safety.image.conftest import gradient


def redness(image: Image.Image) -> float:
    """The share of pixels that are red."""
    pixels = np.asarray(image).astype(int)
    return float(((pixels[..., 0] > 200) & (pixels[..., 1] < 60)).mean())


@pytest.mark.parametrize("size", [(256, 256), (400, 100), (37, 91), (4, 4)], ids=str)
@pytest.mark.parametrize("cell", [(0, 0), (3, 3), (1, 2)], ids=str)
def test_the_one_red_part_is_found(size: tuple[int, int], cell: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "blue")
    left, top = (-(-place * side // GRID) for place, side in zip(cell, size, strict=True))
    image.paste("red", (left, top, left + max(1, size[0] // GRID), top + max(1, size[1] // GRID)))
    heaviest = attribute(image, 1.0, lambda covered: 20 * redness(covered))[0]
    assert heaviest.left <= (left + 0.5) / size[0] <= heaviest.right
    assert heaviest.top <= (top + 0.5) / size[1] <= heaviest.bottom
    assert heaviest.weight == 1.0


def test_a_score_that_no_part_carries_has_no_region() -> None:
    assert attribute(gradient(), 0.9, lambda covered: 0.88) == ()


def test_weights_fall_and_none_is_small() -> None:
    image = Image.new("RGB", (80, 80), "blue")
    image.paste("red", (0, 0, 20, 20))
    image.paste("red", (40, 40, 60, 52))
    found = attribute(image, redness(image), redness)
    assert [round(region.weight, 1) for region in found] == [1.0, 0.6]


def test_no_region_is_sought_where_nobody_asks_for_one() -> None:
    image = Image.new("RGB", (80, 80), "blue")
    image.paste("red", (0, 0, 20, 20))
    assert regions_of(Picture(image), redness(image), 0.01, redness)
    assert regions_of(Picture(image, regions=False), redness(image), 0.01, redness) == ()
    assert regions_of(Picture(image), redness(image), 0.5, redness) == ()


@pytest.mark.parametrize("rows", [(), (0, 5), (2,)], ids=["all rows", "the first and the last", "one row"])
@pytest.mark.parametrize("size", [(61, 40), (240, 240)], ids=str)
def test_every_cell_of_a_row_is_covered_once_and_nothing_beside_it(
    size: tuple[int, int], rows: tuple[int, ...]
) -> None:
    image, grid = gradient(*size), 6
    pixels = np.asarray(image)
    covered = [(np.asarray(copy), box) for copy, box in cover_cells(image, grid, rows)]
    assert [box[:2] for _, box in covered] == [(column, row) for row in rows or range(grid) for column in range(grid)]
    for copy, (left, top, right, bottom) in covered:
        changed = np.argwhere((copy != pixels).any(-1)) / (size[1], size[0]) * grid
        assert changed.min(0)[1] >= left - grid / size[0] and changed.max(0)[1] < right
        assert changed.min(0)[0] >= top - grid / size[1] and changed.max(0)[0] < bottom
