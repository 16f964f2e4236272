"""Enlarges pictures by a small network that has learned what edges look like (docs/decisions/0006-enlarging.md).

The network reads a picture as numbers 0..1 and gives one four times as large. Large pictures are worked on in tiles, so
that memory stays bounded; each tile is read with so much around it that the seams cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from engines.interface import Progress, silent
from safety.image_io import as_rgb
from safety.weights import OnnxModel, Weights, read_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = "enlarger"  # under assets/models
TIMES = 4  # how much larger the network's picture is
# How far the network sees: 18 convolutions of 3 x 3 in a row. No pixel of a tile depends on what lies further off.
REACH = 18
TILE = 192  # pixels of the small picture, each side
STAGE = "enlarging"


class Enlarger:
    """Makes a picture larger. Its weights are loaded at the first picture; threads may share it."""

    def __init__(self, weights: Weights, tile: int = TILE) -> None:
        self._weights = weights
        self._model = OnnxModel(weights)
        self._tile = tile

    def require(self) -> None:
        """Raises WeightsError, which names the file, where the weights are missing or not the vendored ones."""
        self._weights.read()

    def enlarge(
        self, image: Image.Image, size: tuple[int, int], progress: Progress = silent, share: float = 1.0
    ) -> Image.Image:
        """Returns the picture as RGB at a size, (width, height) in pixels, that is no smaller than its own.

        What the network gives too much is taken back by Lanczos; of each pixel so large a `share` is the network's, the
        rest Lanczos'. `progress` hears of every tile; what it raises ends the work. Raises WeightsError.
        """
        small = large = as_rgb(image)
        while large.width < size[0] or large.height < size[1]:
            large = self._four_times(large, progress)
        if large.size != size:
            large = large.resize(size, Image.Resampling.LANCZOS)
        return large if share == 1.0 else Image.blend(small.resize(size, Image.Resampling.LANCZOS), large, share)

    def _four_times(self, image: Image.Image, progress: Progress) -> Image.Image:
        # Beyond its edges the picture goes on as it ends: the zeros that the network would put there show as a rim.
        pixels = np.pad(np.asarray(image), ((REACH, REACH), (REACH, REACH), (0, 0)), "edge")
        large = np.empty((image.height * TIMES, image.width * TIMES, 3), np.uint8)
        tiles = list(_tiles(image.size, self._tile))
        for number, (left, top, right, bottom) in enumerate(tiles):
            progress(STAGE, number, len(tiles))
            seen = pixels[top : bottom + 2 * REACH, left : right + 2 * REACH]
            floats = np.ascontiguousarray(seen.transpose(2, 0, 1)[None], dtype=np.float32) / 255.0
            made = self._model.run(floats)[0, :, REACH * TIMES : -REACH * TIMES, REACH * TIMES : -REACH * TIMES]
            large[top * TIMES : bottom * TIMES, left * TIMES : right * TIMES] = _levels(made)
        return Image.fromarray(large)


def _tiles(size: tuple[int, int], side: int) -> Iterator[tuple[int, int, int, int]]:
    """Yields left, top, right and bottom of the tiles that cover a picture, row by row."""
    width, height = size
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield left, top, min(left + side, width), min(top + side, height)


def _levels(planes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Returns floats 0..1 of shape (3, height, width) as 8-bit levels of shape (height, width, 3)."""
    made: NDArray[np.uint8] = np.clip(np.rint(planes.transpose(1, 2, 0) * 255.0), 0, 255).astype(np.uint8)
    return made


def load_enlargers(models: Path) -> dict[str, Enlarger]:
    """Returns an enlarger for each entry of enlarger/weights.toml under `models`, by name. Raises PresetError."""
    return {name: Enlarger(weights) for name, weights in read_weights(models / FOLDER).items()}
