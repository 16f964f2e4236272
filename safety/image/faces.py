"""Faces and how old they look. The one file of the checks that imports cv2, and only at the first look."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from safety.image.classifiers import Model
from safety.runtime import verified
from safety.weights import Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG = 640  # pixels; larger pictures are searched at this long side
OVERLAP, MOST = 0.3, 50  # boxes that overlap more are one face; faces at most
SIDE = 112  # pixels, what the age network was trained on


@dataclass(frozen=True, slots=True)
class Face:
    """A face: `box` is left, top, right, bottom in pixels of the picture, and may reach beyond it."""

    box: tuple[float, float, float, float]
    score: float


class Faces:
    """Finds faces by YuNet (Wu, Peng, Yu: Machine Intelligence Research 2023). Safe to call from threads.

    `ages` is the age network of face-api: (faces, 112, 112, 3), RGB 0..255 -> years, (faces, 1).
    """

    def __init__(self, weights: Weights, ages: Model) -> None:
        self._weights, self._ages = weights, ages
        self._detector: Any = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Reads the weights, if they are not loaded. Raises WeightsError."""
        with self._lock:
            self._load()
        self.age(Image.new("RGB", (SIDE, SIDE)), Face((0, 0, SIDE, SIDE), 1.0))

    def find(self, image: Image.Image, at_least: float) -> list[Face]:
        """Every face whose score is at least this. `image` is RGB. Raises WeightsError."""
        scale = min(1.0, LONG / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        pixels = np.ascontiguousarray(np.asarray(image.resize(size, Image.Resampling.BILINEAR))[:, :, ::-1])
        with self._lock:
            detector = self._load()
            detector.setInputSize(size)
            detector.setScoreThreshold(at_least)
            _, rows = detector.detect(pixels)
        found = [] if rows is None else rows
        return [Face(_corners(row[:4] / scale), min(1.0, float(row[14]))) for row in found]

    def _load(self) -> Any:
        if self._detector is None:
            import cv2

            data = np.frombuffer(verified(self._weights.path(), self._weights.sha256), np.uint8)
            level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of its own default
            no_config, anything = np.array([], np.uint8), 0.9  # the score is set anew for every picture
            self._detector = cv2.FaceDetectorYN.create("onnx", data, no_config, (LONG, LONG), anything, OVERLAP, MOST)
            cv2.utils.logging.setLogLevel(level)
        return self._detector

    def age(self, image: Image.Image, face: Face) -> float:
        """How old a face looks, in years; wrong by ten and more. Never kept. Raises WeightsError, ValueError."""
        left, top, right, bottom = face.box
        reach = max(right - left, bottom - top) / 2
        across, down = (left + right) / 2, (top + bottom) / 2
        box = (round(across - reach), round(down - reach), round(across + reach), round(down + reach))
        crop = image.crop(box).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        years = self._ages.run(np.asarray(crop, dtype=np.float32)[None])
        if years.shape != (1, 1) or not np.isfinite(years).all():
            raise ValueError("face_age gave no age")
        return float(years[0, 0])


def _corners(row: NDArray[np.float32]) -> tuple[float, float, float, float]:
    left, top, width, height = (float(value) for value in row)
    return left, top, left + width, top + height
