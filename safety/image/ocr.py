"""RapidOCR (Apache-2.0; PP-OCR models by Baidu, in the package) as a reader. The one file that imports it."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from safety.image.config import OcrConfig
from safety.image.reading import TextLine
from safety.records import Region

PACKAGE = "rapidocr"
INSTALL = "Not installed: pip install rapidocr."
THREADS = 2  # more would take the cores from the generator


def missing() -> str:
    """Why it cannot read, as one sentence; empty if it can."""
    return "" if importlib.util.find_spec(PACKAGE) else INSTALL


class RapidReader:
    """Finds and reads lines. Loaded at the first picture and kept; one picture at a time."""

    def __init__(self, card: OcrConfig) -> None:
        self._card = card
        self._engine: Any = None
        self._lock = threading.Lock()

    def read(self, image: Image.Image) -> Sequence[TextLine]:
        """Lines in reading order. `image` is RGB."""
        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        with self._lock:
            result = self._loaded()(pixels)
        if result.boxes is None or result.txts is None:
            return ()
        found = zip(result.txts, result.scores, result.boxes, strict=True)
        lines = [(text, _region(box, image.size)) for text, score, box in found if score >= self._card.confidence]
        return [TextLine(text, region) for text, region in lines if region]

    def _loaded(self) -> Any:
        if self._engine is None:
            from rapidocr import RapidOCR

            self._engine = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Global.use_cls": False,  # upside-down lines are not worth a third model
                    "Det.limit_type": "max",
                    "Det.limit_side_len": self._card.side,
                    "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
                }
            )
        return self._engine


def _region(box: Any, size: tuple[int, int]) -> Region | None:
    """The upright box around four corners in pixels; None where nothing of it lies inside."""
    corners = np.clip(np.asarray(box, dtype=float) / np.array(size, dtype=float), 0.0, 1.0)
    (left, top), (right, bottom) = corners.min(0), corners.max(0)
    inside = left < right and top < bottom
    return Region(float(left), float(top), float(right), float(bottom)) if inside else None
