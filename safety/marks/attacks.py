"""Does to a picture what happens to it on its way, and what a forger does: the benchmark and the lessons share it.

Each attack is a function of an RGB picture; none of them keeps metadata. Percentages of a crop are of the side: half of
each side leaves a quarter of the area.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from safety.marks.invisible.tile import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

Attack = Callable[[Image.Image], Image.Image]
_BICUBIC = Image.Resampling.BICUBIC
_BOX_RATIO = 2.5  # width of the box that is drawn over a square picture, as a multiple of its height
# Grey levels: the strength of a copied mark, well above that of a mark as it is made, and still hard to see.
COPIED_STRENGTH = 2.5


def codec(format: str, **options: Any) -> Attack:
    """Encodes and decodes with Pillow's format of that name."""

    def attack(image: Image.Image) -> Image.Image:
        data = BytesIO()
        image.save(data, format, **options)
        return Image.open(data).convert("RGB")

    return attack


def jpeg(quality: int, **options: Any) -> Attack:
    """Encodes as JPEG of this quality and decodes."""
    return codec("JPEG", quality=quality, **options)


def resize(across: float, down: float | None = None) -> Attack:
    """Scales the width by `across` and the height by `down`, or both by `across`."""
    down = across if down is None else down
    return lambda image: image.resize((round(image.width * across), round(image.height * down)), _BICUBIC)


def crop(share: float, left: float | None = None, top: float | None = None) -> Attack:
    """Keeps `share` of each side; `left` and `top` are shares too, the middle if not given."""

    def attack(image: Image.Image) -> Image.Image:
        width, height = round(image.width * share), round(image.height * share)
        x = (image.width - width) // 2 if left is None else round(image.width * left)
        y = (image.height - height) // 2 if top is None else round(image.height * top)
        return image.crop((x, y, x + width, y + height))

    return attack


def at_old_size(attack: Attack) -> Attack:
    """Attacks a picture, then scales it to the size it had."""
    return lambda image: attack(image).resize(image.size, _BICUBIC)


def chain(*attacks: Attack) -> Attack:
    """Attacks a picture with one attack after the other."""

    def chained(image: Image.Image) -> Image.Image:
        for attack in attacks:
            image = attack(image)
        return image

    return chained


def rotate(degrees: float) -> Attack:
    """Turns a picture counter-clockwise; the canvas keeps its size, its corners are black."""
    return lambda image: image.rotate(degrees, _BICUBIC, fillcolor=(0, 0, 0))


def on_pixels(change: Callable[[Any], Any]) -> Attack:
    """Changes the pixels, (height, width, 3), 0 to 255, rounds and clips them."""
    return lambda image: Image.fromarray(np.clip(np.rint(change(np.asarray(image))), 0, 255).astype(np.uint8))


def noise(sigma: float) -> Attack:
    """Adds Gaussian noise of so many grey levels, always the same."""
    return on_pixels(lambda pixels: pixels + np.random.default_rng(12345).normal(0, sigma, pixels.shape))


def brightness(factor: float) -> Attack:
    """Multiplies the brightness."""
    return lambda image: ImageEnhance.Brightness(image).enhance(factor)


def contrast(factor: float) -> Attack:
    """Multiplies the contrast."""
    return lambda image: ImageEnhance.Contrast(image).enhance(factor)


def blur(sigma: float) -> Attack:
    """Blurs by a Gaussian of so many pixels."""
    import cv2

    return on_pixels(lambda pixels: cv2.GaussianBlur(pixels, (0, 0), sigma))


def gamma(power: float) -> Attack:
    """Raises the levels, as shares of 255, to a power."""
    return on_pixels(lambda pixels: 255 * (pixels / 255) ** power)


def screenshot(scale: float = 0.87, grain: float = 0.0, quality: int = 80) -> Attack:
    """Draws a picture anew as a screen does: at another size, with `grain` grey levels of noise, saved as JPEG."""
    drawn = resize(scale)
    return chain(drawn, noise(grain), jpeg(quality)) if grain else chain(drawn, jpeg(quality))


def overlay(share: float = 0.1, words: str = "AI GENERATED") -> Attack:
    """Lays an opaque box with words over a share of the area, above 0 and at most 0.9, in the lower right corner."""
    wide = min(0.95, math.sqrt(_BOX_RATIO * share))

    def attack(image: Image.Image) -> Image.Image:
        image, (width, height) = image.copy(), image.size
        draw, box_height = ImageDraw.Draw(image), int(height * share / wide)
        left, top = width - int(width * wide) - 8, height - box_height - 8
        draw.rectangle((left, top, width - 8, height - 8), fill=(20, 20, 20))
        font = ImageFont.load_default(box_height * 0.5)
        draw.text((left + 8, top + box_height * 0.15), words, (255, 255, 255), font)
        return image

    return attack


def lifted_mark(marked: Image.Image) -> NDArray[np.float32]:
    """Returns what repeats in a marked RGB picture, its own content taken out: an estimate of its mark, (63, 63).

    That is the copy attack of Kutter, Voloshynovskiy and Herrigel (2000): it needs no key, and no original.
    """
    import cv2

    luma = np.asarray(marked.convert("L"), np.float32)
    rest = luma - cv2.bilateralFilter(luma, 9, 12, 5)
    rows, columns = (length // SIDE for length in rest.shape)
    tile = rest[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE).mean((0, 2))
    return np.asarray(tile, np.float32)


def laid_onto(image: Image.Image, tile: NDArray[np.float32], strength: float = COPIED_STRENGTH) -> Image.Image:
    """Returns an RGB picture with a lifted mark, (63, 63), laid onto all of it, so many grey levels strong."""
    width, height = image.size
    tile = tile / max(float(tile.std()), 1e-9) * strength
    whole = np.tile(tile, (height // SIDE + 1, width // SIDE + 1))[:height, :width]
    return on_pixels(lambda pixels: pixels + whole[..., None])(image)
