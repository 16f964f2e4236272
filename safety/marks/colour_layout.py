"""Which colours lie where in a picture, in 22 bytes, after MPEG-7's Color Layout Descriptor (ISO/IEC 15938-3).

The perceptual hash PDQ looks at brightness alone: a red and a green shape on the same ground are one to it. Here the
picture is averaged to 8 x 8 cells in YCbCr, and the lowest frequencies of each channel are kept: 10 of the brightness,
6 of each colour. Turning or mirroring a picture only swaps them and changes their signs, so that one layout holds for
all eight poses.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

CELLS = 8
GREY = 128  # the level of no colour
# How many frequencies of each channel are kept: those whose row and column add up to less than this.
ORDERS = (4, 3, 3)
PLACES = tuple(
    (channel, row, column)
    for channel, order in enumerate(ORDERS)
    for row in range(order)
    for column in range(order)
    if row + column < order
)
BYTES = len(PLACES)
MOST_GAIN = 1.4
_BRIGHT = ORDERS[0] * (ORDERS[0] + 1) // 2  # how many numbers are of brightness
# The mean is told from the middle grey, gains from black.
_BLACK = np.array([GREY] + [0] * (_BRIGHT - 1))
# Indices into PLACES where rows and columns change places; what stands before each when mirrored or put upside down.
_SWAPPED = [PLACES.index((channel, column, row)) for channel, row, column in PLACES]
_MIRRORED = np.array([(-1) ** column for _, _, column in PLACES])
_UPSIDE_DOWN = np.array([(-1) ** row for _, row, _ in PLACES])
# The poses in the order of PIL's Transpose: mirrored, upside down, 90, 180 and 270 degrees, transposed, transversed.
# Each as whether rows and columns change places first, and what stands before each number then.
_PLAIN = np.ones(BYTES, dtype=np.int64)
POSES = (
    (False, _PLAIN),
    (False, _MIRRORED),
    (False, _UPSIDE_DOWN),
    (True, _UPSIDE_DOWN),
    (False, _MIRRORED * _UPSIDE_DOWN),
    (True, _MIRRORED),
    (True, _PLAIN),
    (True, _MIRRORED * _UPSIDE_DOWN),
)


def colour_layout(image: Image) -> str:
    """Returns the layout of an RGB picture as 44 hex digits: numbers of -127..127, 128 added to each."""
    from PIL import Image as Pillow

    small = image.convert("RGB").resize((CELLS, CELLS), Pillow.Resampling.BOX).convert("YCbCr")
    levels = np.asarray(small, dtype=np.float64) - GREY
    rows = np.einsum("ui,ijc->ujc", _COSINES, levels)
    frequencies = np.einsum("vj,ujc->cuv", _COSINES, rows) / CELLS
    # Rounded to the even neighbour: the same on both sides of zero, so that mirroring stays exact.
    kept = np.clip(np.rint([frequencies[place] for place in PLACES]), -GREY + 1, GREY - 1)
    return bytes((kept.astype(np.int64) + GREY).astype(np.uint8)).hex()


def layout_distances(one: str, other: str, pose: int = 0) -> tuple[float, float]:
    """Returns how far two layouts are apart, in brightness and in colour, `other` turned into a pose of POSES first.

    In levels of 255: the root of the mean square over the cells, as far as the kept frequencies tell. That all is
    brighter, or that all colours are stronger, counts for nothing, within MOST_GAIN.
    """
    swapped, signs = POSES[pose]
    numbers = _numbers(other)
    mine, turned = _numbers(one), (numbers[_SWAPPED] if swapped else numbers) * signs
    light = _apart(mine[:_BRIGHT] + _BLACK, turned[:_BRIGHT] + _BLACK)
    return light, _apart(mine[_BRIGHT:], turned[_BRIGHT:]) / math.sqrt(2)


def _apart(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Returns how far two vectors are apart once the second is stretched by the gain that brings them nearest."""
    square = float(other @ other)
    gain = float(one @ other) / square if square else 1.0
    gain = min(max(gain, 1 / MOST_GAIN), MOST_GAIN)
    rest = one - gain * other
    # Of the smaller one of both, so that it is the same from either side.
    return math.sqrt(float(rest @ rest)) / max(gain, 1.0)


def _numbers(layout: str) -> NDArray[np.int64]:
    return np.frombuffer(bytes.fromhex(layout), dtype=np.uint8).astype(np.int64) - GREY


def _cosines() -> NDArray[np.float64]:
    """Returns the orthonormal cosines of the DCT-II, (frequency, cell)."""
    cells = np.arange(CELLS)
    table = np.cos(np.pi * (2 * cells[None] + 1) * cells[:, None] / (2 * CELLS)) * math.sqrt(2 / CELLS)
    table[0] /= math.sqrt(2)
    return table


_COSINES = _cosines()
