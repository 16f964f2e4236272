"""`feedback` at the command line: listed without words, reported, exported, erased; gold questions are set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from studio import Studio
from tests.fakes import fake_studio
from tests.safety.review.test_annotation import chosen
from tests.safety.review.test_feedback import PROMPT, kept, taking
from ui.cli import main


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = taking(fake_studio(tmp_path / "home"), tmp_path / "home")
    yield studio
    studio.audit.close()


def run(studio: Studio, *words: object) -> Result:
    cli = main.build(lambda **_: studio, "127.0.0.1", 7860)
    return CliRunner().invoke(cli, ["feedback", *map(str, words)])


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_list_shows_no_words_unless_asked(studio: Studio) -> None:
    chosen(studio)
    (row,) = rows(run(studio, "list"))
    assert row["kind"] == "choice" and row["person"] and PROMPT not in json.dumps(row)
    assert rows(run(studio, "list", "--words"))[0]["prompt"] == PROMPT


def test_a_studio_without_feedback_has_an_empty_list_and_report(studio: Studio) -> None:
    assert run(studio, "list").stdout == ""
    (row,) = rows(run(studio, "report"))
    assert (row["kinds"], row["pairs"], row["gold"]) == ({}, 0, 0)


def test_an_export_goes_into_a_new_folder_once(studio: Studio, tmp_path: Path) -> None:
    chosen(studio)
    (told,) = rows(run(studio, "export", "--out", tmp_path / "out"))
    assert told["pairs"] == 1 and (tmp_path / "out" / "pairs.jsonl").is_file()
    again = run(studio, "export", "--out", tmp_path / "out")
    assert again.exit_code == 2 and "something in it" in again.stderr


def test_one_person_is_erased_by_the_keyed_hash(studio: Studio) -> None:
    chosen(studio)
    (row,) = rows(run(studio, "list"))
    erased = run(studio, "erase", "--person", row["person"])
    assert erased.stdout.split() == [row["case"]] and kept(studio) == [] and studio.audit.verify() == []
    assert run(studio, "erase", "--person", row["person"]).exit_code == 2


def test_a_gold_question_is_set_and_unset(studio: Studio) -> None:
    one, other = chosen(studio)
    assert run(studio, "gold", one, other, "--better", one).exit_code == 0
    assert rows(run(studio, "report"))[0]["gold"] == 1
    assert run(studio, "gold", one, other).exit_code == 0
    assert rows(run(studio, "report"))[0]["gold"] == 0
    assert run(studio, "gold", one, "0" * 16, "--better", one).exit_code == 2
