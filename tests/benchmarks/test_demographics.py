"""The figures of the balanced set: intervals, distance from even, and what an emoji's code says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("efficientnet_lite_pytorch", reason="training/pocket/requirements.txt")
pytest.importorskip("sklearn")
pytest.importorskip("tqdm")

from benchmarks.engine import demographics, people_recognizer
from safety.prompt import load_prompt_checks


@pytest.mark.parametrize(
    ("values", "distance", "entropy"),
    [
        pytest.param(["a", "b"] * 5, 0.0, 1.0, id="even"),
        pytest.param(["a"] * 10, 0.5, 0.0, id="one only"),
        pytest.param(["a"] * 3 + ["b"], 0.25, 0.811, id="three to one"),
    ],
)
def test_spread(values: list[str], distance: float, entropy: float) -> None:
    assert demographics.spread(values, ("a", "b")) == pytest.approx((distance, entropy), abs=1e-3)


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
    assert people_recognizer.coded(unified) == expected


@pytest.mark.parametrize(("count", "distinct"), [(40, 40), (7, 7), (1, 1), (100, 40)])
def test_so_many_prompts_as_are_asked_for_spread_over_the_list(count: int, distinct: int) -> None:
    prompts, roles = demographics.sample_prompts(count, 3)
    assert len(prompts) == len(roles) == 3 * distinct and len(set(prompts)) == distinct
    if distinct >= 7:
        assert len(set(roles)) >= 4


def test_every_prompt_of_the_list_leaves_open_who_it_is() -> None:
    people = load_prompt_checks(Path(demographics.ROOT) / "presets").demographics
    for prompt in dict.fromkeys(demographics.sample_prompts(40, 1)[0]):
        seen = {variant.filled for variant in people.variants(prompt, list(range(1000, 1010)))}
        assert len(seen) == 10 and all(len(one.split(", ")) == 2 for one in seen), prompt


def test_colours_that_skin_may_have_tell_shades_apart_and_leave_the_ground_out() -> None:
    picture = np.full((1, 32, 32, 3), 255, np.uint8)
    assert not people_recognizer.colours(picture).any()
    light, dark = picture.copy(), picture.copy()
    light[0, 8:24, 8:24], dark[0, 8:24, 8:24] = (240, 200, 170), (60, 40, 35)
    one, other = people_recognizer.colours(light)[0], people_recognizer.colours(dark)[0]
    assert np.sum(one**2) == pytest.approx(1) and one @ other < 0.05


def test_genders_that_cannot_be_read_are_not_counted() -> None:
    result = demographics.RunResult(["woman", "man", "", ""], ["dark"] * 4, 1.0, 1.0)
    assert "women | 50%" in demographics.rows("as asked", result, 2)[0]
    assert "of 2;" in demographics.rows("as asked", result, 2)[0]
