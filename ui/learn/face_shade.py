"""Measures how light the face of a drawn person is: a number of the picture, no guess at who somebody is.

The lightness is L* of CIE Lab (CIE 15:2004, from sRGB under D65), 0 black to 100 white, its median over the box where
the faces of the embedded model's people stand. The five shades are those of the drawings that the model learned health
workers from (Fluent emoji, Microsoft, MIT): `python -m benchmarks.engine.face_shades` measures them again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 128  # pixels: what the embedded model draws
FACE = (54, 36, 74, 64)  # left, top, right, bottom, of SIDE
# L* of the faces that the model learned from, each the mean of three drawings that differ by 2 at most.
SHADES = {"light": 75.2, "medium-light": 68.9, "medium": 53.0, "medium-dark": 39.6, "dark": 20.1}
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear sRGB


@dataclass(frozen=True, slots=True)
class FaceShade:
    """Holds the median L* of a face."""

    lightness: float

    @property
    def nearest(self) -> str:
        """Returns the shade, of SHADES, that is nearest in lightness."""
        return min(SHADES, key=lambda name: abs(SHADES[name] - self.lightness))


def face_shade(image: Image) -> FaceShade:
    """Measures the face of a person whom the embedded model drew, in an RGB picture of any size."""
    face = np.asarray(image.resize((SIDE, SIDE)).crop(FACE), np.float64) / 255
    return FaceShade(float(np.median(lstar(face))))


def lstar(colours: np.ndarray) -> np.ndarray:
    """Returns L*, 0..100, of sRGB colours, 0..1, of shape (..., 3)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = linear @ _LUMINANCE
    cube = np.where(luminance > (6 / 29) ** 3, np.cbrt(luminance), luminance / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.asarray(116 * cube - 16)
