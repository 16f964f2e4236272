"""Turns the logits of the prompt classifier into scores, and puts a correction from reviewed cases into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from safety.prompt.classifier_model import CATEGORIES, HEADS, KINDS, Array
from safety.prompt.correction import Correction

# What is grave is refused in every mode.
GRAVE = "grave"
REMARKS_ONLY = ("protected_works", "stereotype")
GRAVE_CATEGORIES = tuple(head for head in CATEGORIES if head not in REMARKS_ONLY)
MAX_LOGIT = 60.0  # one beyond says no more


@dataclass(frozen=True, slots=True)
class PromptReading:
    """Holds what the model read in the variants of one prompt.

    logits: (variants, heads). features: (windows, width) for each variant; none where nobody asked for them.
    """

    logits: Array
    features: tuple[Array, ...] = ()


def score_columns(logits: Array, moved: Array, power: Mapping[str, float]) -> dict[str, Array]:
    """Returns risk, categories and kinds by name, (texts,) each, of logits (texts, heads).

    moved: what a correction adds to the log-odds of harm and of a refusal, (texts,). power: of each category's score.
    """
    chance = dict(zip(HEADS, _probabilities(logits).T, strict=True))
    read = chance["harm"]
    for head in ("harm", "refuse"):
        chance[head] = _probabilities(logits[:, HEADS.index(head)] + moved)
    named = np.stack([chance[category] for category in CATEGORIES], axis=1)
    parts = named / np.maximum(named.max(axis=1, keepdims=True), 1e-9)
    # A category is as grave as the prompt is: half of its score is that it stops, half that it is refused.
    strength = 0.5 * (chance["harm"] + np.minimum(chance["refuse"], chance["harm"]))
    columns = {"risk": chance["harm"]}
    for number, category in enumerate(CATEGORIES):
        whole = chance["remark"] if category in REMARKS_ONLY else strength
        columns[category] = (whole * parts[:, number]) ** power.get(category, 1.0)
    for number, category in enumerate(CATEGORIES):
        if category in GRAVE_CATEGORIES:
            columns[f"{category}.{GRAVE}"] = chance["always"] * parts[:, number]
    for kind, category in KINDS.items():
        # What no mode relaxes, no correction does.
        columns[f"{category}.{kind}"] = np.minimum(chance[kind], np.maximum(chance["harm"], read))
    return columns


def worst_variant(reading: PromptReading, correction: Correction | None) -> tuple[Array, Array]:
    """Returns the logits, (heads,), of the worst variant of a prompt, and what a correction adds to them, ().

    Raises ValueError where the model gave no number: no comparison finds NaN the greater, so that it would leave the
    least risk standing where nothing is known.
    """
    if not np.isfinite(reading.logits).all():
        raise ValueError("the model gave no number for a prompt")
    moves = moves_of(reading, correction)
    worst = int((reading.logits[:, 0] + moves).argmax())
    return reading.logits[worst], moves[worst]


def moves_of(reading: PromptReading, correction: Correction | None) -> Array:
    """Returns what a correction adds to each variant, (variants,): of its windows the greatest counts."""
    if correction is None:
        return np.zeros(len(reading.logits), np.float32)
    return np.stack([correction.shift(features).max() for features in reading.features])


def strength_odds(logits: Array) -> Array:
    """Returns the log-odds of how strongly general mode should stop texts, (texts,), of logits (texts, heads)."""
    harm, refuse = (_probabilities(logits[:, HEADS.index(head)]) for head in ("harm", "refuse"))
    strength = np.clip(0.5 * (harm + np.minimum(refuse, harm)), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(strength / (1 - strength)), dtype=logits.dtype)


def _probabilities(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -MAX_LOGIT, MAX_LOGIT))), dtype=logits.dtype)
