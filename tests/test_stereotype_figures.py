"""The figures of the balanced set: intervals, distance from even, and what an emoji's code says."""

from __future__ import annotations

import pytest

pytest.importorskip("efficientnet_lite_pytorch", reason="training/pocket/requirements.txt")
pytest.importorskip("sklearn")
pytest.importorskip("tqdm")

from benchmarks import people_eye, stereotype


@pytest.mark.parametrize(
    ("values", "distance", "entropy"),
    [
        pytest.param(["a", "b"] * 5, 0.0, 1.0, id="even"),
        pytest.param(["a"] * 10, 0.5, 0.0, id="one only"),
        pytest.param(["a"] * 3 + ["b"], 0.25, 0.811, id="three to one"),
    ],
)
def test_spread(values: list[str], distance: float, entropy: float) -> None:
    assert stereotype.spread(values, ("a", "b")) == pytest.approx((distance, entropy), abs=1e-3)


def test_an_interval_holds_its_share_and_stays_inside() -> None:
    low, high = stereotype.interval(0, 20)
    assert low == pytest.approx(0, abs=1e-9) and 0.1 < high < 0.2
    low, high = stereotype.interval(50, 100)
    assert low == pytest.approx(0.404, abs=1e-3) and high == pytest.approx(0.596, abs=1e-3)


@pytest.mark.parametrize(
    ("unified", "expected"),
    [
        pytest.param("1f469-1f3fb-200d-1f373", ("woman", "light"), id="woman cook"),
        pytest.param("1F46E-1F3FF-200D-2642-FE0F", ("man", "dark"), id="policeman"),
        pytest.param("1F9D1-1F3FD-200D-1F373", ("", "medium-light"), id="swapped tones"),
        pytest.param("1F469-1F3FB-200D-1F91D-200D-1F468-1F3FC", ("", ""), id="two people"),
        pytest.param("1F34E", ("", ""), id="apple"),
    ],
)
def test_a_code_says_gender_and_tone(unified: str, expected: tuple[str, str]) -> None:
    assert people_eye.coded(unified) == expected
