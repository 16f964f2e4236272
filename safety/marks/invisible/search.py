"""Search for scale, rotation and stretch, when the picture does not lie to the tile as it was made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.error_correction import Floats
from safety.marks.invisible.sync import Geometry, Spectrum, posed, rank_poses, sync_scores
from safety.marks.invisible.tile import HIGHEST, LOWEST, SIDE

SMALLEST, LARGEST = 0.36, 2.1  # pixels of the picture per pixel of the tile
_OCTAVES = ((SMALLEST, 0.56), (0.56, 0.9), (0.9, 1.35), (1.35, LARGEST))
_PATCH = 640  # pixels a side that the autocorrelation looks at
_COARSE, _FINE = 448, 896  # pixels a side that candidates are ranked on and refined on
_CANDIDATES, _FOLLOWED = 24, 6
_BATCH = 32  # geometries read at once
_STRETCHES = np.arange(0.94, 1.0601, 0.005)
_LATTICE = np.array([(i, j) for i in range(5) for j in range(-4, 5) if (i > 0 or j > 0) and i * i + j * j <= 18])


def geometries(white: Floats) -> Iterator[Geometry]:
    """Likely geometries, best first in each stage: from the autocorrelation, then from a scan of upright scales."""
    coarse, fine = Spectrum(centre(white, _COARSE)), Spectrum(centre(white, _FINE))
    for geometry in _ranked(coarse, periods(centre(white, _PATCH)))[:_FOLLOWED]:
        yield refine(coarse, fine, geometry)
    for geometry in scan(coarse, min(_COARSE, *white.shape)):
        yield refine(coarse, fine, geometry)


def centre(white: Floats, side: int) -> Floats:
    """The middle of a picture, at most `side` pixels each way."""
    top, left = (max(0, length - side) // 2 for length in white.shape)
    return np.ascontiguousarray(white[top : top + side, left : left + side])


def periods(white: Floats) -> list[Geometry]:
    """Geometries at which the picture repeats, best first; poses are left open.

    A periodic mark makes a lattice of peaks in the autocorrelation (Kutter 1998). Each geometry is scored by the mean
    over the lattice points it predicts, in standard deviations, weighted by how much of the picture they compare:
    first on a grid of scales and angles, then the best of them, and all upright ones, with every stretch.
    """
    scored: list[tuple[float, Geometry]] = []
    for low, high in _OCTAVES:
        surface, strength = _autocorrelation(white, low, high)
        scales, angles = np.exp(np.arange(np.log(low), np.log(high), 0.005)), np.arange(0, 90, 0.3)
        turns = np.radians(angles)
        turned = np.array([[np.cos(turns), -np.sin(turns)], [np.sin(turns), np.cos(turns)]])
        scores = _lattice_scores(surface, white.shape, scales[:, None] * turned[:, :, None, :])
        for _ in range(_CANDIDATES // 3):
            row, column = np.unravel_index(scores.argmax(), scores.shape)
            stretched = _stretched(Geometry(float(scales[row]), float(angles[column])))
            matrices = np.moveaxis(np.array([geometry.turned() for geometry in stretched]), 0, -1)
            tried = _lattice_scores(surface, white.shape, matrices)
            scored.append((float(tried.max()) * strength, stretched[int(tried.argmax())]))
            around = np.arange(column - 4, column + 5) % len(angles)
            scores[max(0, row - 3) : row + 4, around] = -np.inf
        scored += [(score * strength, one) for score, one in _upright(surface, white.shape, scales)]
    return [geometry for _, geometry in sorted(scored, reverse=True)[:_CANDIDATES]]


def _upright(surface: Floats, size: tuple[int, ...], scales: NDArray[np.float64]) -> Iterator[tuple[float, Geometry]]:
    """The best of every height and stretch at angle 0: a stretched picture scores too little without its stretch."""
    matrices = np.zeros((2, 2, len(scales), len(_STRETCHES)))
    matrices[0, 0], matrices[1, 1] = scales[:, None] * _STRETCHES, scales[:, None]
    scores = _lattice_scores(surface, size, matrices)
    for _ in range(_CANDIDATES // 6):
        row, column = np.unravel_index(scores.argmax(), scores.shape)
        ratio = float(_STRETCHES[column])
        yield float(scores[row, column]), Geometry(float(scales[row]) * ratio**0.5, stretch=ratio)
        scores[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = -np.inf


def _stretched(geometry: Geometry) -> list[Geometry]:
    """The geometry itself, then with either its width or its height kept and the other stretched by up to 6 %."""
    scale, angle = geometry.scale, geometry.angle
    ways = [(scale * ratio**power, ratio) for ratio in _STRETCHES for power in (-0.5, 0.5)]
    return [geometry, *(Geometry(float(way), angle, stretch=float(ratio)) for way, ratio in ways)]


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


def _lattice_scores(surface: Floats, size: tuple[int, ...], matrices: NDArray[np.float64]) -> Floats:
    """The score of each geometry, (...), given as matrices (2, 2, ...)."""
    matrices = matrices.astype(np.float32)
    total = np.zeros(matrices.shape[2:], np.float32)
    weights = np.zeros_like(total)
    for down, across in (_LATTICE * SIDE).tolist():
        x, y = across * matrices[:, 0] + down * matrices[:, 1]
        overlap = (1 - np.abs(x) / size[1]).clip(0) * (1 - np.abs(y) / size[0]).clip(0)
        inside = (overlap > 0.12) & (np.abs(x) < surface.shape[1] // 2 - 1) & (np.abs(y) < surface.shape[0] // 2 - 1)
        overlap *= inside
        rows, columns = np.rint(y).astype(np.int32), np.rint(x).astype(np.int32)
        total += surface[rows % surface.shape[0], columns % surface.shape[1]] * overlap
        weights += overlap**2
    return np.asarray(total / np.sqrt(weights.clip(0.05)), np.float32)


def scan(spectrum: Spectrum, side: int) -> Iterator[Geometry]:
    """Upright scales in steps of under a pixel at the patch's edge: for crops too busy for the autocorrelation."""
    scales = [SMALLEST]
    while scales[-1] < LARGEST:
        scales.append(scales[-1] * (1 + min(0.012, 1.8 * scales[-1] / side)))
    followed: list[Geometry] = []
    for geometry in _ranked(spectrum, [Geometry(scale) for scale in scales]):
        if len(followed) == _FOLLOWED:
            return
        if all(abs(np.log(geometry.scale / other.scale)) > 0.008 for other in followed):
            followed.append(geometry)
            yield geometry


def refine(coarse: Spectrum, fine: Spectrum, geometry: Geometry) -> Geometry:
    """Climbs to the best geometry nearby, in ever smaller steps, then on more of the picture."""
    for spectrum, steps in ((coarse, (0.002, 0.001)), (fine, (0.0008, 0.0004))):
        for step in steps:
            for _ in range(3):
                near = [geometry, *_neighbours(geometry, step)]
                best = int(sync_scores(posed(spectrum.at_lattice(near), geometry.pose)).argmax())
                geometry = near[best]
                if best == 0:
                    break
    return geometry


def _neighbours(geometry: Geometry, step: float) -> list[Geometry]:
    near = []
    for sign in (step, -step):
        near.append(replace(geometry, scale=geometry.scale * (1 + sign)))
        near.append(replace(geometry, angle=geometry.angle + float(np.degrees(sign))))
        near.append(replace(geometry, stretch=geometry.stretch * (1 + 2 * sign)))
    return near


def _ranked(spectrum: Spectrum, geometries: list[Geometry]) -> list[Geometry]:
    """Each with its best pose, the best geometry first."""
    found: list[tuple[float, Geometry]] = []
    for start in range(0, len(geometries), _BATCH):
        batch = geometries[start : start + _BATCH]
        for geometry, scores in zip(batch, rank_poses(spectrum.at_lattice(batch)), strict=True):
            pose = int(scores.argmax())
            found.append((float(scores[pose]), replace(geometry, pose=pose)))
    return [geometry for _, geometry in sorted(found, key=lambda pair: -pair[0])]
