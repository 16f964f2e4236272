"""Examples: each is judged as it says, and what the embedded model is offered for can be drawn by it."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from safety.errors import PresetError
from safety.guard import Guard
from safety.policy.model import load_policy
from safety.records import Verdict
from safety.resources import PRESETS
from studio.examples import load_examples, load_sides
from tests.sources import ROOT

POLICY = load_policy(PRESETS)
EXAMPLES = load_examples(PRESETS, POLICY.mode)
SIDES = load_sides(PRESETS, POLICY.category)
VERDICTS = {
    "allowed": (Verdict.ALLOW, Verdict.NOTE),
    "confirmation": (Verdict.WARN,),
    "refused": (Verdict.BLOCK, Verdict.HARD_BLOCK),
}
# "a fox on a light blue background"
DRAWN = re.compile(r"(?:an?|the) (?P<thing>.+?)(?: on a (?P<ground>.+) background)?")


@cache
def guard() -> Guard:
    return Guard.load()


def known_to_the_embedded_model() -> tuple[set[str], set[str]]:
    folder = ROOT / "training/pocket"
    names = tomllib.loads((folder / "names.toml").read_text("utf-8"))
    things = {name for section in names.values() for plain in section.values() for name in plain}
    things |= {line for line in (folder / "core.txt").read_text("utf-8").splitlines() if not line.startswith("#")}
    return things, set(tomllib.loads((folder / "language.toml").read_text("utf-8"))["backgrounds"])


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.mode}-{example.prompt}")
def test_an_example_is_judged_as_it_says(example) -> None:  # type: ignore[no-untyped-def]
    assert guard().check_prompt(example.prompt, example.mode).verdict in VERDICTS[example.verdict]


@pytest.mark.parametrize("mode", sorted(POLICY.mode))
def test_every_mode_has_examples_for_every_model_and_one_to_learn_from(mode: str) -> None:
    there = [example for example in EXAMPLES if example.mode == mode]
    assert sum(example.embedded for example in there) >= 3
    assert any(not example.embedded and example.verdict == "allowed" for example in there)
    assert any(example.verdict != "allowed" for example in there)


def test_the_embedded_model_knows_the_things_of_its_examples() -> None:
    things, grounds = known_to_the_embedded_model()
    for example in EXAMPLES:
        if example.embedded:
            match = DRAWN.fullmatch(example.prompt)
            assert match, example.prompt
            thing = re.sub(r"^(red|green|yellow|blue) ", "", match["thing"])
            assert thing in things, thing
            assert match["ground"] is None or match["ground"] in grounds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("category", "prompt"), [(name, prompt) for name, sides in SIDES.items() for prompt in sides.passes]
)
def test_what_is_said_to_pass_passes_in_general_mode(category: str, prompt: str) -> None:
    assert guard().check_prompt(prompt).verdict <= Verdict.NOTE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("category", "prompt"), [(name, prompt) for name, sides in SIDES.items() for prompt in sides.stopped]
)
def test_what_is_said_to_be_stopped_is_stopped_for_its_category(category: str, prompt: str) -> None:
    decision = guard().check_prompt(prompt)
    assert decision.verdict >= Verdict.WARN
    assert category in {reason.category for reason in decision.reasons if reason.verdict >= Verdict.WARN}


def test_no_example_of_the_hard_line_on_children_is_written_down() -> None:
    assert SIDES["child_safety"].stopped == ()


def test_a_mode_that_there_is_not_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "examples.toml").write_text('[[example]]\nmode = "party"\nprompt = "a fox"', "utf-8")
    with pytest.raises(PresetError, match=r"example.0.mode: choose from art"):
        load_examples(tmp_path, ["general", "art"])


def test_a_category_without_its_table_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "policy_examples.toml").write_text('[category.hate]\npasses = ["a fox"]', "utf-8")
    with pytest.raises(PresetError, match=r"category.nudity"):
        load_sides(tmp_path, ["hate", "nudity"])
