"""Where in a picture a score comes from: cover one part after the other and see how far the score falls.

Occlusion after Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PIL import Image

from safety.records import Region

GRID = 4  # parts a side: 16 runs of the model
LEAST = 0.05  # a fall smaller than this says nothing
SHARE = 0.5  # parts are named that carry this share of what the heaviest one carries


def attribute(image: Image.Image, score: float, scored: Callable[[Image.Image], float]) -> tuple[Region, ...]:
    """The parts that carry `score`, heaviest first; empty where no part alone does (RGB, any size).

    `scored` gives the score of a changed picture. Weights are shares of the heaviest part's fall.
    """
    falls = [(score - scored(covered), box) for covered, box in _covered(image)]
    most = max(fall for fall, _ in falls)
    if most < LEAST:
        return ()
    named = sorted((fall for fall in falls if fall[0] >= SHARE * most), reverse=True)
    return tuple(_region(box, fall / most) for fall, box in named)


def _region(box: tuple[int, int, int, int], weight: float) -> Region:
    left, top, right, bottom = (side / GRID for side in box)
    return Region(left, top, right, bottom, weight)


def _covered(image: Image.Image) -> Iterator[tuple[Image.Image, tuple[int, int, int, int]]]:
    """The picture with one part after the other in its mean colour, and the part in cells."""
    mean = image.resize((1, 1), Image.Resampling.BOX)
    for row in range(GRID):
        for column in range(GRID):
            box = (column, row, column + 1, row + 1)
            left, top = column * image.width // GRID, row * image.height // GRID
            right, bottom = -(-box[2] * image.width // GRID), -(-box[3] * image.height // GRID)
            covered = image.copy()
            covered.paste(mean.resize((right - left, bottom - top)), (left, top))
            yield covered, box
