"""Lists what is done to marked pictures here: attacks by name, built from those of safety/marks/attacks.py.

`RESEARCH` is the list that the mark was tuned on, `BEYOND` what it was not tuned on.
"""

from __future__ import annotations

import cv2
from PIL import Image, ImageFilter

from safety.marks.attacks import (
    Attack,
    at_old_size,
    blur,
    brightness,
    chain,
    codec,
    contrast,
    crop,
    gamma,
    jpeg,
    noise,
    on_pixels,
    overlay,
    resize,
    rotate,
    screenshot,
)

_PAGE = (242, 242, 240)  # the ground of a web page


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
    "screenshot": screenshot(),
    "overlay10": overlay(),
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
