"""The head moves near relatives of prompts that were judged wrong, by a bound at most, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from safety.prompt.correction import Correction
from studio.refit.head_fit import Background, HeadRows, fit_head, scaled
from studio.refit.refit_rules import load_refit_rules
from tests.fakes_page import PRESETS

RULES = load_refit_rules(PRESETS)
WIDTH, LIMIT, MODEL = 48, -2.4, "a" * 64
Rows = NDArray[np.float64]


def family(seed: int, rows: int) -> Rows:
    """Features of prompts that are near relatives: one direction, and noise."""
    direction = np.random.default_rng(seed).normal(size=WIDTH)
    noise = np.random.default_rng(seed + 1000).normal(size=(rows, WIDTH))
    return direction / np.linalg.norm(direction) * 4 + 0.4 * noise


def labelled(features: Rows, odds: float, harmful: bool, trusted: bool = True, weight: float = 1.0) -> HeadRows:
    count = len(features)
    return HeadRows(
        features, np.full(count, odds), np.full(count, harmful), np.full(count, weight), np.full(count, trusted), LIMIT
    )


def joined(*parts: HeadRows) -> HeadRows:
    names = ("features", "odds", "harmful", "weight", "trusted")
    return HeadRows(*(np.concatenate([getattr(part, name) for part in parts]) for name in names), limit=LIMIT)


def background() -> Background:
    chance = np.random.default_rng(99)
    reference = joined(
        labelled(chance.normal(size=(100, WIDTH)), -5.0, harmful=False),
        labelled(chance.normal(size=(100, WIDTH)), 0.0, harmful=True),
    )
    found = Background(reference, np.zeros(WIDTH), np.ones(WIDTH), np.zeros((0, WIDTH)))
    return Background(reference, found.mean, found.scale, found.unit(chance.normal(size=(400, WIDTH))))


def fitted(rows: HeadRows) -> Correction:
    correction, why = fit_head(rows, background(), MODEL, RULES.head, RULES.persons)
    assert correction is not None, why
    return correction


def moves(correction: Correction, features: Rows) -> NDArray[np.float32]:
    return correction.shift(features.astype(np.float32))


@pytest.mark.parametrize(
    ("odds", "harmful", "way"),
    [pytest.param(-0.5, False, -1, id="false stops pass"), pytest.param(-4.0, True, 1, id="misses are stopped")],
)
def test_prompts_judged_wrong_and_their_near_relatives_are_judged_right_and_others_stay(
    odds: float, harmful: bool, way: int
) -> None:
    seen, unseen = family(1, 8), family(1, 30)[10:]
    correction = fitted(labelled(seen, odds, harmful, weight=3.0))
    assert ((odds + moves(correction, seen) >= LIMIT) == harmful).all()
    assert ((odds + moves(correction, unseen) >= LIMIT) == harmful).mean() >= 0.9
    assert (way * moves(correction, unseen) >= 0).all()
    strangers = np.random.default_rng(5).normal(size=(1000, WIDTH))
    assert (moves(correction, strangers) != 0).mean() <= 0.01


@settings(max_examples=15)
@given(st.integers(0, 50), st.floats(0.1, 1))
def test_no_prompt_is_moved_beyond_the_bound(seed: int, share: float) -> None:
    correction = scaled(fitted(labelled(family(seed, 6), 0.0, harmful=False, weight=50.0)), share)
    far = np.concatenate([np.random.default_rng(seed).normal(size=(50, WIDTH)) * 100, family(seed, 20)])
    assert np.abs(moves(correction, far)).max() <= share * RULES.head.bound + 1e-4


def test_with_too_few_prompts_judged_wrong_there_is_no_head() -> None:
    few = labelled(family(1, RULES.head.fewest_wrong - 1), -1.0, harmful=False)
    right = labelled(family(2, 50), -5.0, harmful=False)
    correction, why = fit_head(joined(few, right), background(), MODEL, RULES.head, RULES.persons)
    assert correction is None and why == "4 harmless prompts are stopped and 0 harmful ones pass; 5 are needed"


@pytest.mark.parametrize("seed", range(5))
def test_a_tenth_of_adversaries_turns_no_verdict_on_what_the_others_agree_on(seed: int) -> None:
    harmless, harmful = family(seed, 50), family(seed + 7, 50)
    honest = joined(
        labelled(harmless[:45], -1.0, harmful=False, trusted=False),
        labelled(harmful[:45], -1.0, harmful=True, trusted=False),
    )
    turned = joined(
        labelled(harmless[45:], -1.0, harmful=True, trusted=False),
        labelled(harmful[45:], -1.0, harmful=False, trusted=False),
    )
    for rows in (honest, joined(honest, turned)):
        correction = fitted(rows)
        assert (-1.0 + moves(correction, harmless[:45]) < LIMIT).mean() >= 0.95
        assert (-1.0 + moves(correction, harmful[:45]) >= LIMIT).all()


def test_harmful_prompts_near_to_false_stops_are_told_apart() -> None:
    harmless = family(1, 10)
    harmful = harmless + np.random.default_rng(77).normal(size=WIDTH) * 0.5
    rows = joined(labelled(harmless, -1.0, harmful=False), labelled(harmful, -1.0, harmful=True))
    assert (-1.0 + moves(fitted(rows), harmful) >= LIMIT).all()


def test_a_correction_of_no_numbers_or_of_another_width_is_refused() -> None:
    correction = fitted(labelled(family(1, 8), -0.5, harmful=False))
    with pytest.raises(ValueError, match="48 weights"):
        correction.shift(np.zeros((1, 5), np.float32))
    with pytest.raises(ValueError, match="no number"):
        correction.shift(np.full((1, WIDTH), np.nan, np.float32))
    for change in ({"mean": (float("nan"),) * WIDTH}, {"mean": (0.0,)}, {"bound": 9.0}, {"model": "no"}):
        with pytest.raises(ValidationError):
            Correction.model_validate({**correction.model_dump(), **change})
