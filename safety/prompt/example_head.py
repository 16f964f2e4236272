"""A category from a few examples: how near a prompt comes to them, against ordinary prompts.

A shrunk linear discriminant (Fisher, 1936; Ledoit and Wolf, 2004) on the encoder's features: with five examples a mean
is all that can be learned, and how ordinary prompts vary is known from thousands. The limit is the score that a stated
share of ordinary prompts, and of captions, which the head did not learn from would reach: a quantile, since their tail
is no Gaussian's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from safety.prompt.ordinary_prompts import Array, OrdinaryPrompts

RIDGE = 1.0  # how far the covariance is shrunk towards that of all features
AGAINST = 0.5  # of the mean that examples are told apart from, where an operator names what is not meant
MIN_OWN = 50  # ordinary prompts of an operator's own: of fewer, no share can be told
TYPICAL = 0.9  # the score that half of the examples reach when each is left out
AT_LIMIT = 0.5  # the score at the limit
MIN_UNIT = 0.25  # of the deviation of ordinary prompts' raw scores: a smaller unit would make noise look sure
MAX_LOGIT = 60.0


@dataclass(frozen=True, slots=True)
class ExampleHead:
    """Scores points. weights: (directions,). limit: the raw score that becomes 0.5; unit: of the raw score."""

    weights: Array
    limit: float
    unit: float

    def scores(self, points: Array) -> Array:
        """Returns scores 0..1 of points (rows, directions); 0.5 is the limit."""
        logits = (points @ self.weights - np.float32(self.limit)) / np.float32(self.unit)
        scores: Array = 1 / (1 + np.exp(-np.clip(logits, -MAX_LOGIT, MAX_LOGIT)))
        return scores.astype(np.float32)


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """Says how a head does. found: of its examples, each left out once, the share that it would stop, 0..1.

    The others are counts of what it did not learn from: of so many ordinary prompts, of so many captions, and of so
    many ordinary prompts of the operator's own it would stop so many.
    """

    found: float
    stopped: int
    ordinary: int
    captions_stopped: int = 0
    captions: int = 0
    own_stopped: int = 0
    own: int = 0

    @property
    def share(self) -> float:
        """Returns the greatest of the shares that it would stop, 0..1."""
        pairs = (
            (self.stopped, self.ordinary),
            (self.captions_stopped, self.captions),
            (self.own_stopped, self.own),
        )
        return max(stopped / max(count, 1) for stopped, count in pairs)


def fit_head(
    examples: Array, against: Array, ordinary: OrdinaryPrompts, own: Array, share: float
) -> tuple[ExampleHead, HeadFigures]:
    """Fits a head to points (rows, directions) and says how it does.

    against: examples of what is not meant, perhaps none. own: ordinary prompts of the operator's. share: of ordinary
    prompts that may be stopped, 0..1.
    """
    learned = [group[::2] for group in (ordinary.points, ordinary.captions)]
    held_out = [group[1::2] for group in (ordinary.points, ordinary.captions)]
    usual, inverse = _usual(learned, ordinary.spread)
    if len(against):
        usual = (1 - AGAINST) * usual + AGAINST * against.mean(axis=0)
    weights = inverse @ (examples.mean(axis=0) - usual)
    measured = held_out + ([own] if len(own) >= MIN_OWN else [])
    limit = _limit(weights, measured, share)
    margins = _margins_left_out(examples, usual, inverse, measured, share)
    unit = max(float(np.median(margins)), MIN_UNIT * float((held_out[0] @ weights).std()))
    head = ExampleHead(weights.astype(np.float32), limit, unit / math.log(TYPICAL / (1 - TYPICAL)))
    counts = [(int((head.scores(group) >= AT_LIMIT).sum()), len(group)) for group in (*held_out, own)]
    return head, HeadFigures(float((margins >= 0).mean()), *counts[0], *counts[1], *counts[2])


def _usual(groups: Sequence[Array], spread: float) -> tuple[Array, Array]:
    """Returns the mean of all groups, each of which counts alike, and the inverse of their shrunk covariance.

    How the groups differ is a part of how ordinary prompts vary: a style tells no category.
    """
    mean: Array = np.mean([group.mean(axis=0) for group in groups], axis=0)
    spreads = [(group - mean).T @ (group - mean) / len(group) for group in groups]
    covariance = np.mean(spreads, axis=0) + RIDGE * spread * np.eye(len(mean), dtype=np.float32)
    inverse: Array = np.linalg.inv(covariance)
    return mean, inverse


def _limit(weights: Array, groups: Sequence[Array], share: float) -> float:
    """Returns the raw score above which at most `share` of each group lies."""
    return max(quantile(group @ weights, share) for group in groups)


def quantile(raw: Array, share: float) -> float:
    """Returns the score above which at most `share` of the scores lie, counted and not modelled."""
    rising = np.sort(raw)
    allowed = int(share * (len(rising) + 1))
    if allowed < 1:
        return float(rising[-1]) + MIN_UNIT * float(rising.std())
    return float(rising[-allowed - 1] + rising[-allowed]) / 2


def nearest(point: Array, examples: Array, most: int) -> list[tuple[int, float]]:
    """Returns number and cosine, -1..1, of the examples (rows, directions) nearest to a point, the nearest first."""
    lengths = np.linalg.norm(examples, axis=1) * np.linalg.norm(point)
    cosines = (examples @ point) / np.maximum(lengths, 1e-6)
    return [(int(number), float(cosines[number])) for number in np.argsort(-cosines)[:most]]


def _margins_left_out(examples: Array, usual: Array, inverse: Array, groups: Sequence[Array], share: float) -> Array:
    """Returns how far each example is above the limit of a head that was fitted without it, (examples,)."""
    total, count = examples.sum(axis=0), len(examples)
    margins = []
    for example in examples:
        weights = inverse @ ((total - example) / (count - 1) - usual)
        margins.append(float(example @ weights) - _limit(weights, groups, share))
    return np.array(margins, dtype=np.float32)
