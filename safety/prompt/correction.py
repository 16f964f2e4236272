"""Corrects what the classifier reads by what reviewers decided: prompts near to those that were judged wrong.

A correction has a gate for prompts that were stopped wrongly, and one for those that passed wrongly: a weight for each
feature of the encoder. A gate opens for what is likelier to belong to them than not, and stays shut, with no effect at
all, for everything else. Open, it moves the log-odds that a prompt should be stopped, and that it should be refused, by
at most `bound`. A correction holds weights alone and no prompt. What no mode relaxes is read without it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from safety.config import ConfigModel

MAX_BOUND = 4.0  # of the log-odds; no file of an operator may ask for more
MAX_LOGIT = 60.0
Features = NDArray[np.float32]


class Gate(ConfigModel):
    """Holds one gate: `way` -1 lets pass, 1 stops. `weights`: (width,), of standardised features of length one."""

    way: Literal[-1, 1]
    bias: float
    weights: tuple[float, ...]


class Correction(ConfigModel):
    """Holds one correction. `model`: SHA-256 of the weights whose features it is for. `mean`, `scale`: (width,)."""

    model: str = Field(pattern="^[0-9a-f]{64}$")
    bound: Annotated[float, Field(gt=0.0, le=MAX_BOUND)]
    mean: tuple[float, ...]
    scale: tuple[Annotated[float, Field(gt=0.0)], ...]
    gates: tuple[Gate, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.mean or {len(part) for part in (self.scale, *(gate.weights for gate in self.gates))} != {
            len(self.mean)
        }:
            raise ValueError("mean, scale and weights must have a number for each feature")
        numbers = [*self.mean, *self.scale, *(value for gate in self.gates for value in (gate.bias, *gate.weights))]
        if not np.isfinite(numbers).all():
            raise ValueError("a correction must be numbers")
        return self

    def shift(self, features: Features) -> Features:
        """Returns what is added to the log-odds of texts with these features, (texts, width) -> (texts,).

        Raises ValueError for features of another width, and for those that are no number.
        """
        if features.shape[1:] != (len(self.mean),):
            raise ValueError(f"the correction has {len(self.mean)} weights, the model {features.shape[1:]} features")
        if not np.isfinite(features).all():
            raise ValueError("the model gave no number for a feature")
        unit = unit_features(features, np.array(self.mean), np.array(self.scale))
        moved = np.zeros(len(features))
        for gate in self.gates:
            moved += gate.way * self.bound * opening(unit @ np.array(gate.weights) + gate.bias)
        return np.clip(moved, -self.bound, self.bound).astype(np.float32)


def unit_features(features: Features, mean: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns features (rows, width) standardised and brought to length one."""
    standard = (features - mean) / scale
    unit: NDArray[np.float64] = standard / np.maximum(np.linalg.norm(standard, axis=1, keepdims=True), 1e-6)
    return unit


def opening(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns how far a gate is open, 0..1: shut up to a probability of one half."""
    chance = 1 / (1 + np.exp(-np.clip(logits, -MAX_LOGIT, MAX_LOGIT)))
    opened: NDArray[np.float64] = np.clip(2 * chance - 1, 0, 1)
    return opened
