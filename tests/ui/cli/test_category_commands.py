"""`category`: measured and shown before it is switched on, one sentence for whatever is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio import Studio
from studio.factory import make_studio
from studio.settings import Settings
from tests.example_prompts import GAMBLING, MORE_GAMBLING, ORDINARY
from tests.ui.cli.test_main import Result, runner

pytestmark = pytest.mark.slow  # each command starts a studio
SENTENCE = "No adverts for betting."
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs commands one after the other, each in a studio that is started anew."""
    studios: list[Studio] = []

    def started() -> Studio:
        studios.append(make_studio(Settings(tmp_path / "home")))
        return studios[-1]

    yield runner(started)
    for studio in studios:
        studio.audit.close()


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    path = tmp_path / "examples.txt"
    path.write_text("\n".join(GAMBLING), "utf-8")
    return path


def add(run: Run, examples: Path, *more: object, name: str = "gambling") -> Result:
    return run("category", "add", name, "--sentence", SENTENCE, "--examples", examples, *more)


def test_a_category_from_a_file_to_its_removal(run: Run, examples: Path) -> None:
    added = add(run, examples, "--level", "block")
    assert added.code == 0
    assert "real prompts" in added.out and "would be found" in added.out and "category enable gambling" in added.err
    prompt = MORE_GAMBLING[0] + "\n"
    assert run("check", "-", "--no-suggestions", stdin=prompt).row["verdict"] == "ALLOW"
    shown = run("category", "enable", "gambling")
    assert "real prompts" in shown.out and "next start" in shown.err
    row = run("check", "-", "--no-suggestions", stdin=prompt).row
    assert (row["verdict"], row["reasons"][0]["code"]) == ("BLOCK", "P801")
    assert SENTENCE in row["reasons"][0]["text"]
    (listed,) = run("category", "list").rows
    assert (listed["category"], listed["enabled"], listed["examples"]) == ("gambling", True, len(GAMBLING))
    assert GAMBLING[0] in run("category", "show", "gambling").out
    assert run("category", "refit", "gambling").code == 0
    assert run("category", "disable", "gambling").code == 0
    assert run("check", "-", "--no-suggestions", stdin=prompt).row["verdict"] == "ALLOW"
    assert run("category", "remove", "gambling").code == 0
    assert run("category", "list").out == ""
    assert run("audit", "verify").code == 0


def test_a_dry_run_measures_and_keeps_nothing(run: Run, examples: Path, tmp_path: Path) -> None:
    row = add(run, examples, "--dry-run", "--json").row
    assert row["stopped"]["of"] >= 1000 and row["replay"] == {"cases": 0, "stricter": 0}
    assert not (tmp_path / "home").exists()


def test_what_would_stop_too_much_is_not_switched_on_but_by_force(run: Run, examples: Path) -> None:
    examples.write_text("\n".join(ORDINARY), "utf-8")
    assert "ordinary prompts" in add(run, examples).err
    refused = run("category", "enable", "gambling")
    assert refused.code == 2 and "--force" in refused.err
    assert run("category", "enable", "gambling", "--force").code == 0
    assert run("category", "list").rows[0]["forced"] is True


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        pytest.param("\n".join(GAMBLING[:4]).encode(), (), "4 different examples", id="four examples"),
        pytest.param(b"", (), "0 different examples", id="an empty file"),
        pytest.param("Würfel\n".encode("latin-1"), (), "Save it as UTF-8", id="another encoding"),
        pytest.param("\n".join(GAMBLING).encode(), ("--level", "hard"), "level", id="a level that there is not"),
        pytest.param("\n".join(GAMBLING).encode(), ("--share", "0.9"), "share", id="nearly all prompts"),
        pytest.param("\n".join(GAMBLING).encode(), ("--against", "nowhere.txt"), "nowhere.txt", id="no such file"),
    ],
)
def test_bad_input_is_one_sentence(run: Run, examples: Path, content: bytes, more: tuple[str, ...], words: str) -> None:
    examples.write_bytes(content)
    result = add(run, examples, *more)
    assert (result.code, result.out) == (2, "")
    result.says(words)


def test_a_broken_file_stops_every_start_and_names_itself(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "categories"
    folder.mkdir(parents=True)
    (folder / "gambling.json").write_text("{", "utf-8")
    result = run("check", "-", stdin="a red apple\n")
    assert (result.code, result.out) == (2, "")
    result.says("gambling.json", "delete it")
