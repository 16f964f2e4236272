"""Makes the invisible mark seen: a small view of before and after, and the difference made stronger.

None of the three gives the picture away without its mark. Before and after are small JPEGs with the visible label on
them; the difference has lost its sign, so that it cannot be taken off a marked picture again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

TIMES = 20  # how much stronger the difference is shown
VIEW_SIDE = 192  # pixels at most, of before and after
DIFFERENCE_SIDE = 256  # pixels at most


@dataclass(frozen=True, slots=True)
class MarkView:
    """Holds small RGB pictures of before and after the mark, and in gray how far they differ, times TIMES."""

    before: Image
    after: Image
    difference: Image


def mark_view(labelled: Image, marked: Image) -> MarkView:
    """Compares a picture that has its visible label with the same one after the invisible mark. Both are RGB."""
    from PIL import Image as Pillow
    from PIL import ImageChops

    difference = ImageChops.difference(labelled, marked).convert("L").point(lambda level: min(255, level * TIMES))
    difference.thumbnail((DIFFERENCE_SIDE, DIFFERENCE_SIDE), Pillow.Resampling.BOX)
    return MarkView(_small(labelled), _small(marked), difference)


def _small(image: Image) -> Image:
    view = image.copy()
    # At most half of each side, so that even of a small picture only a reduced one is shown.
    view.thumbnail((min(VIEW_SIDE, image.width // 2), min(VIEW_SIDE, image.height // 2)))
    return view
