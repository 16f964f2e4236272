"""Search for scale and rotation, when the picture does not lie to the tile as it was made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.code import Floats
from safety.marks.invisible.sync import Geometry, Spectrum, posed, rank_poses, sync_score
from safety.marks.invisible.tile import HIGHEST, LOWEST, SIDE, lattice

SMALLEST, LARGEST = 0.36, 2.0  # pixels of the picture per pixel of the tile
_OCTAVES = ((SMALLEST, 0.56), (0.56, 0.9), (0.9, 1.35), (1.35, LARGEST))
_PATCH = 640  # pixels a side that the autocorrelation looks at
_COARSE, _FINE = 448, 896  # pixels a side that candidates are ranked on and refined on
_CANDIDATES, _FOLLOWED = 16, 5
_LATTICE = np.array([(i, j) for i in range(5) for j in range(-4, 5) if (i > 0 or j > 0) and i * i + j * j <= 18])


def geometries(white: Floats, key: bytes) -> Iterator[Geometry]:
    """Likely geometries, best first in each stage: from the autocorrelation, then from a scan of upright scales."""
    coarse, fine = Spectrum(centre(white, _COARSE)), Spectrum(centre(white, _FINE))
    found = [_ranked(coarse, Geometry(scale, angle), key) for scale, angle in periods(centre(white, _PATCH))]
    for _, geometry in sorted(found, key=lambda pair: -pair[0])[:_FOLLOWED]:
        yield refine(coarse, fine, geometry, key)
    for geometry in scan(coarse, min(_COARSE, *white.shape), key):
        yield refine(coarse, fine, geometry, key)


def centre(white: Floats, side: int) -> Floats:
    """The middle of a picture, at most `side` pixels each way."""
    top, left = (max(0, length - side) // 2 for length in white.shape)
    return np.ascontiguousarray(white[top : top + side, left : left + side])


def periods(white: Floats) -> list[tuple[float, float]]:
    """Scales and angles (0 to 90 degrees) at which the picture repeats, best first.

    A periodic mark makes a lattice of peaks in the autocorrelation (Kutter 1998). Each scale and angle is scored by the
    mean over the lattice points it predicts, in standard deviations, weighted by how much of the picture they compare.
    """
    scored: list[tuple[float, float, float]] = []
    for low, high in _OCTAVES:
        surface, strength = _autocorrelation(white, low, high)
        scales = np.exp(np.arange(np.log(low), np.log(high), 0.005))
        angles = np.arange(0, 90, 0.3)
        scores = _lattice_scores(surface, white.shape, scales, angles) * strength
        for _ in range(_CANDIDATES // 2):
            row, column = np.unravel_index(scores.argmax(), scores.shape)
            scored.append((float(scores[row, column]), float(scales[row]), float(angles[column])))
            around = np.arange(column - 4, column + 5) % len(angles)
            scores[max(0, row - 3) : row + 4, around] = -np.inf
    return [(scale, angle) for _, scale, angle in sorted(scored, reverse=True)[:_CANDIDATES]]


def _autocorrelation(white: Floats, low: float, high: float) -> tuple[Floats, float]:
    """Autocorrelation of the band that a mark of these scales would fill, and one over its standard deviation."""
    import cv2

    height, width = (cv2.getOptimalDFTSize(min(2 * side, side + 6 * SIDE)) for side in white.shape)
    spectrum = np.fft.rfft2(white, (height, width))
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    band = (radius > LOWEST / SIDE / high) & (radius < min(HIGHEST / SIDE / low, 0.5))
    surface = np.fft.irfft2((spectrum.real**2 + spectrum.imag**2) * band, (height, width))
    strength = (white.size * 2 * band.mean() / 2) ** 0.5
    return np.asarray(surface / max(float(surface[0, 0]), 1e-9), np.float32), float(strength)


def _lattice_scores(
    surface: Floats, size: tuple[int, ...], scales: NDArray[np.float64], angles: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Score of each scale and angle, (len(scales), len(angles))."""
    turn = np.radians(angles)
    total = np.zeros((len(scales), len(angles)), np.float32)
    weights = np.zeros_like(total)
    for down, across in _LATTICE * SIDE:
        x = np.outer(scales, across * np.cos(turn) - down * np.sin(turn)).astype(np.float32)
        y = np.outer(scales, across * np.sin(turn) + down * np.cos(turn)).astype(np.float32)
        overlap = (1 - np.abs(x) / size[1]).clip(0) * (1 - np.abs(y) / size[0]).clip(0)
        inside = (overlap > 0.12) & (np.abs(x) < surface.shape[1] // 2 - 1) & (np.abs(y) < surface.shape[0] // 2 - 1)
        overlap *= inside
        rows, columns = np.rint(y).astype(np.int32), np.rint(x).astype(np.int32)
        total += surface[rows % surface.shape[0], columns % surface.shape[1]] * overlap
        weights += overlap**2
    return np.asarray(total / np.sqrt(weights.clip(0.05)), np.float32)


def scan(spectrum: Spectrum, side: int, key: bytes) -> Iterator[Geometry]:
    """Upright scales in steps of under a pixel at the patch's edge: for crops too busy for the autocorrelation."""
    scales = [SMALLEST]
    while scales[-1] < LARGEST:
        scales.append(scales[-1] * (1 + min(0.012, 1.8 * scales[-1] / side)))
    found = sorted((_ranked(spectrum, Geometry(scale), key) for scale in scales), key=lambda pair: -pair[0])
    followed: list[Geometry] = []
    for _, geometry in found:
        if len(followed) == _FOLLOWED:
            return
        if all(abs(np.log(geometry.scale / other.scale)) > 0.008 for other in followed):
            followed.append(geometry)
            yield geometry


def refine(coarse: Spectrum, fine: Spectrum, geometry: Geometry, key: bytes) -> Geometry:
    """Climbs to the best scale and angle nearby, in ever smaller steps, then on more of the picture."""
    for spectrum, steps in ((coarse, (0.002, 0.001)), (fine, (0.0008, 0.0004))):
        best = _score(spectrum, geometry, key)
        for step in steps:
            for _ in range(3):
                score, near = max((_score(spectrum, near, key), near) for near in _neighbours(geometry, step))
                if score <= best:
                    break
                best, geometry = score, near
    return geometry


def _neighbours(geometry: Geometry, step: float) -> list[Geometry]:
    scale, angle, pose = geometry.scale, geometry.angle, geometry.pose
    degrees = float(np.degrees(step))
    scaled = [Geometry(scale * factor, angle, pose) for factor in (1 + step, 1 - step)]
    return scaled + [Geometry(scale, angle + turn, pose) for turn in (degrees, -degrees)]


def _score(spectrum: Spectrum, geometry: Geometry, key: bytes) -> float:
    return sync_score(posed(spectrum.at_lattice(geometry, lattice(key)), key, geometry.pose), lattice(key))


def _ranked(spectrum: Spectrum, geometry: Geometry, key: bytes) -> tuple[float, Geometry]:
    scores = rank_poses(spectrum.at_lattice(geometry, lattice(key)), key)
    pose = int(scores.argmax())
    return float(scores[pose]), Geometry(geometry.scale, geometry.angle, pose)
