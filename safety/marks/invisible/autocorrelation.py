"""Finds where a whitened picture repeats: candidates for scale, angle and stretch, whatever the pose and the shift.

A periodic mark makes a lattice of peaks in the autocorrelation (Kutter, "Watermarking resisting to translation,
rotation, and scaling", SPIE 1998). Each geometry is scored by the mean over the lattice points it predicts, in standard
deviations, weighted by how much of the picture they compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.error_correction import Floats
from safety.marks.invisible.sync import Geometry
from safety.marks.invisible.tile import MAX_RADIUS, MIN_RADIUS, SIDE

_SCALE_STEP, _ANGLE_STEP = 0.005, 0.3  # relative, and degrees: under 2 px at four tiles from the middle
_BY_ANGLE, _UPRIGHT = 8, 6  # candidates of each kind a range of scales
_STRETCHES = np.exp(np.arange(-0.14, 0.1401, 0.005))  # width over height
_SLIGHT = np.abs(np.log(_STRETCHES)) <= 0.06  # those that are tried on pictures that were turned, too
# Offsets (down, across) between repetitions of the tile, in tiles, one of each pair of opposite ones.
_REPETITIONS = np.array([(i, j) for i in range(5) for j in range(-4, 5) if (i > 0 or j > 0) and i * i + j * j <= 18])
_MIN_OVERLAP = 0.12  # share of the picture


class Autocorrelation:
    """Holds the power spectrum of a whitened picture, (height, width), asked for one range of scales at a time."""

    def __init__(self, white: Floats, max_scale: float) -> None:
        import cv2

        self.shape = white.shape
        reach = round(4.3 * SIDE * max_scale)
        self._padded = [cv2.getOptimalDFTSize(side + min(side, reach)) for side in white.shape]
        spectrum = np.fft.rfft2(white, self._padded)
        self._power = spectrum.real**2 + spectrum.imag**2
        down, across = np.fft.fftfreq(self._padded[0]), np.fft.rfftfreq(self._padded[1])
        self._radius = np.hypot(down[:, None], across).astype(np.float32)

    def candidates(self, low: float, high: float) -> list[tuple[float, Geometry]]:
        """Returns the likeliest geometries of a range of scales, each with its score."""
        band = (self._radius > MIN_RADIUS / SIDE / high) & (self._radius < min(MAX_RADIUS / SIDE / low, 0.5))
        products = np.fft.irfft2(self._power * band, self._padded)
        strength = (self.shape[0] * self.shape[1] * float(band.mean())) ** 0.5 / max(float(products[0, 0]), 1e-9)
        surface = np.asarray(products * strength, np.float32)
        scales = np.exp(np.arange(np.log(low), np.log(high) + _SCALE_STEP, _SCALE_STEP))
        return [*self._by_angle(surface, scales), *self._upright(surface, scales)]

    def _by_angle(self, surface: Floats, scales: NDArray[np.float64]) -> Iterator[tuple[float, Geometry]]:
        """Yields the best of all scales and angles, each with the stretch that suits it best."""
        radians = np.radians(_angles())
        rotations = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
        scores = self._scores(surface, scales[:, None] * rotations[:, :, None, :])
        for _ in range(_BY_ANGLE):
            row, column = np.unravel_index(scores.argmax(), scores.shape)
            near = _with_stretches(Geometry(float(scales[row]), float(_angles()[column])))
            matrices = np.moveaxis(np.array([geometry.matrix() for geometry in near]), 0, -1)
            stretched = self._scores(surface, matrices)
            yield float(stretched.max()), near[int(stretched.argmax())]
            # Its neighbours are the same candidate once more.
            around = np.arange(column - 4, column + 5) % len(_angles())
            scores[max(0, row - 3) : row + 4, around] = -np.inf

    def _upright(self, surface: Floats, scales: NDArray[np.float64]) -> Iterator[tuple[float, Geometry]]:
        """Yields the best at angle 0 over every scale and stretch.

        A stretched picture scores too little without its stretch to be among the candidates of the grid.
        """
        matrices = np.zeros((2, 2, len(scales), len(_STRETCHES)))
        matrices[0, 0] = scales[:, None] * _STRETCHES**0.5
        matrices[1, 1] = scales[:, None] / _STRETCHES**0.5
        scores = self._scores(surface, matrices)
        for _ in range(_UPRIGHT):
            row, column = np.unravel_index(scores.argmax(), scores.shape)
            yield float(scores[row, column]), Geometry(float(scales[row]), stretch=float(_STRETCHES[column]))
            scores[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = -np.inf

    def _scores(self, surface: Floats, matrices: NDArray[np.float64]) -> Floats:
        """Returns the score, (...), of each geometry, given as matrices, (2, 2, ...)."""
        matrices = matrices.astype(np.float32)
        total = np.zeros(matrices.shape[2:], np.float32)
        weights = np.zeros_like(total)
        height, width = self.shape
        for down, across in (_REPETITIONS * SIDE).tolist():
            x, y = across * matrices[:, 0] + down * matrices[:, 1]
            overlap = (1 - np.abs(x) / width).clip(0) * (1 - np.abs(y) / height).clip(0)
            inside = (np.abs(x) < self._padded[1] // 2 - 1) & (np.abs(y) < self._padded[0] // 2 - 1)
            overlap *= inside & (overlap > _MIN_OVERLAP)
            rows, columns = np.rint(y).astype(np.int32), np.rint(x).astype(np.int32)
            total += surface[rows % self._padded[0], columns % self._padded[1]] * overlap
            weights += overlap**2
        return np.asarray(total / np.sqrt(weights.clip(0.05)), np.float32)


@lru_cache(maxsize=1)
def _angles() -> NDArray[np.float64]:
    """Returns the angles that are tried, in degrees: a square tile turned by 90 is a pose, not an angle."""
    return np.arange(0, 90, _ANGLE_STEP)


def _with_stretches(geometry: Geometry) -> list[Geometry]:
    """Returns the geometry, then with either its width or its height kept and the other stretched by up to 6 %."""
    pairs = [(geometry.scale * ratio**power, ratio) for ratio in _STRETCHES[_SLIGHT] for power in (-0.5, 0.5)]
    return [geometry, *(Geometry(float(scale), geometry.angle, stretch=float(ratio)) for scale, ratio in pairs)]
