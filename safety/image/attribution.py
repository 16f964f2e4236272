"""Finds the regions of a picture that a score comes from, by covering one after the other.

Occlusion after Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PIL import Image

from safety.records import Picture, Region

GRID = 4  # cells a side: 16 runs of the model
MIN_FALL = 0.05  # a fall of the score smaller than this says nothing
MIN_SHARE = 0.5  # cells are named whose fall is at least this share of the largest


def regions_of(
    subject: Picture, score: float, least: float, score_of: Callable[[Image.Image], float]
) -> tuple[Region, ...]:
    """Returns the regions that carry a score of `least` and more; none where nobody asked for regions."""
    return attribute(subject.image, score, score_of) if subject.regions and score >= least else ()


def attribute(image: Image.Image, score: float, score_of: Callable[[Image.Image], float]) -> tuple[Region, ...]:
    """Returns the cells of the grid that carry `score`, heaviest first; none where no cell alone carries it.

    `image` is RGB, any size. `score_of` gives the score, 0..1, of a changed copy. The weight of a region is the fall of
    the score when it is covered, as a share of the largest fall.
    """
    falls = [(score - score_of(covered), box) for covered, box in cover_cells(image)]
    largest = max(fall for fall, _ in falls)
    if largest < MIN_FALL:
        return ()
    heavy = sorted((fall for fall in falls if fall[0] >= MIN_SHARE * largest), reverse=True)
    return tuple(_region(box, fall / largest) for fall, box in heavy)


def _region(box: tuple[int, int, int, int], weight: float) -> Region:
    left, top, right, bottom = (side / GRID for side in box)
    return Region(left, top, right, bottom, weight)


def cover_cells(
    image: Image.Image, grid: int = GRID, rows: Sequence[int] = ()
) -> Iterator[tuple[Image.Image, tuple[int, int, int, int]]]:
    """Yields copies with one cell filled with the picture's mean colour, and that cell's (left, top, right, bottom).

    `image` is RGB; `grid` is the number of cells a side. Row by row, of these `rows` alone, of all where none is named.
    """
    mean = image.resize((1, 1), Image.Resampling.BOX)
    for row in rows or range(grid):
        for column in range(grid):
            box = (column, row, column + 1, row + 1)
            left, top = column * image.width // grid, row * image.height // grid
            # Rounded up, so that no pixel between two cells stays uncovered.
            right, bottom = -(-box[2] * image.width // grid), -(-box[3] * image.height // grid)
            covered = image.copy()
            covered.paste(mean.resize((right - left, bottom - top)), (left, top))
            yield covered, box
