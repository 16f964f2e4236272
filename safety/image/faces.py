"""Faces in a picture and how old they look. OpenCV is imported at the first picture."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from safety.image.classifiers import ModelRunner
from safety.weights import Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEARCH_SIDE = 640  # pixels; larger pictures are searched at this long side
MAX_OVERLAP = 0.3  # intersection over union; boxes that overlap more are one face
MAX_FACES = 50
AGE_SIDE = 112  # pixels, what the age network was trained on


@dataclass(frozen=True, slots=True)
class Face:
    """Holds a face: `box` is (left, top, right, bottom) in pixels of the picture, and may reach beyond it."""

    box: tuple[float, float, float, float]
    score: float  # 0..1

    @property
    def side(self) -> float:
        """The longer side of the box, in pixels of the picture."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)


class FaceAnalyzer:
    """Detects faces and estimates their age; threads may share it.

    Faces by YuNet (Wu, Peng and Yu, Machine Intelligence Research 2023). `age_model` is the age network of face-api:
    (faces, 112, 112, 3), RGB 0..255 -> years, (faces, 1).
    """

    def __init__(self, weights: Weights, age_model: ModelRunner) -> None:
        self._weights, self._age_model = weights, age_model
        self._detector: Any = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Loads both models, if they are not loaded. Raises WeightsError."""
        with self._lock:
            self._loaded_detector()
        self.apparent_age(Image.new("RGB", (AGE_SIDE, AGE_SIDE)), Face((0, 0, AGE_SIDE, AGE_SIDE), 1.0))

    def detect(self, image: Image.Image, min_score: float) -> list[Face]:
        """Returns every face of an RGB picture that scores at least `min_score`. Raises WeightsError."""
        scale = min(1.0, SEARCH_SIDE / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        bgr = np.ascontiguousarray(np.asarray(image.resize(size, Image.Resampling.BILINEAR))[:, :, ::-1])
        with self._lock:
            detector = self._loaded_detector()
            detector.setInputSize(size)
            detector.setScoreThreshold(min_score)
            _, rows = detector.detect(bgr)
        # A row: left, top, width, height, five landmarks as x and y, score.
        return [Face(_corners(row[:4] / scale), min(1.0, float(row[14]))) for row in ([] if rows is None else rows)]

    def apparent_age(self, image: Image.Image, face: Face) -> float:
        """Returns how old a face looks, in years: the older of it and its mirror image, which differ by six and more.

        Errors of ten years are common all the same. It is never kept. Raises WeightsError, and ValueError where the
        network gives no number.
        """
        left, top, right, bottom = face.box
        reach = max(right - left, bottom - top) / 2
        across, down = (left + right) / 2, (top + bottom) / 2
        box = (round(across - reach), round(down - reach), round(across + reach), round(down + reach))
        crop = image.crop(box).resize((AGE_SIDE, AGE_SIDE), Image.Resampling.BILINEAR)
        pixels = np.asarray(crop, dtype=np.float32)
        years = self._age_model.run(np.stack([pixels, pixels[:, ::-1]]))
        if years.shape != (2, 1) or not np.isfinite(years).all():
            raise ValueError("face_age gave no age")
        return float(years.max())

    def _loaded_detector(self) -> Any:
        """Returns the detector, loaded if need be. The caller holds the lock."""
        if self._detector is None:
            import cv2

            data = np.frombuffer(self._weights.read(), np.uint8)
            # It warns of its own default otherwise.
            level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
            # No configuration file, and a score that `detect` sets anew for every picture.
            no_config, score = np.array([], np.uint8), 0.9
            size = (SEARCH_SIDE, SEARCH_SIDE)
            self._detector = cv2.FaceDetectorYN.create("onnx", data, no_config, size, score, MAX_OVERLAP, MAX_FACES)
            cv2.utils.logging.setLogLevel(level)
        return self._detector


def _corners(row: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Turns (left, top, width, height) into (left, top, right, bottom)."""
    left, top, width, height = (float(value) for value in row)
    return left, top, left + width, top + height
