"""The scale of a verdict: each verdict has its own part, and within it nearer the limit is nearer the next part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.policy.level import ZONES, level
from safety.policy.thresholds import Thresholds
from safety.records import Verdict

LIMITS = Thresholds(note=0.3, warn=0.5, block=0.8)
SCORES = st.lists(st.floats(0, 1), max_size=4)


@given(SCORES, SCORES)
def test_a_worse_verdict_is_always_further_on(milder: list[float], worse: list[float]) -> None:
    for verdict in (Verdict.ALLOW, Verdict.NOTE, Verdict.WARN):
        here = level(verdict, [(score, LIMITS) for score in milder])
        there = level(Verdict(verdict + 1), [(score, LIMITS) for score in worse])
        assert verdict / ZONES < here < (verdict + 1) / ZONES < there < 1


@pytest.mark.parametrize(
    ("verdict", "lower", "higher"),
    [(Verdict.ALLOW, 0.1, 0.29), (Verdict.NOTE, 0.3, 0.49), (Verdict.WARN, 0.5, 0.7), (Verdict.BLOCK, 0.8, 1.0)],
)
def test_a_higher_score_is_nearer_the_next_verdict(verdict: Verdict, lower: float, higher: float) -> None:
    assert level(verdict, [(lower, LIMITS)]) < level(verdict, [(higher, LIMITS), (lower, LIMITS)])


def test_a_category_without_that_verdict_and_a_score_that_is_held_back_stay_in_its_part() -> None:
    assert level(Verdict.BLOCK, [(1.0, Thresholds(note=0.3))]) == level(Verdict.BLOCK, [])
    assert 0.5 < level(Verdict.WARN, [(0.99, LIMITS)]) < 0.75
    assert level(Verdict.HARD_BLOCK, []) == 1.0
