"""Writes the mark, as weak as it may be to survive a set of probes, which are what its robustness promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from safety.marks.invisible.code import Floats, encode
from safety.marks.invisible.detect import PUBLIC_KEY, REDUCED, detect
from safety.marks.invisible.mask import luminance, perceptual, whiten
from safety.marks.invisible.sync import Geometry, at_lattice, fold
from safety.marks.invisible.tile import SIDE, SYNC_GAIN, Complex, Lattice, lattice, render, symbols
from safety.records import Stamp

if TYPE_CHECKING:
    from PIL.Image import Image

Bytes = NDArray[np.uint8]

LEVELS = (43.0, 41.5, 40.0, 38.5, 37.0)  # dB of PSNR, weakest mark first
FLAT_CAP = 3.0  # grey levels RMS on plain ground, where nothing hides the mark
ENLARGED_ABOVE = 1280  # short sides above this are marked with a larger tile, as they will be shown smaller
_ROUNDS = 3  # of informed embedding
_STEP, _LEAST, _MOST = 0.6, 0.35, 2.6


def embed(image: Image, stamp: Stamp, key: bytes = PUBLIC_KEY) -> Image:
    """An RGB picture with the mark: the weakest of `LEVELS` that every probe reads back, else the strongest.

    Whether the mark can be read from the result is for the caller to check: a picture may be too small or too plain.
    """
    from PIL import Image as Pillow

    pixels = np.asarray(image, np.float32)
    luma = luminance(image)
    pattern = informed(pixels, luma, stamp, key)
    marked = image
    for level in LEVELS:
        strength = strength_for(level, pixels, pattern)
        marked = Pillow.fromarray(_added(pixels, strength * pattern))
        if strength == FLAT_CAP or all(_reads(probe, stamp, key) for probe in probes(marked)):
            break
    return marked


def informed(pixels: Floats, luma: Floats, stamp: Stamp, key: bytes) -> Floats:
    """The mark's shape (height, width) at one grey level RMS on plain ground.

    Informed embedding (Cox, Miller and Bloom, chapter 5): the reader's own front end tells where the picture works
    against a symbol and where it helps; amplitude moves from the one to the other.
    """
    grid = lattice(key)
    carried = symbols(encode(stamp.id, key), grid)
    unit = unit_of(luma.shape)
    mask = perceptual(luma, unit)
    gains = np.full(len(carried), 1 + 1j, np.complex64)  # of the two quadratures
    gains[grid.sync] = SYNC_GAIN
    for _ in range(_ROUNDS):
        pattern = _pattern(carried, gains, grid, mask)
        marked = luminance_of(_added(pixels, _strength(LEVELS[0], pattern) * pattern))
        _rebalance(gains, carried, _received(marked, unit, key), grid)
    return _pattern(carried, gains, grid, mask)


def unit_of(shape: tuple[int, ...]) -> float:
    """Pixels of the picture per pixel of the tile: 1 up to 1280 pixels of short side, whole tiles in any case."""
    short = min(shape)
    return round(short / REDUCED * SIDE) / SIDE if short > ENLARGED_ABOVE else 1.0


def strength_for(level: float, pixels: Floats, pattern: Floats) -> float:
    """The factor that gives the marked picture this PSNR in dB, at most `FLAT_CAP`.

    Where the picture is white or black, half of the mark is cut off; the rest may then be stronger.
    """
    strength = _strength(level, pattern)
    left = float(np.mean((_added(pixels, strength * pattern) - pixels) ** 2))
    reached = 10 * np.log10(255**2 / max(left, 1e-9))
    return float(min(strength * 10 ** ((reached - level) / 20), FLAT_CAP))


def _strength(level: float, pattern: Floats) -> float:
    return float(255 * 10 ** (-level / 20) / np.sqrt(np.mean(pattern**2)))


def probes(marked: Image) -> Iterator[Image]:
    """What a mark must survive, hardest first: heavy WebP, heavy JPEG, and a crop off the tile's grid with JPEG."""
    width, height = marked.size
    yield _recoded(marked, ".webp", 50)
    yield _recoded(marked, ".jpg", 30)
    left, top = width // 5 + 3, height // 5 + 5
    yield _recoded(marked.crop((left, top, left + width * 3 // 5, top + height * 3 // 5)), ".jpg", 50)


def _reads(picture: Image, stamp: Stamp, key: bytes) -> bool:
    reading = detect(picture, key, thorough=False)
    return reading is not None and reading.stamp == stamp


def _recoded(picture: Image, suffix: str, quality: int) -> Image:
    import cv2
    from PIL import Image as Pillow

    flag = cv2.IMWRITE_WEBP_QUALITY if suffix == ".webp" else cv2.IMWRITE_JPEG_QUALITY
    _, data = cv2.imencode(suffix, np.asarray(picture)[..., ::-1], (flag, quality))
    return Pillow.fromarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])


def _pattern(carried: Complex, gains: Complex, grid: Lattice, mask: Floats) -> Floats:
    height, width = mask.shape
    side = round(SIDE * unit_of(mask.shape))
    weighted = (carried.real * gains.real + 1j * carried.imag * gains.imag) * _slope(grid)
    tile = render(weighted.astype(np.complex64), grid, side)
    return np.tile(tile, (height // side + 1, width // side + 1))[:height, :width] * mask


def _slope(grid: Lattice) -> Floats:
    """Higher frequencies are seen less and lose more: they get more."""
    return np.asarray((grid.radius / 6) ** 0.4, np.float32)


def _received(luma: Floats, unit: float, key: bytes) -> Complex:
    grid = lattice(key)
    return at_lattice(fold(whiten(luma, unit), Geometry(unit)), grid) * grid.phases.conj()


def _rebalance(gains: Complex, carried: Complex, received: Complex, grid: Lattice) -> None:
    """Moves amplitude, in place, towards the data that came back weaker than the median."""
    data = grid.data
    for part in ("real", "imag"):
        wanted, got = getattr(carried[data], part), getattr(received[data], part)
        success = got * np.sign(wanted) * 2**0.5
        if part == "real":
            middle = np.median(success)
        gain: Any = getattr(gains, part)
        gain[data] = np.clip(gain[data] * (1 + _STEP * (middle - success)), _LEAST, _MOST)


def _added(pixels: Floats, mark: Floats) -> Bytes:
    return np.asarray(np.clip(np.rint(pixels + mark[..., None]), 0, 255), np.uint8)


def luminance_of(pixels: Bytes) -> Floats:
    """Luminance of an array (height, width, 3)."""
    from PIL import Image as Pillow

    return luminance(Pillow.fromarray(pixels))
