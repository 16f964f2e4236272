"""The error of latents, weighed so that details are not learned last of all.

Four principal components of a quarter of the latents hold half of what differs between pictures, and the last hundred a
twentieth: under the plain error these wait until the first are known. Divided by the root of each component's variance
all are learned sooner, and the plain error falls as fast (measured: training/pocket/README.md).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.pocket.codes import QUARTERS, quarters

EVEN = 0.5  # exponent: 0 weighs as the plain error does, 1 weighs all components alike
LEAST = 1e-4  # of the largest variance: components below count as of that


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Principal directions of quarters of latents, (512, 512) in columns, and the weight of each, (512)."""

    directions: Tensor
    weights: Tensor

    @classmethod
    def of(cls, latents: np.ndarray) -> "Spectrum":
        """Measure latents, (pictures, 8, 16, 16)."""
        rows = quarters(latents.astype(np.float32)).reshape(-1, latents[0].size // QUARTERS)
        values, vectors = np.linalg.eigh(np.cov(rows, rowvar=False))
        values = np.maximum(values, LEAST * values[-1])
        weights = values**-EVEN
        weights *= values.sum() / (weights * values).sum()
        return cls(torch.from_numpy(vectors.astype(np.float32)), torch.from_numpy(weights.astype(np.float32)))

    def to(self, place: str) -> "Spectrum":
        """The same on another device."""
        return Spectrum(self.directions.to(place), self.weights.to(place))

    def error(self, wrong: Tensor) -> Tensor:
        """Returns the weighed mean square, (batch), of differences (batch, 8, 16, 16)."""
        many, channels, edge, _ = wrong.shape
        half = edge // 2
        cut = wrong.reshape(many, channels, 2, half, 2, half).permute(0, 2, 4, 1, 3, 5).reshape(many, QUARTERS, -1)
        return ((cut @ self.directions).square() * self.weights).mean((1, 2))
