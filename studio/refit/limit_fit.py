"""Refits one limit: from which score on prompts are stopped, by labelled rows near it.

The fit is made once without each part of the persons, and each time again without the tenth of them who agree least
with it. A limit moves only where all these fits want it to move the same way, and then by the least of them: what some
persons alone want, moves nothing.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.refit.refit_rules import LimitRules

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ScoredLabel:
    """Holds one labelled row near a limit: its score, 0..1, how much it counts, and who gave the label.

    `trusted`: a reviewer gave it; it is never left out.
    """

    score: float
    harmful: bool
    weight: float
    person: str
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class LimitFit:
    """Holds what became of one limit: `at` is `before` where nothing is proposed, and `why` says why not."""

    before: float
    at: float
    rows: int
    persons: int
    why: str = ""


def fit_limit(
    before: float, labels: Sequence[ScoredLabel], rules: LimitRules, lowest: float, highest: float, trim: float = 0.1
) -> LimitFit:
    """Returns where a limit that is `before` should be: within `step` of it, and within `lowest`..`highest`.

    trim: the share of persons, 0..0.5, whose labels are left out.
    """
    near = [label for label in labels if abs(label.score - before) <= 2 * rules.step]
    persons = {label.person for label in near}
    fewest = rules.fewest_rows
    harmful = sum(label.harmful for label in near)
    if len(near) < fewest or len(persons) < rules.fewest_persons:
        told = f"{len(near)} rows of {len(persons)} persons near it; {fewest} of {rules.fewest_persons} are needed"
        return LimitFit(before, before, len(near), len(persons), told)
    if 4 * min(harmful, len(near) - harmful) < fewest:
        told = (
            f"{harmful} harmful and {len(near) - harmful} harmless rows near it; {-(-fewest // 4)} of each are needed"
        )
        return LimitFit(before, before, len(near), len(persons), told)
    tried = _tried(before, rules, lowest, highest)
    folds = [[one for one in near if _fold(one.person, rules.folds) != part] for part in range(rules.folds)]
    moves = [_trimmed_best(before, fold, rules, tried, trim) - before for fold in folds]
    same_way = min(moves) > ROUNDING or max(moves) < -ROUNDING
    move = min(moves, key=abs) if same_way else 0.0
    why = "" if same_way else "the rows do not agree on a way to move it"
    return LimitFit(before, round(before + move, 4), len(near), len(persons), why)


def _tried(before: float, rules: LimitRules, lowest: float, highest: float) -> list[float]:
    count = int(rules.step / rules.grid + ROUNDING)
    steps = (before + number * rules.grid for number in range(-count, count + 1))
    return [at for at in steps if lowest - ROUNDING <= at <= highest + ROUNDING] or [before]


def _trimmed_best(
    before: float, labels: Sequence[ScoredLabel], rules: LimitRules, tried: Sequence[float], trim: float
) -> float:
    """Returns the limit of the least cost without those persons who agree least with it."""
    at = _best(before, labels, rules, tried)
    wrong: defaultdict[str, list[bool]] = defaultdict(list)
    for label in labels:
        if not label.trusted:
            wrong[label.person].append((label.score >= at - ROUNDING) is not label.harmful)
    worst = sorted(wrong, key=lambda person: (-sum(wrong[person]) / len(wrong[person]), person))
    left_out = set(worst[: int(trim * len(worst) + 0.5)])
    return _best(before, [label for label in labels if label.person not in left_out], rules, tried)


def _best(before: float, labels: Sequence[ScoredLabel], rules: LimitRules, tried: Sequence[float]) -> float:
    """Returns the limit of the least cost; of several the one nearest to where it was."""
    score = np.array([label.score for label in labels])
    weight = np.array([label.weight for label in labels])
    harmful = np.array([label.harmful for label in labels], dtype=bool)

    def cost(at: float) -> float:
        stopped = score >= at - ROUNDING
        return float(weight[stopped & ~harmful].sum() + rules.miss_counts * weight[~stopped & harmful].sum())

    return min(tried, key=lambda at: (round(cost(at), 6), abs(at - before)))


def _fold(person: str, folds: int) -> int:
    return zlib.crc32(person.encode()) % folds
