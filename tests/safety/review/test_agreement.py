"""Krippendorff's alpha, on the example of his own chapter and at its ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.review.agreement import krippendorff_alpha

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example C: four observers, twelve units, gaps.
ROWS = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .")
UNITS = [[name for name in unit if name != "."] for unit in zip(*(row.split() for row in ROWS), strict=True)]


def test_the_published_example_has_its_published_value() -> None:
    assert krippendorff_alpha(UNITS) == pytest.approx(0.743, abs=5e-4)


def test_full_agreement_is_one_and_full_disagreement_is_below_chance() -> None:
    assert krippendorff_alpha([["a", "a"], ["b", "b"]]) == 1.0
    assert (krippendorff_alpha([["a", "b"], ["b", "a"]]) or 0) < 0


@pytest.mark.parametrize("units", [[], [["a"], ["b"]], [["a", "a"], ["a", "a"]]], ids=["none", "alone", "one name"])
def test_where_nothing_can_differ_there_is_no_agreement_to_tell(units: list[list[str]]) -> None:
    assert krippendorff_alpha(units) is None


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=5), max_size=12))
def test_the_order_of_units_and_of_people_does_not_matter(units: list[list[str]]) -> None:
    turned = [unit[::-1] for unit in units[::-1]]
    first, second = krippendorff_alpha(units), krippendorff_alpha(turned)
    assert first == pytest.approx(second) if first is not None else second is None
    assert first is None or first <= 1
