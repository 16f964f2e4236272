"""Does to a picture what happens to it on its way: attacks by name, each a function of an RGB picture.

`RESEARCH` is the list that the mark was tuned on, `BEYOND` what it was not tuned on. Percentages of a crop are of the
side: half of each side leaves a quarter of the area.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

Attack = Callable[[Image.Image], Image.Image]
_BICUBIC = Image.Resampling.BICUBIC
_PAGE = (242, 242, 240)  # the ground of a web page


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
    return on_pixels(lambda pixels: cv2.GaussianBlur(pixels, (0, 0), sigma))


def gamma(power: float) -> Attack:
    """Raises the levels, as shares of 255, to a power."""
    return on_pixels(lambda pixels: 255 * (pixels / 255) ** power)


def overlay(image: Image.Image) -> Image.Image:
    """Lays an opaque box with words over a tenth of the area."""
    image, (width, height) = image.copy(), image.size
    draw, box_height = ImageDraw.Draw(image), int(height * 0.2)
    left, top = width - int(width * 0.5) - 8, height - box_height - 8
    draw.rectangle((left, top, width - 8, height - 8), fill=(20, 20, 20))
    font = ImageFont.load_default(box_height * 0.5)
    draw.text((left + 8, top + box_height * 0.15), "AI GENERATED", (255, 255, 255), font)
    return image


def pasted(image: Image.Image) -> Image.Image:
    """Pastes a picture onto a page of 1.6 times its size, off its middle."""
    page = Image.new("RGB", (round(image.width * 1.6), round(image.height * 1.6)), _PAGE)
    page.paste(image, (round(image.width * 0.13), round(image.height * 0.37)))
    return page


def messenger(image: Image.Image) -> Image.Image:
    """Scales the long side to 1,280 px, whatever it was, then encodes as JPEG 75 with chroma at half its resolution."""
    scale = 1280 / max(image.size)
    return jpeg(75, subsampling=2)(resize(scale)(image))


RESEARCH: dict[str, Attack] = {
    "none": lambda image: image,
    **{f"jpeg{quality}": jpeg(quality) for quality in (90, 75, 50, 30)},
    **{f"webp{quality}": codec("WEBP", quality=quality) for quality in (80, 50)},
    "avif50": codec("AVIF", quality=50),
    **{f"resize{round(100 * share)}": resize(share) for share in (0.5, 0.75, 1.5)},
    "resize50_back": at_old_size(resize(0.5)),
    **{f"crop{round(100 * share)}": crop(share) for share in (0.9, 0.7, 0.5)},
    "crop_3_5px": lambda image: image.crop((3, 5, *image.size)),
    "crop90_back": at_old_size(crop(0.9)),
    "crop70_back": at_old_size(crop(0.7)),
    "rot1": rotate(1),
    "rot5": rotate(5),
    "rot90": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "hflip": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "bright130": brightness(1.3),
    "bright70": brightness(0.7),
    "contrast130": contrast(1.3),
    "contrast70": contrast(0.7),
    "blur1": blur(1),
    "blur2": blur(2),
    "noise5": noise(5),
    "noise15": noise(15),
    "median3": on_pixels(lambda pixels: cv2.medianBlur(pixels, 3)),
    "gif256": lambda image: image.quantize(256).convert("RGB"),
    "screenshot": chain(resize(0.87), jpeg(80)),
    "overlay10": overlay,
    "combined": chain(resize(0.7), crop(0.9), jpeg(70)),
}
BEYOND: dict[str, Attack] = {
    "gamma60": gamma(0.6),
    "gamma160": gamma(1.6),
    "sharpen": lambda image: image.filter(ImageFilter.UnsharpMask(2, 150, 0)),
    "jpeg40_420": jpeg(40, subsampling=2),
    "jpeg_twice": chain(jpeg(75), jpeg(55)),
    "resize63": resize(0.63),
    "crop_corner": crop(0.6, 0.07, 0.31),
    "rot3": rotate(3),
    "rot12": rotate(12),
    "stretch4_wide": resize(1.04, 1),
    "stretch4_high": resize(1, 1.04),
    "pasted": pasted,
    "messenger1280": messenger,
}
ATTACKS = RESEARCH | BEYOND
SAME_GEOMETRY = tuple(
    name
    for name in ATTACKS
    if name.startswith(
        ("none", "jpeg", "webp", "avif", "bright", "contrast", "blur", "noise", "median", "gif", "gamma")
    )
) + ("resize50_back", "overlay10", "sharpen")
