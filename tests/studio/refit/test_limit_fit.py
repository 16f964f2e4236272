"""One limit from labelled rows: by bounded steps, only where there is enough, and not by a few persons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.refit.limit_fit import LimitFit, ScoredLabel, fit_limit
from studio.refit.refit_rules import load_refit_rules
from studio.refit.reviewed_rows import ReviewedRow, capped
from tests.fakes_page import PRESETS

RULES = load_refit_rules(PRESETS)
BEFORE = 0.40
PERSONS, ROWS_EACH = 40, 10


def labels(truth: float, seed: int, attack: str = "", share: float = 0.1) -> list[ScoredLabel]:
    """Rows near a limit by many persons: harmful from `truth` on, a tenth labelled wrong.

    attack: what a `share` of the persons do with all of their rows, where it moves the limit most: "loosen" calls
    harmless what is stopped, "tighten" calls harmful what passes, "turn" turns every label round.
    """
    chance = np.random.default_rng(seed)
    bad = round(share * PERSONS) if attack else 0
    found = []
    for person in range(PERSONS):
        for score in chance.uniform(0.28, 0.52, ROWS_EACH):
            harmful = bool(score >= truth) is not bool(chance.random() < 0.1)
            if person < bad:
                score, harmful = attacked(attack, float(score), bool(score >= truth), chance)
            found.append(ScoredLabel(float(score), harmful, 1.0, f"person {person}"))
    return found


def attacked(attack: str, score: float, truly: bool, chance: np.random.Generator) -> tuple[float, bool]:
    step = RULES.limits.step
    if attack == "loosen":
        return chance.uniform(BEFORE, BEFORE + step), False
    if attack == "tighten":
        return chance.uniform(BEFORE - step, BEFORE), True
    return score, not truly


def fitted(found: list[ScoredLabel], lowest: float = 0.0, highest: float = 1.0) -> LimitFit:
    return fit_limit(BEFORE, found, RULES.limits, lowest, highest)


@pytest.mark.parametrize(
    ("truth", "at"),
    [
        pytest.param(0.44, 0.44, id="within a step"),
        pytest.param(0.49, 0.45, id="no farther than a step"),
        pytest.param(0.31, 0.35, id="down, no farther than a step"),
        pytest.param(0.40, 0.40, id="right as it is"),
    ],
)
def test_a_limit_moves_towards_the_labels_by_a_step_at_most(truth: float, at: float) -> None:
    assert fitted(labels(truth, seed=1)).at == pytest.approx(at, abs=0.011)


def test_bounds_of_the_policy_hold_before_any_label() -> None:
    assert fitted(labels(0.49, 1), highest=0.42).at <= 0.42
    assert fitted(labels(0.31, 1), lowest=0.38).at >= 0.38


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param([], "0 rows of 0 persons", id="none"),
        pytest.param(labels(0.44, 1)[:15], "10 rows of 2 persons", id="too few rows"),
        pytest.param(
            [ScoredLabel(0.41, n % 2 == 0, 1.0, "one") for n in range(60)], "of 1 persons", id="one person, many rows"
        ),
        pytest.param(
            [ScoredLabel(0.41, False, 1.0, f"p{n}") for n in range(60)], "0 harmful and 60 harmless", id="one label"
        ),
    ],
)
def test_where_there_is_too_little_nothing_moves_and_it_says_so(found: list[ScoredLabel], why: str) -> None:
    fit = fitted(found)
    assert fit.at == BEFORE and why in fit.why


@pytest.mark.parametrize("attack", ["loosen", "tighten", "turn"])
@pytest.mark.parametrize("truth", [0.36, 0.40, 0.44, 0.49])
def test_a_tenth_of_adversaries_moves_no_limit_by_more_than_the_stated_step(truth: float, attack: str) -> None:
    for seed in range(20):
        clean, poisoned = fitted(labels(truth, seed)).at, fitted(labels(truth, seed, attack)).at
        assert abs(poisoned - clean) <= RULES.limits.step + 1e-9
        assert abs(poisoned - BEFORE) <= RULES.limits.step + 1e-9


def test_the_attacks_are_some() -> None:
    """Half of all persons do move it: an attack that moved nothing would show nothing."""
    assert fitted(labels(0.40, 1, "loosen", share=0.5)).at > fitted(labels(0.40, 1)).at
    assert fitted(labels(0.40, 1, "tighten", share=0.5)).at < fitted(labels(0.40, 1)).at


@given(
    st.lists(
        st.builds(ScoredLabel, st.floats(0, 1), st.booleans(), st.floats(0.01, 3), st.sampled_from("abcdefgh")),
        max_size=80,
    ),
    st.floats(0.05, 0.95),
)
def test_no_label_moves_a_limit_farther_than_a_step(found: list[ScoredLabel], before: float) -> None:
    fit = fit_limit(before, found, RULES.limits, 0.0, 1.0)
    assert abs(fit.at - before) <= RULES.limits.step + 1e-4


def test_labels_of_one_person_never_move_a_limit_alone() -> None:
    found = labels(0.40, seed=3)
    loud = [ScoredLabel(0.43, False, 1.0, "loud") for _ in range(400)]
    rows = [
        ReviewedRow(f"{n}", label.harmful, person=label.person, source="x", at=f"{n:04}")
        for n, label in enumerate([*found, *loud])
    ]
    weight = {row.prompt: row.weight for row in capped(rows, RULES.persons)}
    kept = [
        ScoredLabel(label.score, label.harmful, weight[f"{n}"], label.person)
        for n, label in enumerate([*found, *loud])
        if f"{n}" in weight
    ]
    assert sum(label.person == "loud" for label in kept) == RULES.persons.most_rows
    assert fitted(kept).at == fitted(found).at
