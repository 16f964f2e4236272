"""Which concept a model is steered away from, by prompt and mode; a bad file names itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from safety.errors import PresetError
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.policy.steering import let_through, load_steering
from safety.records import Assessment, Decision, Finding, Stage

PRESETS = Path(__file__).parents[3] / "presets"
POLICY = load_policy(PRESETS)
PLAN = load_steering(PRESETS, POLICY)


def decision(mode: str, **scores: float) -> Decision:
    findings = tuple(Finding("words", category, score) for category, score in scores.items())
    return decide(Assessment(Stage.PROMPT, ("words",), findings), POLICY, mode)


@pytest.mark.parametrize(
    ("mode", "scores", "categories", "strength"),
    [
        pytest.param("general", {"violence": 0.18}, ("violence",), "medium", id="touched on"),
        pytest.param("general", {"violence": 0.35}, ("violence",), "strong", id="near to a warning"),
        pytest.param("general", {"violence": 0.2, "sexual": 0.3}, ("sexual",), "strong", id="the nearest one"),
        pytest.param("art", {"violence": 0.2}, ("violence",), "weak", id="art steers less"),
        pytest.param("art", {"violence": 0.5}, ("violence",), "medium", id="art, near"),
        pytest.param("medical", {"sexual": 0.3}, ("sexual",), "medium", id="arousal in medicine"),
    ],
)
def test_the_prompts_category_and_the_mode_decide(
    mode: str, scores: dict[str, float], categories: tuple[str, ...], strength: str
) -> None:
    steering = PLAN.route(decision(mode, **scores), POLICY)
    assert steering and (steering.categories, steering.strength, steering.general) == (categories, strength, False)
    assert steering.concept == PLAN.concept[categories[0]]


def test_a_prompt_that_calls_for_nothing_gets_all_that_the_mode_does_not_want() -> None:
    general, art = (PLAN.route(decision(mode), POLICY) for mode in ("general", "art"))
    assert general and general.general and set(general.categories) == set(PLAN.concept)
    assert art and art.general and "nudity" not in art.categories and "sexual" in art.categories


@pytest.mark.parametrize("category", ["nudity", "shocking"])
def test_what_a_mode_allows_is_not_steered_away_from(category: str) -> None:
    steering = PLAN.route(decision("medical", **{category: 0.9}), POLICY)
    assert steering and category not in steering.categories


@pytest.mark.parametrize("score", [pytest.param(0.6, id="a confirmation"), pytest.param(0.95, id="a reviewer's yes")])
def test_what_somebody_let_through_is_not_steered_away_from(score: float) -> None:
    stopped = decision("general", violence=score, sexual=0.2)
    assert not stopped.allowed and let_through(stopped) == ("violence",)
    steering = PLAN.route(stopped, POLICY)
    assert steering and steering.categories == ("sexual",)
    alone = PLAN.route(decision("general", violence=score), POLICY)
    assert alone and alone.general and "violence" not in alone.categories
    assert PLAN.concept["violence"] not in alone.concept


def test_nothing_unwanted_means_no_steering() -> None:
    nothing = PLAN.model_copy(update={"concept": {}})
    assert nothing.route(decision("general", violence=0.3), POLICY) is None


def test_a_mode_without_an_entry_takes_that_of_general() -> None:
    plain = PLAN.model_copy(update={"strength": {"general": PLAN.strength["general"]}})
    assert plain.route(replace(decision("general", violence=0.2), mode="art"), POLICY).strength == "medium"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('violence = "', 'violins = "', "concept.violins", id="unknown category"),
        pytest.param("art = {", "arts = {", "strength.arts", id="unknown mode"),
        pytest.param("general = {", "# general = {", "strength.general is missing", id="no general"),
        pytest.param('usual = "weak"', 'usual = "none"', "strength.art.usual", id="unknown strength"),
        pytest.param("seen_from = 0.15", "seen_from = 0.0", "seen_from", id="zero"),
    ],
)
def test_a_bad_file_names_itself_and_the_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = (PRESETS / "steering.toml").read_text()
    assert old in text
    (tmp_path / "steering.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(PresetError, match="steering.toml") as caught:
        load_steering(tmp_path, POLICY)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "strength"),
    [("", "medium"), ("medium", "medium"), ("strong", "strong"), ("max", "max")],
    ids=["as the mode has it", "no stronger", "stronger", "most"],
)
def test_a_person_may_ask_for_more_steering_and_never_for_less(asked: str, strength: str) -> None:
    steering = PLAN.route(decision("general", violence=0.18), POLICY, asked)
    assert steering and steering.strength == strength
    near = PLAN.route(decision("general", violence=0.35), POLICY, "medium")
    assert near and near.strength == "strong"
