"""Writes the mark, as weak as it may be to survive the probes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from safety.errors import ExportError
from safety.generation import Stamp
from safety.marks.invisible.detect import PUBLIC_KEY, as_shown, unit_of
from safety.marks.invisible.error_correction import Floats, encode
from safety.marks.invisible.mask import LUMA, Bytes, luminance, perceptual, similarity, whiten
from safety.marks.invisible.robustness import failing, probes, score
from safety.marks.invisible.sync import Geometry, at_lattice, fold
from safety.marks.invisible.tile import SIDE, SYNC_GAIN, Complex, Lattice, lattice, render, symbols

if TYPE_CHECKING:
    from PIL.Image import Image

LEVELS = (44.0, 43.0, 42.0, 41.0, 40.0, 39.0, 37.5, 36.0, 34.5)  # dB of PSNR, weakest mark first
GUARDED, LEAST_SIMILAR = 40.0, 0.98  # below so many dB only where the picture's own texture hides the mark
FLAT_CAP = 2.5  # grey levels RMS on plain ground, where nothing hides the mark
_STEP, _LEAST, _MOST = 0.9, 0.35, 2.6  # of informed embedding; more and smaller steps were read no better
# A grey level of luminance costs least error over the three channels if each carries it by its share of luminance.
_SHARES = LUMA / np.sum(LUMA**2)
_WHITE, _BLACK, _LEAST_ROOM = 252, 3, 0.02


def embed(image: Image, stamp: Stamp, key: bytes = PUBLIC_KEY) -> Image:
    """An RGB picture with the mark: the weakest of `LEVELS` that every probe reads back.

    If no level satisfies all probes, the weakest that satisfies as many as any; if none satisfies one, the strongest.
    Raises ExportError for a picture of pure white and black, or one whose mark cannot be read even untouched.
    """
    from PIL import Image as Pillow

    pixels = np.asarray(image)
    _check_room(luminance(pixels))
    marked, survived = _weakest(pixels, informed(pixels, stamp, key), stamp, key)
    if not survived and not score(as_shown(marked), stamp, key):
        raise ExportError(
            "The invisible mark cannot be read back: the picture is too small, too plain or too busy to carry it.",
            "Use a larger picture, one with more than a single flat colour, or one with less noise.",
        )
    return Pillow.fromarray(marked)


def _weakest(pixels: Bytes, pattern: Floats, stamp: Stamp, key: bytes) -> tuple[Bytes, int]:
    """The picture marked as weakly as the probes allow, and how many of them it survives."""
    left, best, luma = probes(as_shown(pixels).shape), pixels, luminance(pixels)
    count = len(left)
    for level in LEVELS:
        strength = strength_for(level, pixels, pattern)
        marked = _added(pixels, strength * pattern)
        if level < GUARDED and similarity(luma, luminance(marked)) < LEAST_SIMILAR:
            break
        shown, before = as_shown(marked), len(left)
        left = failing(left, shown, stamp, key)  # what was survived needs no asking again
        if len(left) < before or len(left) == count:
            best = marked
        if not left or strength == FLAT_CAP:
            break
    return best, count - len(left)


def _check_room(luma: Floats) -> None:
    """The mark goes up and down: in pure white and black half of it is cut off, and what is left shows."""
    if np.mean((luma > _BLACK) & (luma < _WHITE)) < _LEAST_ROOM:
        raise ExportError(
            "The picture is nearly all pure white or pure black, which cannot carry the invisible mark.",
            "Ask for a background of another colour, or for more in the picture.",
        )


def informed(pixels: Bytes, stamp: Stamp, key: bytes) -> Floats:
    """The mark's shape (height, width) at one grey level RMS on plain ground.

    Informed embedding (Cox, Miller and Bloom, chapter 5): the reader's own front end tells where the picture works
    against a symbol and where it helps; amplitude moves from the one to the other.
    """
    grid = lattice(key)
    carried = symbols(encode(stamp.id, key), grid)
    mask = perceptual(luminance(pixels), unit_of(pixels.shape))
    shift = _shift(stamp, key)
    gains = np.ones((len(carried), 2), np.float32)  # of the two quadratures
    gains[grid.sync] = SYNC_GAIN
    pattern = _pattern(_coefficients(carried, gains, grid, shift), grid, mask)
    marked = _added(pixels, _strength(LEVELS[0], pattern) * pattern)
    _rebalance(gains, carried, _received(marked, grid, shift), grid)
    return _pattern(_coefficients(carried, gains, grid, shift), grid, mask)


def strength_for(level: float, pixels: Bytes, pattern: Floats) -> float:
    """The factor that gives the marked picture this PSNR in dB, at most `FLAT_CAP`.

    Where the picture is white or black, half of the mark is cut off; the rest may then be stronger.
    """
    import cv2

    strength = _strength(level, pattern)
    left = cv2.norm(_added(pixels, strength * pattern), pixels, cv2.NORM_L2SQR) / pixels.size
    reached = 10 * np.log10(255**2 / max(left, 1e-9))
    return float(min(strength * 10 ** ((reached - level) / 20), FLAT_CAP))


def _strength(level: float, pattern: Floats) -> float:
    import cv2

    power = cv2.norm(pattern, cv2.NORM_L2SQR) / pattern.size
    return float(255 * 10 ** (-level / 20) / np.sqrt(power * np.mean(_SHARES**2)))


def _shift(stamp: Stamp, key: bytes) -> tuple[int, int]:
    """Where the first tile starts, in its pixels: elsewhere for every stamp.

    The reader finds any shift, as a crop may have made it. Who averages many marked pictures to get at what they have
    in common, the sync points above all, averages them away.
    """
    digest = hashlib.sha256(b"shift" + key + stamp.id.to_bytes(8, "big")).digest()
    return int.from_bytes(digest[:4], "big") % SIDE, int.from_bytes(digest[4:8], "big") % SIDE


def _ramp(grid: Lattice, shift: tuple[int, int]) -> Complex:
    return np.asarray(np.exp(-2j * np.pi / SIDE * (grid.points @ shift)), np.complex64)


def _coefficients(carried: Complex, gains: Floats, grid: Lattice, shift: tuple[int, int]) -> Complex:
    slope = (grid.radius / 6) ** 0.2  # high frequencies are seen less and lose more: they get more
    return (_quadratures(carried) * gains * slope[:, None]).view(np.complex64)[:, 0] * _ramp(grid, shift)


def _pattern(coefficients: Complex, grid: Lattice, mask: Floats) -> Floats:
    height, width = mask.shape
    side = round(SIDE * unit_of(mask.shape))
    tile = render(coefficients, grid, side)
    return np.tile(tile, (height // side + 1, width // side + 1))[:height, :width] * mask


def _received(marked: Bytes, grid: Lattice, shift: tuple[int, int]) -> Complex:
    """What the reader finds at the lattice, phases and shift taken out."""
    white = whiten(luminance(as_shown(marked)))
    return at_lattice(fold(white, Geometry())) * (grid.phases * _ramp(grid, shift)).conj()


def _rebalance(gains: Floats, carried: Complex, received: Complex, grid: Lattice) -> None:
    """Moves amplitude, in place, towards the data that came back weaker than the median."""
    success = _quadratures(received[grid.data]) * np.sign(_quadratures(carried[grid.data])) * np.float32(2**0.5)
    change = 1 + _STEP * (np.median(success) - success)
    gains[grid.data] = np.clip(gains[grid.data] * change, _LEAST, _MOST)


def _quadratures(values: Complex) -> Floats:
    """Real and imaginary parts side by side, (K, 2)."""
    return np.ascontiguousarray(values).view(np.float32).reshape(-1, 2)


def _added(pixels: Bytes, mark: Floats) -> Bytes:
    """RGB pixels with so many grey levels of luminance added, each channel by its share."""
    import cv2

    change = cv2.merge([np.asarray(mark * share, np.float32) for share in _SHARES])
    return np.asarray(cv2.add(pixels, change, dtype=cv2.CV_8U), np.uint8)
