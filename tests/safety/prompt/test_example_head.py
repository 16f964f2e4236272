"""A head from a few examples: it finds what is like them, and stops no more of the rest than it may."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.prompt.example_head import AT_LIMIT, MIN_OWN, fit_head, nearest, quantile
from safety.prompt.ordinary_prompts import Array, FeatureSpace, OrdinaryPrompts

WIDTH = 24
SPREAD = 1 / WIDTH  # of directions that all vary alike
STYLE = 20  # the direction that captions differ in from real prompts


def points(seed: int, count: int, towards: int = -1, by: float = 1.0) -> Array:
    """Returns points of a normal distribution, moved along one of its directions."""
    made = np.random.default_rng(seed).normal(0, WIDTH**-0.5, (count, WIDTH)).astype(np.float32)
    if towards >= 0:
        made[:, towards] += by
    return made


def ordinary(count: int = 2000) -> OrdinaryPrompts:
    space = FeatureSpace(np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32), np.eye(WIDTH, dtype=np.float32))
    return OrdinaryPrompts(space, points(1, count), points(8, count // 2, STYLE), SPREAD)


NONE = points(0, 0)


@pytest.mark.parametrize("count", [5, 20, 50])
def test_a_head_finds_others_of_its_kind_and_stops_few_of_the_rest(count: int) -> None:
    head, figures = fit_head(points(2, count, 3), NONE, ordinary(), NONE, 0.01)
    assert (head.scores(points(3, 400, 3)) >= AT_LIMIT).mean() > 0.85
    assert (head.scores(points(4, 4000)) >= AT_LIMIT).mean() < 0.025
    assert figures.stopped <= 0.01 * (figures.ordinary + 1)
    assert figures.found > 0.7


def test_captions_of_the_examples_style_are_not_stopped() -> None:
    """Examples that somebody wrote at length are far from real prompts by their style alone."""
    examples = points(2, 20, 3)
    examples[:, STYLE] += 1.0
    head, figures = fit_head(examples, NONE, ordinary(), NONE, 0.01)
    assert (head.scores(points(9, 2000, STYLE)) >= AT_LIMIT).mean() < 0.03
    assert figures.captions_stopped <= 0.01 * (figures.captions + 1) and figures.found > 0.7


def test_examples_that_are_ordinary_are_hardly_found_when_left_out() -> None:
    _, figures = fit_head(points(2, 20), NONE, ordinary(), NONE, 0.01)
    assert figures.found < 0.3


def test_what_is_named_as_not_meant_scores_lower() -> None:
    examples, near = points(2, 20, 3), points(5, 20, 3)
    near[:, 4] += 1.0
    without, _ = fit_head(examples, NONE, ordinary(), NONE, 0.01)
    with_them, _ = fit_head(examples, near, ordinary(), NONE, 0.01)
    others = points(6, 200, 3)
    others[:, 4] += 1.0
    assert with_them.scores(others).mean() < without.scores(others).mean() - 0.1


def test_an_operators_own_ordinary_prompts_raise_the_limit() -> None:
    own = points(7, 200, 3, by=0.6)
    alone, _ = fit_head(points(2, 20, 3), NONE, ordinary(), NONE, 0.01)
    measured, figures = fit_head(points(2, 20, 3), NONE, ordinary(), own, 0.01)
    assert measured.limit > alone.limit
    assert (figures.own, figures.own_stopped) == (200, 2)
    few, told = fit_head(points(2, 20, 3), NONE, ordinary(), own[: MIN_OWN - 1], 0.01)
    assert few.limit == alone.limit and told.own_stopped > 0.02 * told.own


@given(raw=st.lists(st.floats(-5, 5, width=32), min_size=2, max_size=300, unique=True), share=st.floats(0.0001, 0.2))
def test_no_larger_share_lies_above_a_quantile(raw: list[float], share: float) -> None:
    scores = np.array(raw, dtype=np.float32)
    assert (scores > quantile(scores, share)).sum() <= share * (len(scores) + 1)


@settings(deadline=None)
@given(seed=st.integers(0, 200), count=st.integers(5, 50), share=st.floats(0.001, 0.2))
def test_scores_are_shares_and_rise_towards_the_examples(seed: int, count: int, share: float) -> None:
    examples = points(seed, count, seed % STYLE)
    head, figures = fit_head(examples, NONE, ordinary(400), NONE, share)
    scores = head.scores(np.concatenate([examples, points(seed + 1, 50)]))
    assert np.isfinite(scores).all() and (scores >= 0).all() and (scores <= 1).all()
    assert head.scores(examples).mean() > head.scores(points(seed + 1, 200)).mean()
    assert 0 <= figures.found <= 1 and figures.stopped <= share * (figures.ordinary + 1)


def test_the_nearest_examples_come_first() -> None:
    examples = np.eye(4, dtype=np.float32)
    found = nearest(np.array([0.1, 0.9, 0.5, 0.0], dtype=np.float32), examples, 2)
    assert [number for number, _ in found] == [1, 2]
    assert found[0][1] > found[1][1] > 0
