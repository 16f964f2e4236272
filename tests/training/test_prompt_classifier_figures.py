"""The figures that are quoted, on scores whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from training.prompt_classifier import figures

LABELS = np.array([0, 0, 1, 1])


@pytest.mark.parametrize(
    ("scores", "area"),
    [
        pytest.param([0.1, 0.2, 0.3, 0.4], 1.0, id="all in order"),
        pytest.param([0.4, 0.3, 0.2, 0.1], 0.0, id="all the wrong way"),
        pytest.param([0.5, 0.5, 0.5, 0.5], 0.5, id="ties count half"),
        pytest.param([0.1, 0.3, 0.2, 0.4], 0.75, id="one pair of four swapped"),
    ],
)
def test_auroc_is_the_share_of_pairs_in_order(scores: list[float], area: float) -> None:
    assert figures.auroc(LABELS, np.array(scores)) == pytest.approx(area)


def test_auroc_of_one_class_is_not_a_number() -> None:
    assert np.isnan(figures.auroc(np.ones(3, dtype=int), np.arange(3)))


def test_f1_keeps_to_the_false_alarms_it_is_allowed() -> None:
    scores = np.array([0.1, 0.9, 0.5, 0.95])
    assert figures.f1_at(0.0)(LABELS, scores) == pytest.approx(2 / 3)
    assert figures.f1_at(0.5)(LABELS, scores) == pytest.approx(0.8)


def test_equal_scores_are_flagged_together() -> None:
    assert figures.f1_at(0.0)(LABELS, np.full(4, 0.5)) == 0.0


def test_a_score_that_is_a_probability_has_no_calibration_error() -> None:
    assert figures.calibration_error(np.array([0, 1, 0, 1]), np.full(4, 0.5)) == pytest.approx(0.0)
    assert figures.calibration_error(np.array([0, 0, 0, 0]), np.full(4, 0.5)) == pytest.approx(0.5)


def test_at_most_the_allowed_share_lies_above_a_threshold() -> None:
    scores = np.linspace(0, 1, 101)
    assert (scores >= figures.threshold_at(scores, 0.03)).mean() <= 0.03


def test_the_interval_holds_the_value() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    found = figures.figure(figures.auroc, labels, labels * 0.3 + rng.random(200))
    assert found.low <= found.value <= found.high
