"""The figures that are quoted, each with its 95 % bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DRAWS = 400
BINS = 10

Measure = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and the interval that 95 % of the draws with replacement fall into."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def figure(measure: Measure, labels: np.ndarray, scores: np.ndarray, seed: int = 0) -> Figure:
    """The measure on all rows, with its interval. `labels` are 0 or 1, `scores` 0..1, both (rows,)."""
    rng = np.random.default_rng(seed)
    draws = [rng.integers(0, len(labels), len(labels)) for _ in range(DRAWS)]
    values = [measure(labels[draw], scores[draw]) for draw in draws]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Figure(measure(labels, scores), float(low), float(high))


def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Probability that a harmful row scores above a benign one, ties counted half (Mann and Whitney, 1947)."""
    positive = int(labels.sum())
    negative = len(labels) - positive
    if not positive or not negative:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[labels == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def best_f1(labels: np.ndarray, scores: np.ndarray) -> float:
    """The greatest F1 over all thresholds."""
    return f1_at(1.0)(labels, scores)


def f1_at(most_false: float) -> Measure:
    """The greatest F1 over the thresholds that flag at most this share of the benign rows."""

    def measure(labels: np.ndarray, scores: np.ndarray) -> float:
        order = np.argsort(-scores, kind="stable")
        hits, falses = np.cumsum(labels[order]), np.cumsum(1 - labels[order])
        last = np.r_[np.diff(scores[order]) != 0, True]  # a threshold flags all rows of one score
        allowed = last & (falses <= most_false * max(1, falses[-1]))
        f1 = 2 * hits / (np.arange(1, len(labels) + 1) + hits[-1])
        return float(f1[allowed].max(initial=0.0))

    return measure


def share_above(threshold: float) -> Measure:
    """The share of rows with at least this score."""
    return lambda labels, scores: float((scores >= threshold).mean())


def calibration_error(labels: np.ndarray, scores: np.ndarray) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al., 2015)."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    gaps = [abs(labels[bins == b].mean() - scores[bins == b].mean()) * (bins == b).sum() for b in np.unique(bins)]
    return float(sum(gaps) / len(labels))


def threshold_at(scores: np.ndarray, most_false: float) -> float:
    """The least score above which at most this share of benign rows lies."""
    return float(np.nextafter(np.quantile(scores, 1 - most_false, method="higher"), np.inf))
