"""Draws attacks at random: thirty kinds, each with its ranges. No strength is a fixed one that a search could learn.

A kind is a function of a random generator; it draws its strengths and returns the attack, so that two generators of
one seed give the same attack. The ranges are what happens to a picture on its way, up to where it is still worth
passing on. No side is enlarged beyond `MAX_SIDE`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

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
)

Random = np.random.Generator
Kind = Callable[[Random], Attack]
MIN_SCALE, MAX_SCALE = 0.35, 3.5
MAX_SIDE = 4096  # pixels


def scaled(factor: float) -> Attack:
    """Scales both sides, no side beyond `MAX_SIDE`."""
    return lambda image: resize(min(factor, max(1.0, MAX_SIDE / max(image.size))))(image)


def long_side(length: int) -> Attack:
    """Scales the long side to so many pixels, whatever it was."""
    return lambda image: resize(length / max(image.size))(image)


def part(random: Random, low: float, high: float = 0.95) -> Attack:
    """Keeps a share of the width and another of the height, anywhere in the picture."""
    across, down = random.uniform(low, high, 2)
    left, top = random.uniform(0, 1 - across), random.uniform(0, 1 - down)

    def attack(image: Image.Image) -> Image.Image:
        x, y = round(image.width * left), round(image.height * top)
        return image.crop((x, y, x + round(image.width * across), y + round(image.height * down)))

    return attack


def page(random: Random, widest: float) -> Attack:
    """Lays the picture on a plain page: margins of up to `widest` of its long side, each of its own width."""
    margins, colour = random.uniform(0, widest, 4), tuple(random.integers(0, 256, 3).tolist())
    if random.random() < 0.6:
        colour = ((255, 255, 255), (0, 0, 0), (242, 242, 240), (24, 26, 27))[int(random.integers(4))]

    def attack(image: Image.Image) -> Image.Image:
        left, top, right, bottom = (round(share * max(image.size)) for share in margins)
        whole = Image.new("RGB", (image.width + left + right, image.height + top + bottom), colour)
        whole.paste(image, (left, top))
        return whole

    return attack


def perspective(random: Random, most: float) -> Attack:
    """Moves each corner inwards by up to `most` of the side, as a camera does that is not quite in front."""
    moves = random.uniform(0, most, (4, 2))

    def attack(image: Image.Image) -> Image.Image:
        size = np.array(image.size, np.float32)
        corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
        inwards = corners + moves * np.where(corners > 0, -1, 1)
        matrix = cv2.getPerspectiveTransform(corners * size, np.asarray(inwards * size, np.float32))
        seen = cv2.warpPerspective(np.asarray(image), matrix, image.size, flags=cv2.INTER_CUBIC)
        return Image.fromarray(np.asarray(seen, np.uint8))

    return attack


def colours(random: Random) -> Attack:
    """Changes saturation and the balance of the channels, as a filter of a phone does; now and then all to grey."""
    saturation, balance = random.uniform(0.3, 1.7), random.uniform(0.88, 1.12, 3)
    if random.random() < 0.2:
        return lambda image: image.convert("L").convert("RGB")
    tinted = on_pixels(lambda pixels: pixels * balance)
    return lambda image: tinted(ImageEnhance.Color(image).enhance(saturation))


def log_uniform(random: Random, low: float, high: float) -> float:
    """Draws a factor: as many between 0.5 and 1 as between 1 and 2."""
    return float(math.exp(random.uniform(math.log(low), math.log(high))))


def _quality(random: Random, low: int, high: int) -> int:
    return int(random.integers(low, high + 1))


def _stretch(random: Random) -> Attack:
    ratio = log_uniform(random, 0.9, 1.1)
    return resize(ratio, 1.0) if random.random() < 0.5 else resize(1.0, ratio)


def _messenger(random: Random) -> Attack:
    return chain(long_side(int(random.integers(800, 1601))), jpeg(_quality(random, 60, 85), subsampling=2))


def _screenshot(random: Random) -> Attack:
    borders, size = page(random, 0.3), scaled(log_uniform(random, 0.5, 2.0))
    return chain(borders, size, jpeg(_quality(random, 60, 90)))


def _photo_of_a_screen(random: Random) -> Attack:
    seen = [perspective(random, 0.02), scaled(log_uniform(random, 0.7, 1.6)), blur(random.uniform(0.5, 1.0))]
    light = [gamma(random.uniform(0.8, 1.25)), noise(random.uniform(1, 4)), jpeg(_quality(random, 75, 92))]
    return chain(*seen, *light)


def _transposed(number: int) -> Attack:
    return lambda image: image.transpose(Image.Transpose(number))


def _sharpened(random: Random) -> Attack:
    kernel = ImageFilter.UnsharpMask(random.uniform(1, 3), int(random.integers(50, 181)), 0)
    return lambda image: image.filter(kernel)


def _palette(random: Random) -> Attack:
    count = int(random.integers(48, 257))
    return lambda image: image.quantize(count).convert("RGB")


KINDS: dict[str, Kind] = {
    "jpeg": lambda random: jpeg(_quality(random, 30, 95)),
    "jpeg_420": lambda random: jpeg(_quality(random, 40, 90), subsampling=2),
    "jpeg_twice": lambda random: chain(jpeg(_quality(random, 50, 90)), jpeg(_quality(random, 50, 90))),
    "webp": lambda random: codec("WEBP", quality=_quality(random, 50, 90)),
    "avif": lambda random: codec("AVIF", quality=_quality(random, 50, 85), speed=8),
    "reduced": lambda random: scaled(log_uniform(random, MIN_SCALE, 0.95)),
    "enlarged": lambda random: scaled(log_uniform(random, 1.05, MAX_SCALE)),
    "reduced_and_back": lambda random: at_old_size(resize(random.uniform(0.45, 0.9))),
    "stretched": _stretch,
    "cropped_middle": lambda random: crop(random.uniform(0.5, 0.95)),
    "cropped_anywhere": lambda random: part(random, 0.55),
    "cropped_and_back": lambda random: at_old_size(crop(random.uniform(0.6, 0.95))),
    "rotated": lambda random: rotate(random.uniform(-15, 15)),
    "turned_or_mirrored": lambda random: _transposed(int(random.integers(7))),
    "brightness": lambda random: brightness(random.uniform(0.6, 1.4)),
    "contrast": lambda random: contrast(random.uniform(0.6, 1.4)),
    "gamma": lambda random: gamma(log_uniform(random, 0.55, 1.8)),
    "colours": colours,
    "blur": lambda random: blur(random.uniform(0.5, 2.0)),
    "noise": lambda random: noise(random.uniform(3, 15)),
    "median": lambda random: chain(on_pixels(lambda pixels: cv2.medianBlur(pixels, 3)), jpeg(_quality(random, 80, 95))),
    "palette": _palette,
    "sharpened": _sharpened,
    "overlay": lambda random: overlay(random.uniform(0.05, 0.3)),
    "on_a_page": lambda random: page(random, 0.5),
    "screenshot": _screenshot,
    "messenger": _messenger,
    "enlarged_and_cropped": lambda random: chain(
        scaled(log_uniform(random, 1.1, 2.5)), part(random, 0.6), jpeg(_quality(random, 70, 95))
    ),
    "reduced_and_rotated": lambda random: chain(
        scaled(log_uniform(random, 0.5, 0.95)), rotate(random.uniform(-8, 8)), jpeg(_quality(random, 70, 95))
    ),
    "photo_of_a_screen": _photo_of_a_screen,
}
