"""From a model's floats to a picture that people and checks can look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from engines.enlarge import enlarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLAT = 1.0 / 255.0  # a picture whose channels vary by less than one 8-bit level shows nothing


class NoPicture(Exception):
    """The floats are no picture: NaN, or all of one colour."""


def to_picture(pixels: NDArray[np.float32], short_side: int) -> Image.Image:
    """RGB of floats 0..1, shape (height, width, 3), enlarged to the short side. Raises NoPicture."""
    if not np.isfinite(pixels).all() or pixels.std(axis=(0, 1)).max() < FLAT:
        raise NoPicture
    levels = np.clip(np.rint(pixels * 255.0), 0, 255).astype(np.uint8)
    return enlarge(Image.fromarray(levels), short_side)
