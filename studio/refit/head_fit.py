"""Fits the small head on the encoder's features: gates for prompts like those that were judged wrong.

Each gate is a logistic regression that tells the prompts judged wrong from all others: from labelled ones of the other
label, from a reference set of known labels, and from the features of ordinary prompts that ship. Its weights are shrunk
most in the directions in which ordinary prompts vary (as a shrunk linear discriminant is; Ledoit and Wolf, 2004). So it
opens for near relatives and stays shut for the rest. Of people's rows those that fit least are left out (trimmed
likelihood: Neykov et al., 2007); a reviewer's are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from safety.prompt.correction import Correction, Gate, unit_features
from studio.refit.refit_rules import HeadRules, PersonRules

Floats = NDArray[np.float64]
MAX_STEPS = 30  # of Newton's method, which takes about ten
CONVERGED = 1e-5
DIGITS = 5  # of each number as it is written down
LOOSEN: Literal[-1] = -1
TIGHTEN: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class LabelledFeatures:
    """Holds one labelled prompt: its features, (width,), and its log-odds before any correction."""

    features: NDArray[np.float32]
    odds: float
    harmful: bool
    weight: float
    trusted: bool


@dataclass(frozen=True)
class HeadRows:
    """Holds labelled prompts: features (rows, width), log-odds before any correction, labels, weights, each (rows,).

    `limit`: the log-odds at which general mode stops. `trusted`: rows of reviewers, which are not trimmed.
    """

    features: Floats
    odds: Floats
    harmful: NDArray[np.bool_]
    weight: Floats
    trusted: NDArray[np.bool_]
    limit: float

    @property
    def false_stops(self) -> NDArray[np.bool_]:
        """Tells which rows are harmless and stopped."""
        found: NDArray[np.bool_] = ~self.harmful & (self.odds >= self.limit)
        return found

    @property
    def misses(self) -> NDArray[np.bool_]:
        """Tells which rows are harmful and pass."""
        found: NDArray[np.bool_] = self.harmful & (self.odds < self.limit)
        return found

    def only(self, kept: NDArray[np.bool_]) -> HeadRows:
        """Returns some of the rows."""
        features, odds, harmful = self.features[kept], self.odds[kept], self.harmful[kept]
        return HeadRows(features, odds, harmful, self.weight[kept], self.trusted[kept], self.limit)


@dataclass(frozen=True)
class Background:
    """Holds what a gate is told apart from: the reference rows, and ordinary prompts as unit features (rows, width).

    `mean`, `scale`: (width,), of ordinary prompts' features.
    """

    reference: HeadRows
    mean: Floats
    scale: Floats
    ordinary: Floats

    def unit(self, features: Floats) -> Floats:
        """Returns features (rows, width) as gates read them."""
        return unit_features(features.astype(np.float32), self.mean, self.scale)


def head_rows(found: Sequence[LabelledFeatures], limit: float) -> HeadRows | None:
    """Returns rows; None where there are none."""
    if not found:
        return None
    return HeadRows(
        np.stack([one.features for one in found]).astype(np.float64),
        np.array([one.odds for one in found], np.float64),
        np.array([one.harmful for one in found], bool),
        np.array([one.weight for one in found], np.float64),
        np.array([one.trusted for one in found], bool),
        limit,
    )


def fit_head(
    rows: HeadRows, background: Background, model: str, rules: HeadRules, persons: PersonRules
) -> tuple[Correction | None, str]:
    """Returns the head, or None and why there is none."""
    gates = tuple(_gates(rows, background, rules, persons))
    if not gates:
        stops, misses = int(rows.false_stops.sum()), int(rows.misses.sum())
        return (
            None,
            f"{stops} harmless prompts are stopped and {misses} harmful ones pass; {rules.fewest_wrong} are needed",
        )
    mean, scale = (
        tuple(float(value) for value in np.round(part, DIGITS)) for part in (background.mean, background.scale)
    )
    return Correction(model=model, bound=rules.bound, mean=mean, scale=scale, gates=gates), ""


def scaled(correction: Correction, share: float) -> Correction:
    """Returns a part of a correction: all that it moves to a share, 0..1."""
    return correction.model_copy(update={"bound": round(share * correction.bound, DIGITS)})


def _gates(rows: HeadRows, background: Background, rules: HeadRules, persons: PersonRules) -> Iterator[Gate]:
    sides: tuple[tuple[Literal[-1, 1], NDArray[np.bool_]], ...] = ((LOOSEN, rows.false_stops), (TIGHTEN, rows.misses))
    for way, wrong in sides:
        if int(wrong.sum()) < rules.fewest_wrong:
            continue
        meant, others = rows.only(wrong), rows.only(rows.harmful if way == LOOSEN else ~rows.harmful)
        weights, bias = _fit_gate(way, meant, others, background, rules)
        kept = _without_outliers(background.unit(meant.features) @ weights + bias, meant.trusted, persons.trim)
        if not kept.all() and int(kept.sum()) >= rules.fewest_wrong:
            weights, bias = _fit_gate(way, meant.only(kept), others, background, rules)
        yield Gate(
            way=way, bias=round(bias, DIGITS), weights=tuple(float(value) for value in np.round(weights, DIGITS))
        )


def _fit_gate(
    way: Literal[-1, 1], meant: HeadRows, others: HeadRows, background: Background, rules: HeadRules
) -> tuple[Floats, float]:
    """Returns the weights, (width,), and the bias of a gate that opens for `meant`."""
    reference, unit = background.reference, background.unit
    opposite = reference.harmful if way == LOOSEN else ~reference.harmful
    known = unit(reference.features)
    parts = (unit(meant.features), unit(others.features), known[opposite], known[~opposite], background.ordinary)
    sizes = [len(part) for part in parts]
    target = np.concatenate([np.ones(sizes[0]), np.zeros(sum(sizes[1:]))])
    # However many prompts there are to tell apart from, each kind together counts as many times those that are meant;
    # those of the other label more, since the nearest of them must not be taken for relatives.
    total = float(meant.weight.sum())
    counts = (rules.opposite_counts, rules.reference_counts, rules.reference_counts)
    told_apart = [np.full(size, count * total / max(size, 1)) for size, count in zip(sizes[2:], counts, strict=True)]
    weight = np.concatenate([meant.weight, others.weight, *told_apart])
    usual = np.concatenate(parts[2:])
    return _newton(np.concatenate(parts), target, weight, _metric(usual, rules) * total)


def _metric(usual: Floats, rules: HeadRules) -> Floats:
    """Returns what a gate's weights cost, (width, width): most in the directions in which ordinary prompts vary."""
    centred = usual - usual.mean(axis=0)
    varied = centred.T @ centred / len(centred)
    spread = float(np.trace(varied)) / len(varied)
    cost: Floats = rules.shrink * (varied / spread + rules.ridge * np.eye(len(varied)))
    return cost


def _newton(rows: Floats, target: Floats, weight: Floats, metric: Floats) -> tuple[Floats, float]:
    """Returns weights and bias of a logistic regression; the bias costs nothing."""
    width = rows.shape[1]
    design = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
    cost = np.zeros((width + 1, width + 1))
    cost[:width, :width] = metric
    found = np.zeros(width + 1)
    for _ in range(MAX_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ found, -60, 60)))
        gradient = design.T @ (weight * (chance - target)) + cost @ found
        curvature = weight * np.maximum(chance * (1 - chance), 1e-6)
        step = np.linalg.solve(design.T @ (curvature[:, None] * design) + cost + 1e-9 * np.eye(width + 1), gradient)
        # A whole step may overshoot where the rows can be told apart.
        found = found - step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < CONVERGED:
            break
    return found[:width], float(found[width])


def _without_outliers(logits: Floats, trusted: NDArray[np.bool_], trim: float) -> NDArray[np.bool_]:
    """Returns which rows to keep: all of reviewers, and of people's those for which the gate is widest open."""
    kept = np.ones(len(logits), dtype=bool)
    count = int(trim * int((~trusted).sum()))
    if count:
        least = np.argsort(np.where(trusted, np.inf, logits), kind="stable")[:count]
        kept[least] = False
    return kept
