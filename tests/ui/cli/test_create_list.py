"""`create --list`: the table first, then the pictures; nothing that is refused is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from studio import Studio
from tests.ui.cli.test_main import Result, home, run, studio  # noqa: F401  fixtures


def test_every_line_is_judged_before_anything_is_drawn(
    run: Callable[..., Result],  # noqa: F811
    studio: Studio,  # noqa: F811
    tmp_path: Path,
) -> None:
    file = tmp_path / "list.txt"
    file.write_text("a {red|green} apple\n\na gore\na wound\n", "utf-8")
    result = run("create", "--list", file, "--out", tmp_path, "--json")
    table, drawn = result.rows[:4], result.rows[4:]
    assert [(row["number"], row["state"]) for row in table] == [
        (1, "waiting"),
        (2, "waiting"),
        (3, "refused"),
        (4, "asks"),
    ]
    assert [row["number"] for row in drawn] == [1, 2]
    assert all(Path(row["file"]).is_file() and row["marks"] for row in drawn)
    assert result.code == 3
    result.says("2 of 4")
    assert studio.engines["pocket"].drawn == 2  # type: ignore[attr-defined]


def test_a_list_comes_from_standard_input_too(run: Callable[..., Result], tmp_path: Path) -> None:  # noqa: F811
    result = run("create", "--list", "-", "--out", tmp_path, stdin="a cat\na dog")
    assert result.code == 0
    assert "1  Allowed" in result.out and len(list(tmp_path.glob("*.png"))) == 2


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        pytest.param(["--list", "-"], "", "The list is empty", id="empty"),
        pytest.param(["--list", "-"], "a {cat", "Line 1 has a {", id="braces"),
        pytest.param(["--list", "-"], b"a \xff", "no text", id="bytes"),
        pytest.param(["--list", "-"], "a cat\n" * 10_000, "10,000 prompts", id="many"),
        pytest.param(["a cat", "--list", "-"], "a dog", "Give one prompt", id="both"),
        pytest.param([], "", "Give one prompt", id="neither"),
        pytest.param(["--list", "-", "--confirm", "x"], "a dog", "no --confirm", id="confirm"),
        pytest.param(["--list", "nowhere.txt"], "", "nowhere.txt", id="no-file"),
    ],
)
def test_what_cannot_be_a_list_is_one_sentence(
    run: Callable[..., Result],  # noqa: F811
    tmp_path: Path,
    arguments: list[str],
    stdin: str | bytes,
    says: str,
) -> None:
    result = run("create", *arguments, "--out", tmp_path, stdin=stdin)
    assert result.code == 2
    result.says(says)
    assert not list(tmp_path.glob("*.png"))
