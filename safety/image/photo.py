"""Tells photographs from flat drawings and diagrams: a small network trained by training/picture_checks/.

It knows surfaces, not subjects. Paintings and engravings look photographic to it: it errs on the strict side.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from safety.image.classifiers import ModelRunner

LONG_SIDE = 384  # pixels; larger pictures are looked at in this size


class PhotoClassifier:
    """Scores how photographic a picture looks, by a model of (1, 3, height, width), RGB 0..255 -> 0..1, (1, 1)."""

    def __init__(self, model: ModelRunner) -> None:
        self._model = model

    def score(self, image: Image.Image) -> float:
        """Returns how photographic an RGB picture looks, 0..1. Raises WeightsError, and ValueError for no number."""
        scale = min(1.0, LONG_SIDE / max(image.size))
        # The network halves a picture three times.
        width, height = (max(8, round(side * scale)) for side in image.size)
        pixels = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
        output = self._model.run(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]))
        if output.shape != (1, 1) or not np.isfinite(output).all():
            raise ValueError("photo_or_drawing gave no score")
        return float(np.clip(output[0, 0], 0.0, 1.0))
