"""Defines the tile: one period of the mark, written as a few hundred frequencies.

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

SIDE = 63  # pixels
MIN_RADIUS, MAX_RADIUS = 3.0, 16.5  # of frequencies, in periods a tile
BLOCKS = 8  # periods a tile that fall on the grid of 8 x 8 blocks of JPEG
SYNC_POINTS = 48
SYNC_GAIN = 1.7  # amplitude of a sync point, that of the data being 1
RINGS = 6  # bands of radius in which gain and noise are estimated


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Holds the K frequencies of a tile and what each of them is for.

    `points` (K, 2) are periods a tile along y and x, one of each pair of opposite ones. `phases` (K,) hide the symbols.
    `ring` (K,) numbers bands of radius. `sync` and `data` are indices into the points. `bit` (2 * len(data),) names the
    code bit that each quadrature carries. Drawn from the key: `bit`, and the phases of the data.
    """

    points: NDArray[np.int64]
    phases: Complex
    ring: Indices
    sync: Indices
    data: Indices
    bit: Indices

    @property
    def radius(self) -> Floats:
        """Returns the radius of each frequency, (K,), in periods a tile."""
        return np.asarray(np.hypot(*self.points.T), np.float32)


@lru_cache(maxsize=16)
def lattice(key: bytes = b"") -> Lattice:
    """Returns the lattice that belongs to a key. Points and sync are the same for every key, none included."""
    points = _band()
    radius = np.hypot(*points.T)
    public, secret = _random(b"sync"), _random(b"data" + key)
    sync = _choose_sync(points, public.permutation(len(points)))
    data = np.setdiff1d(np.arange(len(points)), sync)
    phases = np.exp(2j * np.pi * public.random(len(points))).astype(np.complex64)
    phases[data] = np.exp(2j * np.pi * secret.random(len(data)))
    ring = ((radius - MIN_RADIUS) / (MAX_RADIUS - MIN_RADIUS) * RINGS).astype(np.intp).clip(0, RINGS - 1)
    return Lattice(points, phases, ring, sync, data, _assign_bits(np.repeat(radius[data], 2), secret))


def _random(seed: bytes) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(b"safelight " + seed).digest(), "big"))


def _band() -> NDArray[np.int64]:
    """Returns the frequencies, (K, 2), of the band but for those on the axes and on the block grid.

    There edges and codecs are loud.
    """
    reach = int(MAX_RADIUS)
    y, x = np.mgrid[-reach : reach + 1, 1 : reach + 1].reshape(2, -1)
    radius = np.hypot(y, x)
    on_grid = (y % BLOCKS == 0) & (x % BLOCKS == 0)
    inside = (radius >= MIN_RADIUS) & (radius <= MAX_RADIUS) & (y != 0) & ~on_grid
    return np.asarray(np.stack([y, x], 1)[inside], np.int64)


def _choose_sync(points: NDArray[np.int64], order: NDArray[np.int64]) -> Indices:
    """Returns the indices of the sync points, (48,): as many at each of four radii, and no two adjacent.

    Both scale and angle are then sharp.
    """
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


def _assign_bits(radius: NDArray[np.float64], random: np.random.Generator) -> Indices:
    """Assigns the code bits to the quadratures, (2 * data,), from low to high frequency, in a new order each round."""
    order = np.argsort(radius + random.uniform(-0.4, 0.4, len(radius)))
    rounds = -(-len(radius) // CODE_BITS)
    assigned = np.concatenate([random.permutation(CODE_BITS) for _ in range(rounds)])[: len(radius)]
    bit = np.empty(len(radius), np.intp)
    bit[order] = assigned
    return bit


def symbols(code: Floats, grid: Lattice) -> Complex:
    """Returns what every frequency carries, (K,), before its phase is hidden: sync 1, data (+-1 +-1j) / sqrt 2.

    `code` holds the code bits, (384,), as +1 and -1.
    """
    carried = np.ones(len(grid.points), np.complex64)
    bits = code[grid.bit]
    carried[grid.data] = (bits[0::2] + 1j * bits[1::2]) / np.sqrt(2)
    return carried


def render(coefficients: Complex, grid: Lattice, side: int = SIDE) -> Floats:
    """Returns the tile, (side, side), of coefficients, (K,), with their phases, at one grey level RMS.

    A `side` above 63 enlarges it.
    """
    spectrum = np.zeros((side, side), np.complex64)
    y, x = grid.points.T
    spectrum[y % side, x % side] = coefficients * grid.phases
    spectrum[-y % side, -x % side] = (coefficients * grid.phases).conj()
    tile = np.fft.ifft2(spectrum).real
    return np.asarray(tile / tile.std(), np.float32)
