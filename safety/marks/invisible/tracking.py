"""Follows a mark that lies unevenly: in perspective, as a photograph of a screen shows it, or bent by a lens.

The picture is read in blocks. Where their tiles start differs by a smooth function of the place, whose few parameters
are found by climbing: alone, no block of two tiles a side would show where it lies, together they do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.error_correction import Floats
from safety.marks.invisible.sync import POSES, Geometry, flatten, level_rings, shift_scores, undo_pose
from safety.marks.invisible.tile import SIDE, SYNC_POINTS, Complex, lattice

_MAX_BLOCKS = 6  # along each side
_MIN_BLOCKS = 3  # fewer would bend to anything
_STEPS = (1.0, 0.5, 0.25)  # pixels of the tile, at the edges of the picture
_ROUNDS = 5  # of climbing, a step


def track(white: Floats, geometry: Geometry) -> tuple[float, Complex] | None:
    """Returns the sync score and the lattice values, (K,), without the shift, of a mark that is bent.

    `white` is a whitened picture, (height, width), `geometry` how it lies on the whole. None if it is too small.
    """
    blocks = _block_values(white, geometry)
    if blocks is None:
        return None
    values, places = blocks
    surface = shift_scores(values.sum(0))
    start = np.array(np.unravel_index(surface.argmax(), surface.shape), float)
    score, bend = _climb(values, places, start)
    points = lattice().points
    ramps = np.exp(2j * np.pi / SIDE * ((start + _shifts(bend, places)) @ points.T))
    return score, level_rings((values * ramps).sum(0))


def _block_values(white: Floats, geometry: Geometry) -> tuple[Complex, NDArray[np.float64]] | None:
    """Returns the lattice values of B blocks, (B, K), and their places, (B, 2): down and across, -1 to 1,
    both as they were before the pose."""
    flat = flatten(white, geometry)
    counts = tuple(length // SIDE for length in flat.shape)
    rows, columns = (min(_MAX_BLOCKS, count // 2) for count in counts)
    if min(rows, columns) < 1 or max(rows, columns) < _MIN_BLOCKS:
        return None
    tiles = flat.reshape(counts[0], SIDE, counts[1], SIDE)
    folded, places = [], []
    for down in np.array_split(np.arange(counts[0]), rows):
        for across in np.array_split(np.arange(counts[1]), columns):
            part = tiles[down[0] : down[-1] + 1, :, across[0] : across[-1] + 1]
            folded.append(part.sum((0, 2)))
            middles = (down[0] + down[-1] + 1) / counts[0] - 1, (across[0] + across[-1] + 1) / counts[1] - 1
            places.append(middles)
    y, x = lattice().points.T
    values = np.fft.fft2(np.array(folded))[:, y % SIDE, x % SIDE]
    whole = values.sum(0)
    gain = level_rings(whole) / np.where(whole == 0, 1, whole)
    posed = undo_pose(np.asarray(values * gain, np.complex64), geometry.pose)
    return posed, np.array(places) @ POSES[geometry.pose]


def _climb(values: Complex, places: NDArray[np.float64], start: NDArray[np.float64]) -> tuple[float, Floats]:
    """Returns the best sync score and the bend, (8,), that gives it, in ever smaller steps from none at all."""
    grid = lattice()
    points = grid.points[grid.sync]
    bare = values[:, grid.sync] * grid.phases[grid.sync].conj() * np.exp(2j * np.pi / SIDE * (points @ start))

    def score(bend: Floats) -> float:
        ramps = np.exp(2j * np.pi / SIDE * (_shifts(bend, places) @ points.T))
        return float((bare * ramps).real.sum() / (SYNC_POINTS / 2) ** 0.5)

    bend = np.zeros(8, np.float32)
    best = score(bend)
    for step in _STEPS:
        for _ in range(_ROUNDS):
            before = best
            for change in [*(np.eye(8, dtype=np.float32) * step), *(np.eye(8, dtype=np.float32) * -step)]:
                if (reached := score(bend + change)) > best:
                    best, bend = reached, bend + change
            if best == before:
                break
    return best, bend


def _shifts(bend: Floats, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns how far each block is shifted, (B, 2), in pixels of the tile: an affine part, and that of a perspective.

    To second order a perspective moves a point (x, y) by (p x + q y) times the point itself.
    """
    y, x = places.T
    turned = bend[6] * x + bend[7] * y
    down = bend[0] + bend[1] * x + bend[2] * y + turned * y
    across = bend[3] + bend[4] * x + bend[5] * y + turned * x
    return np.stack([down, across], -1)
