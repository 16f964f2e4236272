"""The tile: one period of the mark, written as a few hundred frequencies.

A tile of 63 x 63 pixels repeats over the picture, so that every crop that holds some periods holds the whole mark, and
the repetition itself tells scale and rotation. Its 388 frequencies lie between 0.05 and 0.26 cycles a pixel: above what
pictures are made of, below what codecs throw away. 48 of them are the same in every mark (`sync`): they give the shift
and the channel's gain, whoever wrote the mark, so that one search serves all keys. The others (`data`) carry the code
bits as QPSK, each bit about 1.8 times over the whole band; how, only the key tells.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.error_correction import CODE_BITS, Floats

Complex = NDArray[np.complex64]
Indices = NDArray[np.intp]

SIDE = 63
LOWEST, HIGHEST = 3.0, 16.5  # radius in periods a tile
BLOCKS = 8  # periods a tile that fall on the grid of 8 x 8 blocks of JPEG
SYNC_POINTS = 48
SYNC_GAIN = 1.7
RINGS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The frequencies and what each of them is for.

    `points` (K, 2) are periods a tile along y and x, one of each pair of opposite ones. `phases` (K,) hide the symbols.
    `ring` (K,) numbers bands of radius. `bit` (2 * len(data),) names the code bit that each quadrature carries.
    Drawn from the key: `bit`, and the phases of the data.
    """

    points: NDArray[np.int64]
    phases: Complex
    ring: Indices
    sync: Indices
    data: Indices
    bit: Indices

    @property
    def radius(self) -> Floats:
        return np.asarray(np.hypot(*self.points.T), np.float32)


@lru_cache(maxsize=16)
def lattice(key: bytes = b"") -> Lattice:
    """The lattice that belongs to a key. Without a key: for its points and sync, which all keys share."""
    points = _band()
    radius = np.hypot(*points.T)
    public, secret = _random(b"sync"), _random(b"data" + key)
    sync = _spread(points, public.permutation(len(points)))
    data = np.setdiff1d(np.arange(len(points)), sync)
    phases = np.exp(2j * np.pi * public.random(len(points))).astype(np.complex64)
    phases[data] = np.exp(2j * np.pi * secret.random(len(data)))
    ring = ((radius - LOWEST) / (HIGHEST - LOWEST) * RINGS).astype(np.intp).clip(0, RINGS - 1)
    return Lattice(points, phases, ring, sync, data, _deal(np.repeat(radius[data], 2), secret))


def _random(seed: bytes) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(b"safelight " + seed).digest(), "big"))


def _band() -> NDArray[np.int64]:
    """All frequencies of the band but those on the axes and on the block grid, where edges and codecs are loud."""
    reach = int(HIGHEST)
    y, x = np.mgrid[-reach : reach + 1, 1 : reach + 1].reshape(2, -1)
    radius = np.hypot(y, x)
    on_grid = (y % BLOCKS == 0) & (x % BLOCKS == 0)
    inside = (radius >= LOWEST) & (radius <= HIGHEST) & (y != 0) & ~on_grid
    return np.asarray(np.stack([y, x], 1)[inside], np.int64)


def _spread(points: NDArray[np.int64], order: NDArray[np.int64]) -> Indices:
    """Sync points, as many at each of four radii and no two adjacent: both scale and angle are then sharp."""
    radius = np.hypot(*points.T)
    edges = np.linspace(3.5, 13.5, 5)
    chosen: list[int] = []
    for low, high in zip(edges, edges[1:], strict=False):
        wanted = len(chosen) + SYNC_POINTS // 4
        for index in order[(radius[order] >= low) & (radius[order] < high)]:
            gaps = np.hypot(*(points[chosen] - points[index]).T)
            if len(chosen) < wanted and not (gaps < 1.1).any():
                chosen.append(int(index))
    return np.sort(np.array(chosen, np.intp))


def _deal(radius: NDArray[np.float64], random: np.random.Generator) -> Indices:
    """Deals the code bits to the quadratures from low to high frequency, in a new order each round."""
    order = np.argsort(radius + random.uniform(-0.4, 0.4, len(radius)))
    rounds = -(-len(radius) // CODE_BITS)
    deal = np.concatenate([random.permutation(CODE_BITS) for _ in range(rounds)])[: len(radius)]
    bit = np.empty(len(radius), np.intp)
    bit[order] = deal
    return bit


def symbols(code: Floats, grid: Lattice) -> Complex:
    """What every frequency carries before its phase is hidden: sync 1, data (+-1 +-1j) / sqrt 2."""
    carried = np.ones(len(grid.points), np.complex64)
    spread = code[grid.bit]
    carried[grid.data] = (spread[0::2] + 1j * spread[1::2]) / np.sqrt(2)
    return carried


def render(coefficients: Complex, grid: Lattice, side: int = SIDE) -> Floats:
    """The tile (side, side) of coefficients with their phases, at one grey level RMS. `side` >= 63 enlarges it."""
    spectrum = np.zeros((side, side), np.complex64)
    y, x = grid.points.T
    spectrum[y % side, x % side] = coefficients * grid.phases
    spectrum[-y % side, -x % side] = (coefficients * grid.phases).conj()
    tile = np.fft.ifft2(spectrum).real
    return np.asarray(tile / tile.std(), np.float32)
