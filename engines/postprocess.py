"""Turns a model's output into a picture that people and checks can look at, enlarged where it is small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.enlarger import Enlarger

# A picture whose channels all vary by less than one 8-bit level (as standard deviation) shows nothing.
MIN_VARIATION = 1.0 / 255.0
# How much of a drawn picture is the enlarger's, the rest is Lanczos': so much that the evaluation's eye is as sure as
# before of what is drawn (docs/decisions/0006-enlarging.md).
LEARNED_SHARE = 0.6


class NoPicture(Exception):
    """Says that a model's output is no picture: it holds NaN, or all of it has one colour."""


def to_picture(pixels: NDArray[np.float32], short_side: int, enlarger: Enlarger | None = None) -> Image.Image:
    """Returns floats 0..1 of shape (height, width, 3) as an RGB picture, enlarged to the short side.

    Raises NoPicture, WeightsError.
    """
    if not np.isfinite(pixels).all() or pixels.std(axis=(0, 1)).max() < MIN_VARIATION:
        raise NoPicture
    levels = np.clip(np.rint(pixels * 255.0), 0, 255).astype(np.uint8)
    return enlarge(Image.fromarray(levels), short_side, enlarger)


def enlarge(image: Image.Image, short_side: int, enlarger: Enlarger | None = None) -> Image.Image:
    """Returns the picture with a short side of at least `short_side` pixels. Never makes it smaller.

    Without an enlarger it grows by Lanczos. Raises WeightsError.
    """
    shortest = min(image.size)
    if shortest >= short_side:
        return image
    width, height = (round(side * short_side / shortest) for side in image.size)
    if enlarger:
        return enlarger.enlarge(image, (width, height), share=LEARNED_SHARE)
    return image.resize((width, height), Image.Resampling.LANCZOS)
