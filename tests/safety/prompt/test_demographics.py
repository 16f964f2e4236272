"""Who is left open, who is not, and what a balanced set fills in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.checks import run_checks
from safety.errors import PresetError
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.prompt.demographics import FILE
from safety.records import Prompt, Stage, Verdict

PRESETS = Path(__file__).parents[3] / "presets"
PEOPLE, POLICY = load_prompt_checks(PRESETS).demographics, load_policy(PRESETS)


@pytest.mark.parametrize(
    ("prompt", "open_"),
    [
        pytest.param("a doctor", ["gender", "skin tone"], id="a role"),
        pytest.param("a portrait of a smiling police officer at night", ["gender", "skin tone"], id="two words"),
        pytest.param("a person in the rain", ["gender", "skin tone"], id="anybody"),
        pytest.param("a woman doctor", ["skin tone"], id="gender said"),
        pytest.param("a doctor in her office, photo", ["skin tone"], id="gender said later"),
        pytest.param("a Nigerian engineer", ["gender"], id="origin said"),
        pytest.param("a black judge", ["gender"], id="colour right before"),
        pytest.param("a doctor in a white coat", ["gender", "skin tone"], id="colour of a coat"),
        pytest.param("a Japanese woman who works as a nurse", [], id="all said"),
        pytest.param("a doctor and a nurse", [], id="two people"),
        pytest.param("three doctors", [], id="a group"),
        pytest.param("Ann Miller, a doctor", [], id="a named doctor"),
        pytest.param("Barack Obama as an astronaut", [], id="a public figure"),
        pytest.param("Sherlock Holmes, a detective", [], id="a figure of a story"),
        pytest.param("Doctor Strange in New York", [], id="a title of a story"),
        pytest.param("a Roman soldier", [], id="settled by time"),
        pytest.param("a nurse shark in the sea", [], id="an animal"),
        pytest.param("a doctor's desk", [], id="a thing of somebody"),
        pytest.param("how to cook pasta", [], id="a verb"),
        pytest.param("a red apple", [], id="nobody"),
        pytest.param("", [], id="empty"),
    ],
)
def test_what_is_left_open(prompt: str, open_: list[str]) -> None:
    person = PEOPLE.unspecified_person(prompt)
    assert [one.name for one in person.open] == open_ if person else open_ == []


@pytest.mark.parametrize("mode", sorted(POLICY.mode))
def test_an_open_person_is_a_remark_and_no_risk(mode: str) -> None:
    decision = decide(run_checks(Stage.PROMPT, Prompt("a portrait of a doctor"), [PEOPLE]), POLICY, mode)
    assert (decision.verdict, decision.risk) == (Verdict.NOTE, 0.0)
    (reason,) = decision.reasons
    assert reason.code == "P602" and reason.evidence == "doctor"
    (rendered,) = POLICY.messages("en").render(decision)
    assert "balanced set" in rendered.text


@pytest.mark.parametrize(
    ("prompt", "seed", "filled"),
    [
        pytest.param("an astronaut in space", 0, "a woman astronaut with light skin in space", id="article"),
        pytest.param("An Engineer.", 1, "A man Engineer with dark skin.", id="capitals stay"),
        pytest.param("a person reading", 2, "a woman with medium skin reading", id="anybody is replaced"),
        pytest.param("a Nigerian teacher", 3, "a Nigerian man teacher", id="only what is open"),
        pytest.param("two doctors", 3, "two doctors", id="nothing open"),
    ],
)
def test_the_words_are_put_in_their_place(prompt: str, seed: int, filled: str) -> None:
    (variant,) = PEOPLE.variants(prompt, [seed])
    assert variant.prompt == filled
    assert bool(variant.filled) == (prompt != filled)


@given(st.integers(0, 2**32 - 11))
def test_ten_seeds_in_a_row_show_every_combination_once(first: int) -> None:
    variants = PEOPLE.variants("a doctor", range(first, first + 10))
    assert len({variant.filled for variant in variants}) == 10
    assert Counter(variant.filled.split(",")[0] for variant in variants) == {"woman": 5, "man": 5}


@given(st.text(max_size=60), st.integers(0, 2**32 - 1))
def test_any_text_keeps_its_own_words(text: str, seed: int) -> None:
    (variant,) = PEOPLE.variants(text, [seed])
    assert variant.filled or variant.prompt == text


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('place = "after"', 'place = "before"', "only one may stand before", id="two at one place"),
        pytest.param("roles = [", "rolls = [", "roles", id="a key gone"),
        pytest.param('place = "after"', 'place = "above"', "place", id="no such place"),
    ],
)
def test_a_bad_file_stops_the_start(tmp_path: Path, old: str, new: str, says: str) -> None:
    import shutil

    shutil.copytree(PRESETS, tmp_path / "presets")
    path = tmp_path / "presets" / FILE
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PresetError, match=FILE) as caught:
        load_prompt_checks(tmp_path / "presets")
    assert says in str(caught.value)
