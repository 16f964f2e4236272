"""`report`: figures for people and for programs, and none from a record that was changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from safety.review.transparency import UNKNOWN
from studio import Studio
from tests.ui.cli import test_main
from tests.ui.cli.test_main import HARD, WORD, Result
from tests.ui.cli.test_review import REASON, refused

home, studio, run = test_main.home, test_main.studio, test_main.run
Run = Callable[..., Result]


def test_the_figures_are_printed_for_people_and_for_programs(run: Run, studio: Studio) -> None:
    run("review", "overturn", refused(studio), "--reason", REASON)
    assert run("create", HARD, "--out", "a.png").code == 3
    row = run("report", "--json").row
    assert (row["own_decisions"]["total"], row["own_decisions"]["hard_lines"]) == (2, 1)
    assert (row["appeals"]["outcomes"]["overturned"], row["appeals"]["error_rate"]) == (1, 1.0)
    text = run("report").out
    assert f"hash {studio.audit.end()[1]}." in text
    assert "    prompt refused                 2" in text and "  error rate                       1.0" in text
    assert all(f"  {what}: " in text for what in UNKNOWN)
    assert WORD not in text


def test_a_share_of_nothing_is_not_known(run: Run) -> None:
    text = run("report").out
    assert "  error rate                       not known" in text and "  by category                      none" in text


def test_a_record_that_was_changed_gives_no_figures(run: Run, studio: Studio, home: Path) -> None:
    refused(studio)
    studio.audit.close()
    with sqlite3.connect(home / "audit.sqlite3") as database:
        database.execute("DROP TRIGGER entry_no_update")
        database.execute("UPDATE entry SET time = '2020' WHERE seq = 1")
    result = run("report", "--json")
    assert (result.code, result.out) == (4, "")
    result.says("not whole", "audit verify")


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30"])
def test_a_day_that_there_is_not_is_bad_input(run: Run, day: str) -> None:
    result = run("report", "--from", day)
    assert (result.code, result.out) == (2, "")
    result.says(day, "2026-11-29")
