"""Searches for scale, rotation and stretch of a picture that does not lie to the tile as it was made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.error_correction import Floats
from safety.marks.invisible.sync import Geometry, Spectrum, rank_poses, sync_scores, undo_pose
from safety.marks.invisible.tile import MAX_RADIUS, MIN_RADIUS, SIDE

MIN_SCALE, MAX_SCALE = 0.36, 2.9  # pixels of the picture per pixel of the tile
_SCALE_RANGES = ((MIN_SCALE, 0.56), (0.56, 0.9), (0.9, 1.35), (1.35, 2.1), (2.1, MAX_SCALE))  # searched one by one
_PATCH = 640  # pixels a side, of which the autocorrelation is taken
_COARSE, _FINE = 448, 896  # pixels a side that candidates are ranked on and refined on
_MAX_CANDIDATES, _MAX_REFINED = 24, 6
_BATCH = 32  # geometries read at once
_STRETCHES = np.arange(0.94, 1.0601, 0.005)  # width over height
# Offsets (down, across) between repetitions of the tile, in tiles, one of each pair of opposite ones.
_REPETITIONS = np.array([(i, j) for i in range(5) for j in range(-4, 5) if (i > 0 or j > 0) and i * i + j * j <= 18])


def geometries(white: Floats, is_over: Callable[[], bool] = lambda: False) -> Iterator[Geometry]:
    """Yields likely geometries of a whitened picture, (height, width), best first in each of two stages.

    First from the autocorrelation, then from a scan of upright scales. `is_over` tells when to look no further.
    """
    coarse, fine = Spectrum(centre(white, _COARSE)), Spectrum(centre(white, _FINE))
    for geometry in _rank(coarse, periods(centre(white, _PATCH), is_over))[:_MAX_REFINED]:
        if is_over():
            return
        yield refine(coarse, fine, geometry)
    for geometry in () if is_over() else scan(coarse, min(_COARSE, *white.shape)):
        yield refine(coarse, fine, geometry)


def centre(white: Floats, side: int) -> Floats:
    """Returns the middle of a picture, at most `side` pixels each way."""
    top, left = (max(0, length - side) // 2 for length in white.shape)
    return np.ascontiguousarray(white[top : top + side, left : left + side])


def periods(white: Floats, is_over: Callable[[], bool] = lambda: False) -> list[Geometry]:
    """Returns geometries at which a whitened picture repeats, best first; poses are left open.

    A periodic mark makes a lattice of peaks in the autocorrelation (Kutter, "Watermarking resisting to translation,
    rotation, and scaling", SPIE 1998). Each geometry is scored by the mean over the lattice points it predicts, in
    standard deviations, weighted by how much of the picture they compare: first on a grid of scales and angles, then
    the best of them, and all upright ones, with every stretch.
    """
    scored: list[tuple[float, Geometry]] = []
    for low, high in _SCALE_RANGES:
        if is_over():
            break
        surface, strength = _autocorrelation(white, low, high)
        scales, angles = np.exp(np.arange(np.log(low), np.log(high), 0.005)), np.arange(0, 90, 0.3)
        radians = np.radians(angles)
        rotations = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
        scores = _repetition_scores(surface, white.shape, scales[:, None] * rotations[:, :, None, :])
        for _ in range(_MAX_CANDIDATES // 3):
            row, column = np.unravel_index(scores.argmax(), scores.shape)
            stretched = _with_stretches(Geometry(float(scales[row]), float(angles[column])))
            matrices = np.moveaxis(np.array([geometry.matrix() for geometry in stretched]), 0, -1)
            stretch_scores = _repetition_scores(surface, white.shape, matrices)
            scored.append((float(stretch_scores.max()) * strength, stretched[int(stretch_scores.argmax())]))
            # Its neighbours are the same candidate once more.
            around = np.arange(column - 4, column + 5) % len(angles)
            scores[max(0, row - 3) : row + 4, around] = -np.inf
        scored += [(score * strength, upright) for score, upright in _best_upright(surface, white.shape, scales)]
    return [geometry for _, geometry in sorted(scored, reverse=True)[:_MAX_CANDIDATES]]


def _best_upright(
    surface: Floats, size: tuple[int, ...], scales: NDArray[np.float64]
) -> Iterator[tuple[float, Geometry]]:
    """Yields the best geometries at angle 0 with their scores, over every scale and stretch.

    A stretched picture scores too little without its stretch to be among the candidates of the grid.
    """
    matrices = np.zeros((2, 2, len(scales), len(_STRETCHES)))
    matrices[0, 0], matrices[1, 1] = scales[:, None] * _STRETCHES, scales[:, None]
    scores = _repetition_scores(surface, size, matrices)
    for _ in range(_MAX_CANDIDATES // 6):
        row, column = np.unravel_index(scores.argmax(), scores.shape)
        ratio = float(_STRETCHES[column])
        yield float(scores[row, column]), Geometry(float(scales[row]) * ratio**0.5, stretch=ratio)
        scores[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = -np.inf


def _with_stretches(geometry: Geometry) -> list[Geometry]:
    """Returns the geometry, then with either its width or its height kept and the other stretched by up to 6 %."""
    pairs = [(geometry.scale * ratio**power, ratio) for ratio in _STRETCHES for power in (-0.5, 0.5)]
    return [geometry, *(Geometry(float(scale), geometry.angle, stretch=float(ratio)) for scale, ratio in pairs)]


def _autocorrelation(white: Floats, low: float, high: float) -> tuple[Floats, float]:
    """Returns the autocorrelation of the band that a mark of these scales would fill, and 1 / standard deviation."""
    import cv2

    height, width = (cv2.getOptimalDFTSize(min(2 * side, side + 6 * SIDE)) for side in white.shape)
    spectrum = np.fft.rfft2(white, (height, width))
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    band = (radius > MIN_RADIUS / SIDE / high) & (radius < min(MAX_RADIUS / SIDE / low, 0.5))
    surface = np.fft.irfft2((spectrum.real**2 + spectrum.imag**2) * band, (height, width))
    strength = (white.size * 2 * band.mean() / 2) ** 0.5
    return np.asarray(surface / max(float(surface[0, 0]), 1e-9), np.float32), float(strength)


def _repetition_scores(surface: Floats, size: tuple[int, ...], matrices: NDArray[np.float64]) -> Floats:
    """Returns the score, (...), of each geometry, given as matrices, (2, 2, ...).

    The mean of the autocorrelation where the tile would repeat, weighted by how much of the picture is compared.
    """
    matrices = matrices.astype(np.float32)
    total = np.zeros(matrices.shape[2:], np.float32)
    weights = np.zeros_like(total)
    for down, across in (_REPETITIONS * SIDE).tolist():
        x, y = across * matrices[:, 0] + down * matrices[:, 1]
        overlap = (1 - np.abs(x) / size[1]).clip(0) * (1 - np.abs(y) / size[0]).clip(0)
        inside = (overlap > 0.12) & (np.abs(x) < surface.shape[1] // 2 - 1) & (np.abs(y) < surface.shape[0] // 2 - 1)
        overlap *= inside
        rows, columns = np.rint(y).astype(np.int32), np.rint(x).astype(np.int32)
        total += surface[rows % surface.shape[0], columns % surface.shape[1]] * overlap
        weights += overlap**2
    return np.asarray(total / np.sqrt(weights.clip(0.05)), np.float32)


def scan(spectrum: Spectrum, side: int) -> Iterator[Geometry]:
    """Yields the best upright scales, tried in steps of under a pixel at the patch's edge.

    For crops too busy for the autocorrelation. `side` is the patch's, in pixels.
    """
    scales = [MIN_SCALE]
    while scales[-1] < MAX_SCALE:
        scales.append(scales[-1] * (1 + min(0.012, 1.8 * scales[-1] / side)))
    chosen: list[Geometry] = []
    for geometry in _rank(spectrum, [Geometry(scale) for scale in scales]):
        if len(chosen) == _MAX_REFINED:
            return
        if all(abs(np.log(geometry.scale / other.scale)) > 0.008 for other in chosen):
            chosen.append(geometry)
            yield geometry


def refine(coarse: Spectrum, fine: Spectrum, geometry: Geometry) -> Geometry:
    """Climbs to the geometry with the best sync score nearby, in ever smaller steps, then on more of the picture."""
    for spectrum, steps in ((coarse, (0.002, 0.001)), (fine, (0.0008, 0.0004))):
        for step in steps:
            for _ in range(3):
                near = [geometry, *_neighbours(geometry, step)]
                best = int(sync_scores(undo_pose(spectrum.at_lattice(near), geometry.pose)).argmax())
                geometry = near[best]
                if best == 0:
                    break
    return geometry


def _neighbours(geometry: Geometry, step: float) -> list[Geometry]:
    """Returns the six geometries that differ by a relative step in scale, angle or stretch."""
    near = []
    for sign in (step, -step):
        near.append(replace(geometry, scale=geometry.scale * (1 + sign)))
        near.append(replace(geometry, angle=geometry.angle + float(np.degrees(sign))))
        near.append(replace(geometry, stretch=geometry.stretch * (1 + 2 * sign)))
    return near


def _rank(spectrum: Spectrum, geometries: list[Geometry]) -> list[Geometry]:
    """Returns each geometry with its best pose, the one with the best sync score first."""
    scored: list[tuple[float, Geometry]] = []
    for start in range(0, len(geometries), _BATCH):
        batch = geometries[start : start + _BATCH]
        for geometry, scores in zip(batch, rank_poses(spectrum.at_lattice(batch)), strict=True):
            pose = int(scores.argmax())
            scored.append((float(scores[pose]), replace(geometry, pose=pose)))
    return [geometry for _, geometry in sorted(scored, key=lambda pair: -pair[0])]
