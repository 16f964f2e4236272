from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from safety.marks.visible import MIN_CONTRAST, Corner, labelled, least_contrast
from tests.fakes_marks import GROUNDS, flat_art, photograph

GREYS = [Image.new("RGB", (200, 200), (level,) * 3) for level in range(0, 256, 51)]
BACKGROUNDS = GREYS + [Image.new("RGB", (200, 200), ground) for ground in GROUNDS]
BACKGROUNDS += [flat_art(seed, 200) for seed in range(3)] + [photograph(seed, 200, 200) for seed in range(3)]


@pytest.mark.parametrize("background", BACKGROUNDS, ids=range(len(BACKGROUNDS)))
@pytest.mark.parametrize("corner", Corner)
def test_the_label_can_be_read_on_every_background(background: Image.Image, corner: Corner) -> None:
    image, label = labelled(background, corner)
    letters = np.asarray(image.crop(label.letters)).reshape(-1, 3)

    assert label.contrast >= MIN_CONTRAST
    # Measured on the finished picture too: the ink against the plate where no letter is.
    inked = np.abs(letters.astype(int) - label.ink).sum(-1) < 20
    assert inked.mean() > 0.1
    left, top, right, _ = label.plate
    edge = image.crop((left + (right - left) // 2, top + 1, left + (right - left) // 2 + 1, top + 3))
    assert least_contrast(edge, label.ink) >= MIN_CONTRAST


@pytest.mark.parametrize("size", [(64, 64), (100, 300), (512, 512), (1344, 768), (2048, 2048)])
def test_the_letters_have_at_least_five_percent_of_the_short_side(size: tuple[int, int]) -> None:
    image, label = labelled(Image.new("RGB", size, "blue"))
    drawn = np.abs(np.asarray(image.crop(label.letters)).astype(int) - label.ink).sum(-1) < 40
    rows = np.flatnonzero(drawn.any(axis=1))

    assert rows[-1] - rows[0] + 1 >= 0.05 * min(size)


@pytest.mark.parametrize(
    ("corner", "right", "bottom"),
    [
        pytest.param(Corner.TOP_LEFT, False, False, id="top left"),
        pytest.param(Corner.TOP_RIGHT, True, False, id="top right"),
        pytest.param(Corner.BOTTOM_LEFT, False, True, id="bottom left"),
        pytest.param(Corner.BOTTOM_RIGHT, True, True, id="bottom right"),
    ],
)
def test_the_label_stands_in_its_corner_and_nowhere_else(corner: Corner, right: bool, bottom: bool) -> None:
    before = photograph(1, 400, 300)
    after, label = labelled(before, corner)
    changed = np.argwhere((np.asarray(before) != np.asarray(after)).any(-1))

    assert (changed[:, 1] > 200).all() == right
    assert (changed[:, 0] > 150).all() == bottom
    assert label.plate[0] <= changed[:, 1].min() and changed[:, 1].max() < label.plate[2]


def test_contrast_is_that_of_wcag() -> None:
    white = Image.new("RGB", (1, 1), "white")

    assert least_contrast(white, (0, 0, 0)) == pytest.approx(21)
    assert least_contrast(white, (255, 255, 255)) == pytest.approx(1)
    assert least_contrast(white, (118, 118, 118)) == pytest.approx(4.54, abs=0.01)
