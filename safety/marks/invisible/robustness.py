"""What a mark is tried with before it is written: the probes are what its robustness promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from safety.generation import Stamp
from safety.marks.invisible.detect import detect_in
from safety.marks.invisible.mask import Bytes

Probe = Callable[[Bytes], Bytes]
CROPPED_FROM = 384  # pixels; what a smaller picture loses by a crop no strength brings back
AMPLE = 0.6  # score after heavy WebP from which heavy JPEG is spared: of 117 such marks, all read 0.58 or more in JPEG


def probes(shape: tuple[int, ...]) -> list[Probe]:
    """What a mark must survive: heavy WebP, heavy JPEG, and a crop to a quarter of the area, off the tile's grid."""
    height, width = shape[:2]
    top, left = height // 4 + 5, width // 4 + 3
    inner = np.s_[top : top + height // 2, left : left + width // 2]
    if min(height, width) < CROPPED_FROM:
        return [heavy_webp, heavy_jpeg]
    return [heavy_webp, heavy_jpeg, lambda marked: _recoded(marked[inner], ".jpg", 85)]


def failing(asked: list[Probe], marked: Bytes, stamp: Stamp, key: bytes) -> list[Probe]:
    """The probes that the mark does not survive. Heavy JPEG is the milder codec: ample room in WebP answers for it."""
    scores: dict[Probe, float] = {}
    for probe in asked:
        spared = probe is heavy_jpeg and scores.get(heavy_webp, 0) >= AMPLE
        scores[probe] = 1.0 if spared else score(probe(marked), stamp, key)
    return [probe for probe in asked if not scores[probe]]


def score(picture: Bytes, stamp: Stamp, key: bytes) -> float:
    """How well the stamp is read, 0 (not at all) to 1."""
    reading = detect_in(picture, (key,), thorough=False)
    return reading.score if reading and reading.stamp == stamp else 0.0


def heavy_webp(picture: Bytes) -> Bytes:
    return _recoded(picture, ".webp", 50)


def heavy_jpeg(picture: Bytes) -> Bytes:
    return _recoded(picture, ".jpg", 30)


def _recoded(picture: Bytes, suffix: str, quality: int) -> Bytes:
    import cv2

    flag = cv2.IMWRITE_WEBP_QUALITY if suffix == ".webp" else cv2.IMWRITE_JPEG_QUALITY
    _, data = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), (flag, quality))
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
