"""Attacks a mark before it is handed out: what it survives here is what its robustness promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from safety.generation import Stamp
from safety.marks.invisible.detect import detect_pixels
from safety.marks.invisible.mask import Bytes

Attack = Callable[[Bytes], Bytes]  # of RGB pixels, (height, width, 3)
MIN_CROPPED_SIDE = 384  # pixels; what a smaller picture loses by a crop no strength brings back
# The score after heavy WebP from which heavy JPEG need not be tried: of 117 such marks, all had 0.58 or more in JPEG.
AMPLE_SCORE = 0.6


def required_attacks(shape: tuple[int, ...]) -> list[Attack]:
    """Returns what a mark in pixels of this shape must survive.

    Heavy WebP, heavy JPEG, and in a large picture a crop to a quarter of the area, off the tile's grid.
    """
    height, width = shape[:2]
    top, left = height // 4 + 5, width // 4 + 3
    inner = np.s_[top : top + height // 2, left : left + width // 2]
    if min(height, width) < MIN_CROPPED_SIDE:
        return [heavy_webp, heavy_jpeg]
    return [heavy_webp, heavy_jpeg, lambda marked: _recoded(marked[inner], ".jpg", 85)]


def fatal_attacks(attacks: list[Attack], marked: Bytes, stamp: Stamp, key: bytes) -> list[Attack]:
    """Returns the attacks that the mark does not survive."""
    scores: dict[Attack, float] = {}
    for attack in attacks:
        # Heavy JPEG is the milder codec: ample room in WebP answers for it.
        spared = attack is heavy_jpeg and scores.get(heavy_webp, 0) >= AMPLE_SCORE
        scores[attack] = 1.0 if spared else score(attack(marked), stamp, key)
    return [attack for attack in attacks if not scores[attack]]


def score(picture: Bytes, stamp: Stamp, key: bytes) -> float:
    """Returns how well the stamp is read from RGB pixels, 0 (not at all) to 1."""
    mark = detect_pixels(picture, (key,), thorough=False)
    return mark.score if mark and mark.stamp == stamp else 0.0


def heavy_webp(picture: Bytes) -> Bytes:
    """Returns RGB pixels as WebP of quality 50 leaves them."""
    return _recoded(picture, ".webp", 50)


def heavy_jpeg(picture: Bytes) -> Bytes:
    """Returns RGB pixels as JPEG of quality 30 leaves them."""
    return _recoded(picture, ".jpg", 30)


def _recoded(picture: Bytes, suffix: str, quality: int) -> Bytes:
    import cv2

    flag = cv2.IMWRITE_WEBP_QUALITY if suffix == ".webp" else cv2.IMWRITE_JPEG_QUALITY
    _, data = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), (flag, quality))
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
