"""Features of ordinary prompts: what a category made from examples is told apart from, and measured on.

Real prompts are nobody's to pass on, so their features ship in place of them: the encoder's mean hidden states,
standardised, brought to length one, reduced to their main directions (PCA) and rounded to eight bits. No prompt can be
read from these. training/prompt_classifier/ordinary.py makes the file.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safety.errors import WeightsError
from safety.weights import RESTORE, read_weights

FOLDER = "ordinary_prompts"
ENTRY = "features"
LEVELS = 127  # of eight bits, to either side

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FeatureSpace:
    """Turns features of the encoder into points.

    mean, scale: (width,), of features of ordinary prompts. basis: (width, directions), orthonormal.
    """

    mean: Array
    scale: Array
    basis: Array

    def points(self, features: Array) -> Array:
        """Returns the points (rows, directions) of features (rows, width)."""
        standard = (features - self.mean) / self.scale
        unit = standard / np.maximum(np.linalg.norm(standard, axis=1, keepdims=True), 1e-6)
        points: Array = (unit @ self.basis).astype(np.float32)
        return points


@dataclass(frozen=True, slots=True)
class OrdinaryPrompts:
    """Holds the points of ordinary prompts, (prompts, directions), and the space that they lie in.

    points: of real prompts. captions: of harmless captions of several styles and of harmless prompts that sound risky;
    without them a category would be told by the style of its examples, or by their subject alone. spread: the mean
    variance of features over the whole width, the unit of how far a covariance is shrunk.
    """

    space: FeatureSpace
    points: Array
    captions: Array
    spread: float


@lru_cache(maxsize=2)
def load_ordinary_prompts(models: Path, classifier: str) -> OrdinaryPrompts:
    """Reads the features in `models`; `classifier` is the SHA-256 of the encoder's weights, which they must be of.

    Raises WeightsError where the file is missing, not the recorded one, damaged or of another encoder.
    """
    weights = read_weights(models / FOLDER)
    if ENTRY not in weights:
        raise WeightsError(f"{models / FOLDER / 'weights.toml'} has no entry {ENTRY!r}.", RESTORE)
    made_of, ordinary = read_features(weights[ENTRY].read())
    if made_of != classifier:
        raise WeightsError(
            "The features of ordinary prompts are of another prompt classifier than the one that is here.",
            "Run python -m training.prompt_classifier.ordinary, or install Safelight again.",
        )
    return ordinary


def write_features(ordinary: OrdinaryPrompts, classifier: str) -> bytes:
    """Returns the file of these features, of the encoder with this SHA-256. Points are rounded to eight bits."""
    both = np.concatenate([ordinary.points, ordinary.captions])
    steps = np.abs(both).max(axis=0) / LEVELS
    file = io.BytesIO()
    np.savez_compressed(
        file,
        mean=ordinary.space.mean.astype(np.float16),
        scale=ordinary.space.scale.astype(np.float16),
        basis=ordinary.space.basis.astype(np.float16),
        steps=steps.astype(np.float32),
        points=np.round(both / steps).astype(np.int8),
        real=np.int32(len(ordinary.points)),
        spread=np.float32(ordinary.spread),
        classifier=np.frombuffer(bytes.fromhex(classifier), np.uint8),
    )
    return file.getvalue()


def read_features(data: bytes) -> tuple[str, OrdinaryPrompts]:
    """Returns the SHA-256 of the encoder and the features of a file. Raises WeightsError for a damaged one."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            parts: dict[str, Any] = {name: file[name] for name in file.files}
        space = FeatureSpace(*(parts[name].astype(np.float32) for name in ("mean", "scale", "basis")))
        points = parts["points"].astype(np.float32) * parts["steps"]
        real = int(parts["real"])
        ordinary = OrdinaryPrompts(space, points[:real], points[real:], float(parts["spread"]))
        fits = points.ndim == 2 and points.shape[1] == space.basis.shape[1] and 0 < real < len(points)
        if not fits or not np.isfinite(points).all():
            raise ValueError("its parts do not fit together")
        return parts["classifier"].tobytes().hex(), ordinary
    # A damaged archive raises whatever its reader meets.
    except Exception as error:
        raise WeightsError(f"The features of ordinary prompts cannot be read: {error}", RESTORE) from error
