"""Writes the mark, as weak as it may be to survive a set of probes, which are what its robustness promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from safety.marks.invisible.code import Floats, encode
from safety.marks.invisible.detect import PUBLIC_KEY, as_shown, detect, unit_of
from safety.marks.invisible.mask import Bytes, luminance, perceptual, whiten
from safety.marks.invisible.sync import Geometry, at_lattice, fold
from safety.marks.invisible.tile import SIDE, SYNC_GAIN, Complex, Lattice, lattice, render, symbols
from safety.works import Stamp

if TYPE_CHECKING:
    from PIL.Image import Image

LEVELS = (43.0, 41.5, 40.0, 38.5, 37.0)  # dB of PSNR, weakest mark first
FLAT_CAP = 3.0  # grey levels RMS on plain ground, where nothing hides the mark
_ROUNDS = 3  # of informed embedding
_STEP, _LEAST, _MOST = 0.6, 0.35, 2.6


def embed(image: Image, stamp: Stamp, key: bytes = PUBLIC_KEY) -> Image:
    """An RGB picture with the mark: the weakest of `LEVELS` that every probe reads back, else the strongest.

    Whether the mark can be read from the result is for the caller to check: a picture may be too small or too plain.
    """
    from PIL import Image as Pillow

    pixels = np.asarray(image)
    pattern = informed(pixels, stamp, key)
    marked = pixels
    for level in LEVELS:
        strength = strength_for(level, pixels, pattern)
        marked = _added(pixels, strength * pattern)
        if strength == FLAT_CAP or all(_reads(probe, stamp, key) for probe in probes(as_shown(marked))):
            break
    return Pillow.fromarray(marked)


def informed(pixels: Bytes, stamp: Stamp, key: bytes) -> Floats:
    """The mark's shape (height, width) at one grey level RMS on plain ground.

    Informed embedding (Cox, Miller and Bloom, chapter 5): the reader's own front end tells where the picture works
    against a symbol and where it helps; amplitude moves from the one to the other.
    """
    grid = lattice(key)
    carried = symbols(encode(stamp.id, key), grid)
    mask = perceptual(luminance(pixels), unit_of(pixels.shape))
    gains = np.ones((len(carried), 2), np.float32)  # of the two quadratures
    gains[grid.sync] = SYNC_GAIN
    for _ in range(_ROUNDS):
        pattern = _pattern(carried, gains, grid, mask)
        marked = _added(pixels, _strength(LEVELS[0], pattern) * pattern)
        _rebalance(gains, carried, _received(marked, grid), grid)
    return _pattern(carried, gains, grid, mask)


def strength_for(level: float, pixels: Bytes, pattern: Floats) -> float:
    """The factor that gives the marked picture this PSNR in dB, at most `FLAT_CAP`.

    Where the picture is white or black, half of the mark is cut off; the rest may then be stronger.
    """
    strength = _strength(level, pattern)
    change = _added(pixels, strength * pattern).astype(np.float32) - pixels
    left = float(np.mean(change**2))
    reached = 10 * np.log10(255**2 / max(left, 1e-9))
    return float(min(strength * 10 ** ((reached - level) / 20), FLAT_CAP))


def _strength(level: float, pattern: Floats) -> float:
    return float(255 * 10 ** (-level / 20) / np.sqrt(np.mean(pattern**2)))


def probes(marked: Bytes) -> Iterator[Bytes]:
    """What a mark must survive, heavy WebP, heavy JPEG, and a crop to a quarter of the area, off the tile's grid."""
    height, width = marked.shape[:2]
    yield _recoded(marked, ".webp", 50)
    yield _recoded(marked, ".jpg", 30)
    top, left = height // 4 + 5, width // 4 + 3
    yield _recoded(marked[top : top + height // 2, left : left + width // 2], ".jpg", 85)


def _reads(picture: Bytes, stamp: Stamp, key: bytes) -> bool:
    from PIL import Image as Pillow

    reading = detect(Pillow.fromarray(picture), key, thorough=False)
    return reading is not None and reading.stamp == stamp


def _recoded(picture: Bytes, suffix: str, quality: int) -> Bytes:
    import cv2

    flag = cv2.IMWRITE_WEBP_QUALITY if suffix == ".webp" else cv2.IMWRITE_JPEG_QUALITY
    _, data = cv2.imencode(suffix, picture[..., ::-1], (flag, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def _pattern(carried: Complex, gains: Floats, grid: Lattice, mask: Floats) -> Floats:
    height, width = mask.shape
    side = round(SIDE * unit_of(mask.shape))
    slope = (grid.radius / 6) ** 0.4  # high frequencies are seen less and lose more: they get more
    coefficients = (_quadratures(carried) * gains * slope[:, None]).view(np.complex64)[:, 0]
    tile = render(coefficients, grid, side)
    return np.tile(tile, (height // side + 1, width // side + 1))[:height, :width] * mask


def _received(marked: Bytes, grid: Lattice) -> Complex:
    """What the reader finds at the lattice, phases taken out."""
    white = whiten(luminance(as_shown(marked)))
    return at_lattice(fold(white, Geometry()), grid) * grid.phases.conj()


def _rebalance(gains: Floats, carried: Complex, received: Complex, grid: Lattice) -> None:
    """Moves amplitude, in place, towards the data that came back weaker than the median."""
    success = _quadratures(received[grid.data]) * np.sign(_quadratures(carried[grid.data])) * np.float32(2**0.5)
    change = 1 + _STEP * (np.median(success) - success)
    gains[grid.data] = np.clip(gains[grid.data] * change, _LEAST, _MOST)


def _quadratures(values: Complex) -> Floats:
    """Real and imaginary parts side by side, (K, 2)."""
    return np.ascontiguousarray(values).view(np.float32).reshape(-1, 2)


def _added(pixels: Bytes, mark: Floats) -> Bytes:
    return (pixels + np.rint(mark).astype(np.int16)[..., None]).clip(0, 255).astype(np.uint8)
