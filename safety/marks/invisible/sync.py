"""Synchronisation: where the tile lies. Folds a whitened picture onto one tile and correlates it with the sync points.

A picture that was scaled, turned or mirrored carries the lattice so changed. `fold` undoes scale and angle; the eight
ways of turning a square by 90 degrees and mirroring it map the lattice onto itself, so one fold serves them all; the
shift is a phase ramp, found by correlation to an eighth of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.code import Floats
from safety.marks.invisible.tile import RINGS, SIDE, SYNC_POINTS, Complex, Indices, Lattice, lattice

POSES = 8
_FINE = np.arange(-5, 6) / 8  # pixels of the tile


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the picture at hand lies to the tile: pixels per pixel of the tile, degrees, and one of eight poses."""

    scale: float = 1.0
    angle: float = 0.0
    pose: int = 0


def fold(white: Floats, scale: float = 1.0, angle: float = 0.0) -> Floats:
    """Sums all periods of the tile into one, (64, 64). Noise adds up as its root, the mark as itself."""
    import cv2

    height, width = white.shape
    if scale == 1.0 and angle == 0.0:
        flat = np.pad(white, ((0, -height % SIDE), (0, -width % SIDE)))
    else:
        turn = np.radians(angle)
        there = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        periods = np.ceil(np.abs(np.linalg.inv(there)) @ (width, height) / SIDE).astype(int).clip(1)
        size = periods * SIDE
        offset = (np.array([width, height]) - 1) / 2 - there @ ((size - 1) / 2)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        flat = cv2.warpAffine(white, np.column_stack([there, offset]), size.tolist(), flags=flags)
    rows, columns = flat.shape
    return np.asarray(flat.reshape(rows // SIDE, SIDE, columns // SIDE, SIDE).sum((0, 2)), np.float32)


def sample(folded: Floats, key: bytes, pose: int | None = None) -> Complex:
    """The values of a fold at the lattice, (K,) for one pose or (8, K) for all; unit power in every ring."""
    grid, places = lattice(key), _places(key)
    values = np.fft.fft2(folded).ravel()[places if pose is None else places[pose]]
    power = values.real**2 + values.imag**2
    for ring in range(RINGS):
        inside = grid.ring == ring
        power[..., inside] = power[..., inside].mean(-1, keepdims=True)
    return np.asarray(values / np.sqrt(power + 1e-12), np.complex64)


def rank_poses(folded: Floats, key: bytes) -> Floats:
    """The sync score of each pose, (8,): about standard normal maxima over 4,096 shifts if there is no mark."""
    return np.asarray(_correlate(sample(folded, key), lattice(key)).max((-2, -1)), np.float32)


def align(values: Complex, grid: Lattice) -> tuple[float, Complex]:
    """The best shift of one pose: its sync score, and the values with shift and hidden phases taken out, (K,)."""
    surface = _correlate(values, grid)
    shift = np.array(np.unravel_index(surface.argmax(), surface.shape))
    ramps = np.exp(2j * np.pi / SIDE * (shift[:, None] + _FINE)[..., None] * grid.points.T[:, None, :])
    bare = values * grid.phases.conj()
    sync = grid.sync
    scores = np.einsum("ak,bk,k->ab", ramps[0][:, sync], ramps[1][:, sync], bare[sync], optimize=True).real
    best = np.unravel_index(scores.argmax(), scores.shape)
    straight = bare * ramps[0][best[0]] * ramps[1][best[1]]
    return float(scores[best]) / (SYNC_POINTS / 2) ** 0.5, np.asarray(straight, np.complex64)


def _correlate(values: Complex, grid: Lattice) -> NDArray[np.float32]:
    """Sync score of every whole-pixel shift, (..., 64, 64)."""
    spectrum = np.zeros((*values.shape[:-1], SIDE, SIDE), np.complex64)
    y, x = grid.points[grid.sync].T
    spectrum[..., y % SIDE, x % SIDE] = (values * grid.phases.conj())[..., grid.sync]
    return np.asarray(np.fft.ifft2(spectrum).real * SIDE**2 / (SYNC_POINTS / 2) ** 0.5, np.float32)


@lru_cache(maxsize=8)
def _places(key: bytes) -> Indices:
    """Where in a fold's spectrum each lattice point has gone, (8, K): frequencies turn as points do."""
    y, x = lattice(key).points.T
    rotations = [(y, x), (x, -y), (-y, -x), (-x, y)]
    mirrored = [(y, -x), (-x, -y), (-y, x), (x, y)]
    return np.array([(row % SIDE) * SIDE + column % SIDE for row, column in rotations + mirrored], np.intp)
