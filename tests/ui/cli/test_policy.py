"""`policy check` and `policy replay`: what a mode changes in plain words, and whose verdict changes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from safety.errors import PresetError
from safety.marks.provenance import Operator
from safety.marks.settings import MarkSettings
from safety.policy.model import load_policy
from safety.records import Stage
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS
from ui.cli import main as command_line

Run = Callable[..., Result]
SHOCKING = "[limits.prompt.shocking]\nwarn = 0.75"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    cli = command_line.build(lambda: fake_studio(tmp_path), "127.0.0.1", 7860)
    return lambda *arguments: CliRunner().invoke(cli, ["policy", *map(str, arguments)])


@pytest.fixture
def mode(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "school.toml"
        path.write_text(f'title = "School"\ndescription = "For a class."\n{text}', "utf-8")
        return path

    return write


def test_check_says_in_plain_words_what_a_mode_changes(run: Run, mode: Callable[[str], Path]) -> None:
    file = mode('inherits = "art"\n[limits.prompt.violence]\nwarn = 0.3\nblock = 0.6\n')
    result = run("check", file)
    assert result.exit_code == 0
    assert "School, against General:" in result.stdout
    assert "Graphic violence, prompt: warning from 0.3 on (general: from 0.4 on)" in result.stdout
    assert "Graphic violence, prompt: refusal from 0.6 on (general: from 0.7 on)" in result.stdout
    assert "Nudity, prompt: no refusal (general: from 0.7 on)" in result.stdout  # inherited
    assert "all is judged as in general mode" in result.stdout and "Valid." in result.stdout


def test_check_of_a_whole_folder_tells_every_mode(run: Run) -> None:
    result = run("check", PRESETS)
    assert [name in result.stdout for name in ("General, against", "Art, against", "Medical, against")] == [True] * 3
    assert "Nothing changes." in result.stdout and run("check", PRESETS / "policy.toml").stdout == result.stdout


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("[limits.prompt.child_safety]\n", "hard line", id="hard line"),
        pytest.param("[limits.prompt.sexual]\nblock = 0.9\n", "0.8 or below", id="too loose"),
        pytest.param('[limits.prompt."self_harm.method"]\nwarn = 0.5\n', "self_harm.method", id="never relaxed"),
        pytest.param('inherits = "wild"\n', "no mode 'wild'", id="no such parent"),
        pytest.param("colour = 1\n", "colour", id="unknown key"),
        pytest.param("title\n", "school.toml", id="no TOML"),
    ],
)
def test_check_refuses_a_mode_that_goes_too_far_and_says_where(
    run: Run, mode: Callable[[str], Path], text: str, named: str
) -> None:
    result = run("check", mode(text))
    assert result.exit_code == 2 and named in result.stderr and "Mend the file" in result.stderr
    assert not result.stdout


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    for result in (
        run("check", tmp_path / "none.toml"),
        run("replay", tmp_path / "none.csv", "--old", PRESETS, "--new", PRESETS),
    ):
        assert result.exit_code == 2 and "none." in result.stderr


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "set.csv"
    path.write_text('text,label\n"a red apple",0\n"a field, full of gore",1\n"a wound",0\n', "utf-8")
    return path


def test_replay_shows_whose_verdict_changes(run: Run, rows: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    shutil.copytree(PRESETS, new)
    path = new / "policy.toml"
    path.write_text(path.read_text("utf-8").replace("[limits.prompt.shocking]\nwarn = 0.5", SHOCKING), "utf-8")
    result = run("replay", rows, "--old", PRESETS, "--new", new)
    assert result.exit_code == 0, result.stderr
    assert re.search(r"general +WARN -> ALLOW +0  a wound", result.stdout)
    assert "gore" not in result.stdout and "red apple" not in result.stdout
    assert "general: 1 of 3 prompts change, 0 to stricter, 1 to looser; harmless newly refused: 0" in result.stdout
    lines = run("replay", rows, "--old", PRESETS, "--new", new, "--json").stdout.splitlines()
    row = {"text": "a wound", "label": "0", "mode": "general", "old": "WARN", "new": "ALLOW"}
    assert [json.loads(line) for line in lines] == [row]


def test_replay_prints_the_curve_behind_each_limit(run: Run, rows: Path) -> None:
    lines = run("replay", rows, "--old", PRESETS, "--new", PRESETS, "--curves").stdout.splitlines()
    limits = load_policy(PRESETS).limits[Stage.PROMPT]
    curves = {line.partition(" ")[0]: line for line in lines if "(score, %" in line}
    assert set(curves) == set(limits)
    assert f"{limits['sexual'].warn:g} warn" in curves["sexual"] and "0.1 " in curves["sexual"]


def test_replay_of_one_policy_against_itself_changes_nothing(run: Run, rows: Path) -> None:
    result = run("replay", rows, "--old", PRESETS, "--new", PRESETS)
    assert "->" not in result.stdout and result.stdout.count("0 of 3 prompts change") == 3


def test_two_modes_can_be_compared_as_files(run: Run, rows: Path, mode: Callable[[str], Path]) -> None:
    file = mode("[limits.prompt.violence]\nblock = 0.2\n")
    result = run("replay", rows, "--old", PRESETS / "modes" / "art.toml", "--new", file)
    assert result.exit_code == 0 and "school" in result.stdout and "WARN -> BLOCK" in result.stdout


@pytest.mark.parametrize(
    ("data", "named"),
    [
        pytest.param(b"prompt,label\na,0\n", "no column text", id="no text"),
        pytest.param(b"text\n\xff\xfe\n", "UTF-8", id="no UTF-8"),
        pytest.param(b"", "no column text", id="empty"),
    ],
)
def test_a_set_that_cannot_be_read_is_one_sentence(run: Run, tmp_path: Path, data: bytes, named: str) -> None:
    (tmp_path / "bad.csv").write_bytes(data)
    result = run("replay", tmp_path / "bad.csv", "--old", PRESETS, "--new", PRESETS)
    assert result.exit_code == 2 and named in result.stderr and "Traceback" not in result.stderr


def test_labels_names_the_rule_of_every_country_and_which_hold_here(run: Run) -> None:
    rows = {row["country"]: row for row in map(json.loads, run("labels").stdout.splitlines())}
    assert {"CN", "EU", "IN", "KR", "US-CA"} <= rows.keys()
    assert (rows["CN"]["height"], rows["CN"]["since"], rows["CN"]["holds_here"]) == (0.05, "2025-09-01", False)
    assert all(row["source"].startswith("https://") and isinstance(row["checked"], bool) for row in rows.values())


def labels(**chosen: Any) -> dict[str, dict[str, Any]]:
    """What `policy labels` prints, by country, where no studio can be made: it would not start without the rest."""

    def no_studio() -> Any:
        raise PresetError("SAFELIGHT_PROVIDER is not set.", "Set it.")

    cli = command_line.build(no_studio, "127.0.0.1", 7860, marks=MarkSettings(**chosen))
    result = CliRunner().invoke(cli, ["policy", "labels"])
    assert result.exit_code == 0, result.stderr
    return {row["country"]: row for row in map(json.loads, result.stdout.splitlines())}


def test_rules_of_all_countries_are_told_and_what_one_lacks_where_it_is_chosen() -> None:
    rows, unchosen = labels(countries=("CN", "EU")), labels()
    assert list(rows) == list(unchosen) and {"CN", "EU", "IN", "KR"} <= set(rows)
    assert "SAFELIGHT_PROVIDER" in rows["CN"]["lacks"] and rows["CN"]["holds_here"]
    assert not rows["EU"]["lacks"] and not any(row["lacks"] or row["holds_here"] for row in unchosen.values())
    assert not labels(countries=("CN",), operator=Operator("ACME"))["CN"]["lacks"]
