"""The mark is seen, and no picture without it is given away: views are small, the difference has no sign."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from safety.marks import Marks
from safety.marks.export import Exporter
from safety.marks.mark_view import DIFFERENCE_SIDE, TIMES, VIEW_SIDE, mark_view
from safety.marks.provenance import Provenance


def test_the_difference_of_a_real_mark_is_seen(tmp_path: Path) -> None:
    exporter = Exporter(Marks(tmp_path / "keys"))
    image = Image.effect_mandelbrot((512, 512), (-2, -1.5, 1, 1.5), 90).convert("RGB")
    export = exporter.export(image, Provenance(engine="shapes"), tmp_path / "a.png")
    view = exporter.see_mark(image, export.path)
    assert np.asarray(view.difference).mean() > 5
    assert max(view.before.size + view.after.size) <= VIEW_SIDE and max(view.difference.size) <= DIFFERENCE_SIDE
    # The label is on both: they differ from the picture as it was drawn in the same corner.
    corner = (96, 0, 192, 32)
    drawn = np.asarray(image.resize(view.before.size).crop(corner), float)
    assert all(np.abs(np.asarray(each.crop(corner), float) - drawn).max() > 60 for each in (view.before, view.after))


@pytest.mark.parametrize("side", [pytest.param(64, id="the smallest"), pytest.param(300, id="small")])
def test_even_of_a_small_picture_only_a_reduced_one_is_shown(side: int) -> None:
    picture = Image.new("RGB", (side, side))
    assert max(mark_view(picture, picture).before.size) <= side // 2


def test_the_difference_has_lost_its_sign() -> None:
    middle = Image.new("RGB", (64, 64), (100, 100, 100))
    brighter, darker = (Image.new("RGB", (64, 64), (level, level, level)) for level in (103, 97))
    views = [np.asarray(mark_view(middle, other).difference) for other in (brighter, darker)]
    assert (views[0] == views[1]).all() and views[0].max() == 3 * TIMES
