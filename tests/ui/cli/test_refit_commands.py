"""`feedback refit`, `adopt`, `rollback`, `history`, `check`: what they print, write and refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from studio import Studio
from tests.studio.refit import conftest
from tests.studio.refit.conftest import reviewed
from tests.ui.cli.test_main import Result, runner

presets, make = conftest.presets, conftest.make
VIGILS = [f"a vigil {place}" for place in ("in rain", "by night", "with songs", "at dawn", "in town", "by the sea")]
Make = Callable[..., Studio]
Run = Callable[..., Result]


@pytest.fixture
def run(make: Make) -> Run:
    studio = make()
    for prompt in VIGILS:
        reviewed(studio, prompt)
    call = runner(make)
    return lambda *arguments: call("feedback", *arguments)


@pytest.fixture
def proposal(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "proposal.json"
    assert run("refit", "--out", path).code == 0
    return path


def test_refit_says_what_would_change_and_what_it_costs_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    result = run("refit", "--out", tmp_path / "proposal.json")
    assert result.code == 0 and "Nothing has changed" in result.err
    assert "From 6 labelled prompts of 6 persons and cases." in result.out
    assert "Proposed: a new head" in result.out
    assert "reviewed: false stops 6 (61.0 to 100.0 %) -> 0 (0.0 to 39.0 %) of 6; misses - (no rows)" in result.out
    assert "guard: false stops 0 (0.0 to 56.1 %)" in result.out
    assert "Groups of whom more harmless prompts are stopped than before: none" in result.out
    assert result.out.count("(harmless, general): BLOCK -> ") == len(VIGILS)
    assert "Note: violence.read in general mode, warn: not moved" not in result.out  # no row lies near that limit
    assert run("history").out == ""


def test_a_proposal_holds_no_word_of_anybody(proposal: Path) -> None:
    assert "vigil" not in proposal.read_text("utf-8")


def test_adopt_puts_it_in_force_and_rollback_takes_it_back(run: Run, proposal: Path) -> None:
    assert run("check").err == "0 of 0 test rows hold.\n"
    result = run("adopt", proposal)
    assert (result.code, result.row) == (0, {"version": 1, "test_rows": 6})
    assert "restart the studio" in result.err
    assert (run("check").code, run("check").err) == (0, "6 of 6 test rows hold.\n")
    assert run("rollback").row == {"version": 2, "restores": 0}
    failing = run("check")
    assert failing.code == 1 and "0 of 6 test rows hold." in failing.err
    assert failing.rows[0]["prompt"] in VIGILS and failing.rows[0]["verdict"] == "BLOCK"
    history = run("history")
    assert [(row["version"], row["event"], row["in_force"]) for row in history.rows] == [
        (1, "policy_adopted", False),
        (2, "policy_rolled_back", True),
    ]


def test_a_changed_proposal_and_one_that_is_none_exit_with_2(run: Run, proposal: Path, tmp_path: Path) -> None:
    proposal.write_text(proposal.read_text("utf-8").replace('"rows": 6', '"rows": 600'), "utf-8")
    for file in (proposal, tmp_path / "none.json"):
        result = run("adopt", file)
        assert (result.code, result.out) == (2, "")
        result.says("`feedback refit`")


def test_labelled_prompts_of_people_are_read_beside_the_cases(run: Run, tmp_path: Path) -> None:
    row = {"prompt": "a duel of poets", "label": "harmless", "mode": "general", "person": "p1", "weight": 1.0}
    export = tmp_path / "export"
    export.mkdir()
    (export / "prompts.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    result = run("refit", "--from", export, "--out", tmp_path / "proposal.json")
    assert result.code == 0 and "From 7 labelled prompts of 7 persons and cases." in result.out
    assert "labelled: false stops 1" in result.out


def test_what_was_adopted_and_then_changed_is_told_and_taken_back(run: Run, proposal: Path, tmp_path: Path) -> None:
    assert run("adopt", proposal).code == 0
    file = tmp_path / "home" / "policy" / "0001.json"
    file.write_text(file.read_text("utf-8").replace("Ada", "Bob") + " ", "utf-8")
    history = run("history")
    assert history.code == 1 and history.row["problem"] == "its file is not the one on record"
    assert run("rollback").row == {"version": 2, "restores": 0}
    assert run("history").rows[-1]["in_force"] and run("check").code == 1
