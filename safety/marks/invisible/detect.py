"""Reads the mark from a picture that may have been scaled, cropped, turned, mirrored or compressed.

False positives are bounded by design, not by a model of pictures. A stamp is reported only if the keyed CRC-32 of a
decoded word matches; at most `MAX_GEOMETRIES` are tried a picture, in each the best `MAX_SHIFTS`, of these the best in
two ways, a bent mark in two more, and each word is decoded for at most `MAX_KEYS` keys. Words decoded from unmarked
pictures are independent of the key, so each passes with probability 2^-32, and a picture with at most
24 * 6 / 2^32 = 3.4e-8 with the public key alone, 2.7e-7 with eight keys. The sync threshold only saves time. (The bound
holds for pictures made without the key; who has it can write a mark.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from safety.generation import Stamp
from safety.marks.invisible.error_correction import CODE_BITS, Floats, decode, encode
from safety.marks.invisible.mask import Bytes, luminance, whiten
from safety.marks.invisible.search import geometries
from safety.marks.invisible.sync import Geometry, align, at_lattice, fold, rank_poses, undo_pose
from safety.marks.invisible.tile import RINGS, SIDE, SYNC_GAIN, Complex, Lattice, lattice, symbols
from safety.marks.invisible.tracking import track

if TYPE_CHECKING:
    from PIL.Image import Image

PUBLIC_KEY = b"safelight tilemark 1"  # public on purpose: any Safelight reads the marks of all others
MAX_KEYS = 8
MAX_GEOMETRIES, MAX_SHIFTS = 24, 3
# Standard deviations: below the first nothing is decoded, from the second on a mark may be there, but bent. Unmarked
# pictures reach 5 to 6 over a whole search.
SYNC_THRESHOLD, BENT_SYNC = 4.0, 5.7
# Pixels: a picture whose short side is longer than the first is marked and read at the size of the second.
LARGE_SIDE, REDUCED_SIDE = 1152, 1024
MIN_SIDE = 32  # pixels


@dataclass(frozen=True, slots=True)
class DecodedMark:
    """Holds a mark that was read. `score` is 0 to 1: how much of the lattice's amplitude is the mark's."""

    stamp: Stamp
    score: float
    geometry: Geometry


def detect(
    image: Image,
    keys: Sequence[bytes] = (PUBLIC_KEY,),
    thorough: bool = True,
    is_over: Callable[[], bool] = lambda: False,
) -> DecodedMark | None:
    """Returns the mark of an RGB picture of any size that one of the keys wrote, or None.

    Not `thorough`: only as it was made, whole or cropped. `is_over` tells when no more may be tried than that. Raises
    ValueError if there are more than `MAX_KEYS` keys.
    """
    return detect_pixels(np.asarray(image), keys, thorough, is_over)


def detect_pixels(
    pixels: Bytes, keys: Sequence[bytes], thorough: bool, is_over: Callable[[], bool] = lambda: False
) -> DecodedMark | None:
    """Returns the mark of RGB pixels, (height, width, 3), as `detect` does."""
    if len(keys) > MAX_KEYS:
        raise ValueError(f"at most {MAX_KEYS} keys: each adds to the chance of a false positive")
    if min(pixels.shape[:2]) < MIN_SIDE:
        return None
    luma = luminance(reduce_large(pixels))
    for white, geometry, reduction in islice(_candidates(luma, thorough, is_over), MAX_GEOMETRIES):
        if mark := read_at(white, geometry, keys, bent=thorough):
            return replace(mark, geometry=replace(geometry, scale=geometry.scale * reduction))
    return None


def read_at(white: Floats, geometry: Geometry, keys: Sequence[bytes], bent: bool = False) -> DecodedMark | None:
    """Returns the mark of a whitened picture, (height, width), that lies so to the tile; None if there is none.

    With `bent`, a mark that lies so on the whole alone is followed through the picture, too.
    """
    best = 0.0
    for score, straight in align(undo_pose(at_lattice(fold(white, geometry)), geometry.pose), MAX_SHIFTS):
        if score < SYNC_THRESHOLD:
            break
        if mark := _decoded(straight, geometry, keys, even=best == 0):
            return mark
        best = max(best, score)
    if bent and best >= BENT_SYNC and (followed := track(white, geometry)) and followed[0] > best:
        return _decoded(followed[1], geometry, keys, even=True)
    return None


def _decoded(straight: Complex, geometry: Geometry, keys: Sequence[bytes], even: bool) -> DecodedMark | None:
    """Returns the mark of aligned lattice values, (K,), or None.

    The rings are weighted by their gain, and with `even` once more all alike: in a small part the gain is a guess.
    """
    for key in keys:
        grid = lattice(key)
        values = straight * grid.phases.conj()
        gains = ring_gains(values, grid)
        for weighted in (gains, np.full_like(gains, gains.mean())) if even else (gains,):
            stamp = decode(soft_bits(values, grid, weighted), key)
            if stamp is not None:
                return DecodedMark(Stamp(stamp), correlation(values, stamp, key), geometry)
    return None


def ring_gains(values: Complex, grid: Lattice) -> Floats:
    """Returns the gain of each ring, (6,), by its sync points in aligned values, (K,), phases taken out.

    A ring has a dozen of them, the outermost none: each gain is drawn half way to the mean.
    """
    gains = np.full(RINGS, 0.1, np.float32)
    for ring in range(RINGS):
        known = values[grid.sync[grid.ring[grid.sync] == ring]].real
        if len(known) >= 4:
            gains[ring] = max(0.02, float(known.mean()) / SYNC_GAIN)
    return np.asarray((gains + gains.mean()) / 2, np.float32)


def soft_bits(values: Complex, grid: Lattice, gains: Floats) -> Floats:
    """Returns the log-likelihood ratios of the code bits, (384,), from aligned values, (K,), phases taken out.

    `gains` (6,) tell what share of each ring's amplitude is the mark's, and so how much of it is noise.
    """
    weight = 2 * gains / np.maximum(0.05, 1 - np.minimum(gains, 0.97) ** 2)
    quadratures = values[grid.data].view(np.float32) * np.repeat(weight[grid.ring[grid.data]], 2)
    return np.bincount(grid.bit, quadratures * 2**0.5, CODE_BITS).astype(np.float32)


def correlation(values: Complex, stamp: int, key: bytes) -> float:
    """Returns the correlation, -1 to 1, of aligned values, (K,), with what the stamp would have written."""
    expected = symbols(encode(stamp, key), lattice(key))
    return float((values * expected.conj()).real.sum() / np.linalg.norm(values) / np.linalg.norm(expected))


def tile_scale(size: tuple[int, ...]) -> float:
    """Returns the pixels of a picture of this size per pixel of its tile, as it is made.

    Large pictures get a larger tile, of whole pixels.
    """
    short = min(size[:2])
    return round(short / REDUCED_SIDE * SIDE) / SIDE if short > LARGE_SIDE else 1.0


def reduced_size(size: tuple[int, int]) -> tuple[int, int]:
    """Returns the width and height at which the mark of a picture of this width and height is looked for."""
    scale = tile_scale(size)
    return (size[0], size[1]) if scale == 1.0 else (round(size[0] / scale), round(size[1] / scale))


def reduce_large(pixels: Bytes) -> Bytes:
    """Returns a large picture, (height, width, 3), so much smaller that its tile, as it was made, has 63 pixels."""
    return reduce_to(pixels, reduced_size((pixels.shape[1], pixels.shape[0])))


def reduce_to(pixels: Bytes, size: tuple[int, int]) -> Bytes:
    """Returns pixels, (height, width, 3), at a smaller width and height."""
    import cv2

    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _candidates(luma: Floats, thorough: bool, is_over: Callable[[], bool]) -> Iterator[tuple[Floats, Geometry, float]]:
    """Yields what to try: a whitened picture, the geometry in it, and how many times it was reduced.

    First as the picture was made, in its two likeliest poses, then what the search finds.
    """
    white = whiten(luma)
    scores = rank_poses(at_lattice(fold(white, Geometry())))
    for pose in scores.argsort()[::-1][:2]:
        yield white, Geometry(pose=int(pose)), 1.0
    if thorough and not is_over():
        for level, geometry in geometries(luma, is_over):
            yield level.white, geometry, level.reduction
