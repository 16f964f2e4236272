"""Reads the mark from a picture that may have been scaled, cropped, turned, mirrored or compressed.

False positives are bounded by design, not by a model of pictures. A stamp is reported only if the keyed CRC-32 of a
decoded word matches, and at most `TRIES` words are decoded a picture. Words decoded from unmarked pictures know nothing
of the key, so each passes with probability 2^-32, and a picture with probability at most 16 / 2^32 = 3.7e-9. The sync
threshold only saves time. (The bound holds for pictures made without the key; with it anyone can write a mark.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from safety.marks.invisible.code import CODE_BITS, Floats, decode, encode
from safety.marks.invisible.mask import Bytes, luminance, whiten
from safety.marks.invisible.search import geometries
from safety.marks.invisible.sync import Geometry, align, at_lattice, fold, posed, rank_poses
from safety.marks.invisible.tile import RINGS, SIDE, SYNC_GAIN, Complex, Lattice, lattice, symbols
from safety.works import Stamp

if TYPE_CHECKING:
    from PIL.Image import Image

PUBLIC_KEY = b"safelight tilemark 1"  # public on purpose: any Safelight reads the marks of all others
TRIES = 16
SYNC_THRESHOLD = 4.0  # standard deviations; unmarked pictures reach 5 to 6 over a whole search
LARGE, REDUCED = 1152, 1024  # a short side above the first is marked and read at the size of the second
LEAST_SIDE = 32


@dataclass(frozen=True, slots=True)
class Reading:
    """A mark that was read. `score` is 0 to 1: how much of the lattice's amplitude is the mark's."""

    stamp: Stamp
    score: float
    geometry: Geometry


def detect(image: Image, key: bytes = PUBLIC_KEY, thorough: bool = True) -> Reading | None:
    """The mark of an RGB picture of any size, or None. Not `thorough`: only as it was made, whole or cropped."""
    if min(image.size) < LEAST_SIDE:
        return None
    white = whiten(luminance(as_shown(np.asarray(image))))
    for tries, geometry in enumerate(_candidates(white, key, thorough)):
        if tries == TRIES:
            break
        if reading := read_at(white, geometry, key):
            return reading
    return None


def read_at(white: Floats, geometry: Geometry, key: bytes) -> Reading | None:
    """The mark of a whitened picture that lies so to the tile."""
    grid = lattice(key)
    score, values = align(posed(at_lattice(fold(white, geometry), grid), key, geometry.pose), grid)
    if score < SYNC_THRESHOLD:
        return None
    stamp = decode(soft_bits(values, grid), key)
    if stamp is None:
        return None
    return Reading(Stamp(stamp), agreement(values, stamp, grid, key), geometry)


def soft_bits(values: Complex, grid: Lattice) -> Floats:
    """Log-likelihood ratios of the code bits, (384,). The sync points of each ring tell its gain and noise."""
    data_ring = grid.ring[grid.data]
    weight = np.empty(RINGS, np.float32)
    for ring in range(RINGS):
        known = values[grid.sync[grid.ring[grid.sync] == ring]].real
        gain = max(0.02, float(known.mean()) / SYNC_GAIN) if len(known) >= 4 else 0.1
        weight[ring] = 2 * gain / max(0.05, 1 - min(gain, 0.97) ** 2)
    parts = values[grid.data].view(np.float32) * np.float32(2**0.5) * np.repeat(weight[data_ring], 2)
    return np.bincount(grid.bit, parts, CODE_BITS).astype(np.float32)


def agreement(values: Complex, stamp: int, grid: Lattice, key: bytes) -> float:
    """Correlation, -1 to 1, of aligned values with what the stamp would have written."""
    expected = symbols(encode(stamp, key), grid)
    return float((values * expected.conj()).real.sum() / np.linalg.norm(values) / np.linalg.norm(expected))


def unit_of(size: tuple[int, ...]) -> float:
    """Pixels of a picture of this size per pixel of its tile: large pictures get a larger tile, of whole pixels."""
    short = min(size[:2])
    return round(short / REDUCED * SIDE) / SIDE if short > LARGE else 1.0


def as_shown(pixels: Bytes) -> Bytes:
    """A large picture made smaller until its tile, if it is as it was made, has its own size again."""
    import cv2

    unit = unit_of(pixels.shape)
    if unit == 1.0:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=1 / unit, fy=1 / unit, interpolation=cv2.INTER_AREA), np.uint8)


def _candidates(white: Floats, key: bytes, thorough: bool) -> Iterator[Geometry]:
    scores = rank_poses(at_lattice(fold(white, Geometry()), lattice(key)), key)
    for pose in scores.argsort()[::-1][:2]:
        yield Geometry(pose=int(pose))
    if thorough:
        yield from geometries(white, key)
