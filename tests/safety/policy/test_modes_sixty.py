"""Sixty prompts through the three modes, by all the checks that ship: context opens what it should and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from benchmarks.prompt import modes
from safety.checks import Check
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.records import Prompt, Verdict

ROOT = Path(__file__).parents[3]
SETS = tomllib.loads((ROOT / "tests" / "data" / "modes.toml").read_text("utf-8"))
MODELS = ROOT / "assets" / "models"


@pytest.fixture(scope="module")
def checks() -> tuple[Check[Prompt], ...]:
    if not (MODELS / "prompt_classifier" / "model.onnx").exists():
        pytest.skip("the weights are not here")
    return load_prompt_checks(ROOT / "presets", MODELS, load_policy(ROOT / "presets")).checks


def test_there_are_twenty_of_each() -> None:
    assert {name: len(set(prompts)) for name, prompts in SETS.items()} == {"art": 20, "medical": 20, "harmful": 20}


@pytest.mark.parametrize("prompt", SETS["art"])
def test_a_work_of_art_passes_in_art_mode(prompt: str, checks: tuple[Check[Prompt], ...]) -> None:
    assert modes.verdicts(prompt, checks)["art"] <= Verdict.WARN


@pytest.mark.parametrize("prompt", SETS["medical"])
def test_a_medical_subject_passes_in_medical_mode(prompt: str, checks: tuple[Check[Prompt], ...]) -> None:
    assert modes.verdicts(prompt, checks)["medical"] <= Verdict.WARN


@pytest.mark.parametrize("prompt", SETS["harmful"])
def test_what_is_harmful_is_refused_alike_in_every_mode(prompt: str, checks: tuple[Check[Prompt], ...]) -> None:
    found = set(modes.verdicts(prompt, checks).values())
    assert len(found) == 1 and min(found) >= Verdict.BLOCK


def refused(lines: list[str]) -> list[tuple[str, str, str]]:
    """Prompts, mode and how many are refused, of each row."""
    cells = [[cell.strip() for cell in line.split("|")] for line in lines[2:]]
    return [(row[1], row[2], row[6]) for row in cells]


def test_the_readme_says_how_many_are_refused(checks: tuple[Check[Prompt], ...]) -> None:
    found = modes.TABLE.search((ROOT / "docs" / "results.md").read_text("utf-8"))
    assert found, "docs/results.md has lost its table"
    told = refused(found[0].splitlines())
    assert len(told) == 9 and told == refused(list(modes.table(checks))), (
        "run: python -m benchmarks.prompt.modes --write"
    )
