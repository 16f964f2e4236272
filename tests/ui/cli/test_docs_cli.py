"""docs/cli.md: every example has exactly the names that the program prints, and every command is there."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from safety.marks import Marks
from safety.marks.export import Exporter
from studio.settings import Settings
from tests.fakes import fake_studio
from ui.cli import main as command_line

TEXT = (Path(__file__).parents[3] / "docs" / "cli.md").read_text("utf-8")
EXAMPLES = {name: json.loads(body) for name, body in re.findall(r"```json (\w+)\n(.*?)```", TEXT, re.DOTALL)}
OPEN = {
    "scores",
    "facts",
    "by_kind",
    "by_measure",
    "by_category",
    "by_check",
    "by_reason",
    "unknown",
    "reversed_by_category",
}  # their names depend on what was seen


def names(value: Any, inside: str = "") -> Any:
    """The shape of a JSON value: names of objects, the first item of lists, nothing of plain values."""
    if isinstance(value, dict):
        return {key: names(inner, key) for key, inner in sorted(value.items())} if inside not in OPEN else {}
    return [names(item) for item in value[:1]] if isinstance(value, list) else None


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("docs")
    studio = fake_studio(folder / "home", exporter=Exporter(Marks(folder / "home" / "keys")))
    cli = command_line.build(lambda: studio, "127.0.0.1", 7860)
    apple, marked = str(folder / "apple.png"), str(folder / "marked.png")
    Image.radial_gradient("L").resize((512, 512)).save(folder / "in.png")

    def run(*arguments: str, stdin: str = "") -> dict[str, Any]:
        result = CliRunner().invoke(cli, arguments, input=stdin)
        row: dict[str, Any] = json.loads(result.stdout.splitlines()[0])
        return row

    flagged = "a battlefield full of gore"
    rows = {
        "check": run("check", "-", stdin=flagged),
        "create": run("create", "a red apple", "--out", apple, "--seed", "7", "--json"),
        "line": run("create", "--list", "-", "--out", str(folder), "--json", stdin="a red apple"),
        "list": run("audit", "list"),
        "refused": run("create", flagged, "--out", apple, "--json"),
        "look": run("look", apple),
        "health": run("health", "--json"),
        "engines": run("engines", "--json"),
        "report": run("report", "--json"),
        "mark": run("mark", str(folder / "in.png"), "--out", marked),
        "verify": run("verify", apple, "--json"),
        "rubric": run("verify", "--rubric", apple),
        "upscale": run("upscale", apple, "--out", str(folder / "large.png"), "--json"),
    }
    old, new = folder / "old.toml", folder / "new.toml"
    old.write_text('title = "Old"\ndescription = ""\n', "utf-8")
    new.write_text('title = "New"\ndescription = ""\n[limits.prompt.shocking]\nwarn = 0.4\nblock = 0.5\n', "utf-8")
    (folder / "set.csv").write_text("text,label\na wound,0\n", "utf-8")
    rows["replay"] = run("policy", "replay", str(folder / "set.csv"), "--old", str(old), "--new", str(new), "--json")
    rows["show"] = run("audit", "show", rows["create"]["case"])
    yield rows.__getitem__
    studio.audit.close()


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in EXAMPLES])
def test_an_example_has_the_names_that_the_program_prints(name: str, printed: Callable[[str], dict[str, Any]]) -> None:
    assert names(EXAMPLES[name]) == names(printed(name))


@pytest.mark.parametrize("name", ["check", "refused"])
def test_the_example_of_a_refusal_is_the_real_one(name: str, printed: Callable[[str], dict[str, Any]]) -> None:
    real, example = printed(name), EXAMPLES[name]
    assert example["reasons"] == real["reasons"]
    assert (example["verdict"], example["risk"]) == (real["verdict"], round(real["risk"], 4))


def test_every_command_and_every_setting_is_described() -> None:
    making = ("check", "create", "look", "mark", "upscale", "verify", "health", "hash", "engines", "serve")
    commands = (*making, "policy", "audit", "report", "review", "filter")
    for command in commands:
        assert f"\n## {command}\n" in TEXT
    for setting in re.findall(r"SAFELIGHT_\w+", inspect.getsource(Settings)):
        assert f"| `{setting}` |" in TEXT
