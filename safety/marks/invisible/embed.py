"""Writes the mark into a picture, as weak as it may be to survive the attacks of robustness.py."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from safety.errors import ExportError
from safety.generation import Stamp
from safety.marks.invisible.detect import PUBLIC_KEY, reduce_large, tile_scale
from safety.marks.invisible.error_correction import Floats, encode
from safety.marks.invisible.mask import LUMA, Bytes, luminance, perceptual_mask, ssim, whiten
from safety.marks.invisible.robustness import fatal_attacks, required_attacks, score
from safety.marks.invisible.sync import Geometry, at_lattice, fold, shift_scores
from safety.marks.invisible.tile import SIDE, SYNC_GAIN, Complex, Lattice, lattice, render, symbols

if TYPE_CHECKING:
    from PIL.Image import Image

LEVELS = (44.0, 43.0, 42.0, 41.0, 40.0, 39.0, 37.5, 36.0, 34.5)  # dB of PSNR, weakest mark first
# Below so many dB only where the picture's own texture hides the mark, which is where SSIM stays so high.
GUARDED_LEVEL, MIN_SSIM = 40.0, 0.98
# Where texture hides the mark so well that SSIM stays above the second, it begins as strong as the first, in dB; on
# plain ground, where SSIM would fall below `MIN_SSIM`, as weak as the last.
BUSY_LEVEL, AMPLE_SSIM, PLAIN_LEVEL = 39.6, 0.988, 45.5
MAX_STRENGTH = 2.5  # grey levels RMS on plain ground, where nothing hides the mark
# Of informed embedding; more and smaller steps were read no better.
_ALLOWED_SHIFTS = 1 / 3
_GAIN_STEP, _MIN_GAIN, _MAX_GAIN = 0.9, 0.35, 2.6
# A grey level of luminance costs least error over the three channels if each carries it by its share of luminance.
_SHARES = LUMA / np.sum(LUMA**2)
_WHITE, _BLACK = 252, 3  # levels of luma; beyond them the mark is cut off
_ROOM = 8  # levels that pure white and black give up
_MIN_USABLE = 0.02  # share of the pixels that are neither white nor black


def embed(image: Image, stamp: Stamp, key: bytes = PUBLIC_KEY) -> Image:
    """Returns an RGB picture with the mark: the weakest of `LEVELS` that survives every required attack.

    If no level survives all, the weakest that survives as many as any; if none survives one, the strongest. Raises
    ExportError for a picture whose mark cannot be read even untouched.
    """
    from PIL import Image as Pillow

    pixels = _with_room(np.asarray(image))
    marked, survived = _weakest(pixels, informed_pattern(pixels, stamp, key), stamp, key)
    if not survived and not score(reduce_large(marked), stamp, key):
        raise ExportError(
            "The invisible mark cannot be read back: the picture is too small, too plain or too busy to carry it.",
            "Use a larger picture, one with more than a single flat colour, or one with less noise.",
        )
    return Pillow.fromarray(marked)


def _weakest(pixels: Bytes, pattern: Floats, stamp: Stamp, key: bytes) -> tuple[Bytes, int]:
    """Returns the picture marked as weakly as the attacks allow, and how many of them the mark survives."""
    remaining, best, luma = required_attacks(reduce_large(pixels).shape), pixels, luminance(pixels)
    count = len(remaining)
    first = first_level(luma, strength_for(LEVELS[0], pixels, pattern) * pattern)
    for level in (first, *(level for level in LEVELS if level < first)):
        strength = strength_for(level, pixels, pattern)
        marked = _add_luma(pixels, strength * pattern)
        if level < GUARDED_LEVEL and ssim(luma, luminance(marked)) < MIN_SSIM:
            break
        before = len(remaining)
        # What a weaker mark survived, a stronger one need not be tried with.
        remaining = fatal_attacks(remaining, reduce_large(marked), stamp, key)
        if len(remaining) < before or len(remaining) == count:
            best = marked
        if not remaining or strength == MAX_STRENGTH:
            break
    return best, count - len(remaining)


def first_level(luma: Floats, weakest: Floats) -> float:
    """Returns the PSNR in dB to begin with, by what SSIM loses by a mark, (height, width), at the first of `LEVELS`.

    That level, or a stronger mark where SSIM allows it, or a weaker one where SSIM asks for it. What it loses grows as
    the power of the mark does.
    """
    loss = max(1 - ssim(luma, luma + weakest), 1e-6)
    stronger, weaker = (10 * np.log10(loss / (1 - least)) for least in (AMPLE_SSIM, MIN_SSIM))
    return float(np.clip(LEVELS[0] + (stronger if stronger < 0 else max(weaker, 0)), BUSY_LEVEL, PLAIN_LEVEL))


def _with_room(pixels: Bytes) -> Bytes:
    """Returns the pixels; of a picture of nearly nothing but pure white and black, both a few levels nearer to grey.

    The mark goes up and down: on pure white and black half of it would be cut off, and what is left would show. Nobody
    sees that white is 247 of 255, and black 8.
    """
    luma = luminance(pixels)
    if np.mean((luma > _BLACK) & (luma < _WHITE)) >= _MIN_USABLE:
        return pixels
    return np.asarray(np.rint(_ROOM + pixels.astype(np.float32) * ((255 - 2 * _ROOM) / 255)), np.uint8)


def informed_pattern(pixels: Bytes, stamp: Stamp, key: bytes) -> Floats:
    """Returns the mark's shape, (height, width), at one grey level RMS on plain ground.

    Informed embedding (Cox, Miller and Bloom, "Digital Watermarking", chapter 5): the reader's own front end tells
    where the picture works against a symbol and where it helps; amplitude moves from the latter to the former.
    """
    grid = lattice(key)
    carried = symbols(encode(stamp.id, key), grid)
    mask = perceptual_mask(luminance(pixels), tile_scale(pixels.shape))
    shift = _shift(whiten(luminance(reduce_large(pixels))), stamp, key)
    # Of the two quadratures, (K, 2).
    gains = np.ones((len(carried), 2), np.float32)
    gains[grid.sync] = SYNC_GAIN
    pattern = _pattern(_coefficients(carried, gains, grid, shift), grid, mask)
    marked = _add_luma(pixels, _strength(LEVELS[0], pattern) * pattern)
    _rebalance(gains, carried, _receive(marked, grid, shift), grid)
    return _pattern(_coefficients(carried, gains, grid, shift), grid, mask)


def strength_for(level: float, pixels: Bytes, pattern: Floats) -> float:
    """Returns the factor of the pattern that gives the marked picture this PSNR in dB, at most `MAX_STRENGTH`.

    Where the picture is white or black, half of the mark is cut off; the rest may then be stronger.
    """
    import cv2

    strength = _strength(level, pattern)
    error = cv2.norm(_add_luma(pixels, strength * pattern), pixels, cv2.NORM_L2SQR) / pixels.size
    reached = 10 * np.log10(255**2 / max(error, 1e-9))
    return float(min(strength * 10 ** ((reached - level) / 20), MAX_STRENGTH))


def _strength(level: float, pattern: Floats) -> float:
    """Returns the factor of the pattern that gives this PSNR in dB where nothing is cut off."""
    import cv2

    power = cv2.norm(pattern, cv2.NORM_L2SQR) / pattern.size
    return float(255 * 10 ** (-level / 20) / np.sqrt(power * np.mean(_SHARES**2)))


def _shift(white: Floats, stamp: Stamp, key: bytes) -> tuple[int, int]:
    """Returns where the first tile starts, in its pixels (down, across), in a whitened picture, (height, width).

    The reader finds any shift, since a crop makes one too. Of those that the stamp allows, another third for each, it
    is the one at which the picture itself looks most like the sync points: what is usually noise to them then helps the
    reader. Every picture and stamp have another: averaging many marked pictures to get at what they have in common, the
    sync points above all, averages it away.
    """
    digest = hashlib.sha256(b"shift" + key + stamp.id.to_bytes(8, "big")).digest()
    scores = shift_scores(at_lattice(fold(white, Geometry())))
    allowed = np.random.default_rng(int.from_bytes(digest, "big")).random(scores.shape) < _ALLOWED_SHIFTS
    row, column = np.unravel_index(np.where(allowed, scores, -np.inf).argmax(), scores.shape)
    return int(row), int(column)


def _ramp(grid: Lattice, shift: tuple[int, int]) -> Complex:
    """Returns the phases, (K,), of a shift."""
    return np.asarray(np.exp(-2j * np.pi / SIDE * (grid.points @ shift)), np.complex64)


def _coefficients(carried: Complex, gains: Floats, grid: Lattice, shift: tuple[int, int]) -> Complex:
    """Returns the tile's coefficients, (K,), without the phases that hide them."""
    # High frequencies are seen less and lose more, so they get more.
    slope = (grid.radius / 6) ** 0.2
    return (_quadratures(carried) * gains * slope[:, None]).view(np.complex64)[:, 0] * _ramp(grid, shift)


def _pattern(coefficients: Complex, grid: Lattice, mask: Floats) -> Floats:
    """Repeats the tile over the picture and weights it by the perceptual mask, (height, width)."""
    height, width = mask.shape
    side = round(SIDE * tile_scale(mask.shape))
    tile = render(coefficients, grid, side)
    return np.tile(tile, (height // side + 1, width // side + 1))[:height, :width] * mask


def _receive(marked: Bytes, grid: Lattice, shift: tuple[int, int]) -> Complex:
    """Returns what the reader finds at the lattice, (K,), phases and shift taken out."""
    white = whiten(luminance(reduce_large(marked)))
    return at_lattice(fold(white, Geometry())) * (grid.phases * _ramp(grid, shift)).conj()


def _rebalance(gains: Floats, carried: Complex, received: Complex, grid: Lattice) -> None:
    """Moves amplitude, in place, towards the data that came back weaker than the median. `gains` is (K, 2)."""
    success = _quadratures(received[grid.data]) * np.sign(_quadratures(carried[grid.data])) * np.float32(2**0.5)
    change = 1 + _GAIN_STEP * (np.median(success) - success)
    gains[grid.data] = np.clip(gains[grid.data] * change, _MIN_GAIN, _MAX_GAIN)


def _quadratures(values: Complex) -> Floats:
    """Returns real and imaginary parts side by side, (K, 2)."""
    return np.ascontiguousarray(values).view(np.float32).reshape(-1, 2)


def _add_luma(pixels: Bytes, mark: Floats) -> Bytes:
    """Returns RGB pixels with so many grey levels of luma, (height, width), added, each channel by its share."""
    import cv2

    change = cv2.merge([np.asarray(mark * share, np.float32) for share in _SHARES])
    return np.asarray(cv2.add(pixels, change, dtype=cv2.CV_8U), np.uint8)
