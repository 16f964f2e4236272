"""No component of the page has a text of its own in one language: all of them come from presets/locales/page/."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import ROOT

# What a component shows, by name; the first argument of these shows as well.
SHOWN = ("label", "placeholder", "info", "value", "alt_text", "title", "description")
FIRST_IS_SHOWN = ("Button", "DownloadButton", "LoginButton", "UploadButton", "Accordion", "Tab", "HTML", "Markdown")
# What may stand there all the same, and why.
EXCEPTIONS = {"Safelight": "the name is the same in every language"}
FILES = sorted((ROOT / "ui" / "web").glob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_components_take_what_they_show_from_the_locale_files(file: Path) -> None:
    assert not [f"line {line}: {text!r}" for line, text in _literals(file) if text not in EXCEPTIONS]


def _literals(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if ast.unparse(node.func.value) != "gr":
            continue
        shown = [each.value for each in node.keywords if each.arg in SHOWN]
        shown += node.args[:1] if node.func.attr in FIRST_IS_SHOWN else []
        for value in shown:
            yield from ((node.lineno, text) for text in _texts(value))


def _texts(value: ast.expr) -> Iterator[str]:
    """Yields what is written there in letters: a string, or the fixed parts of an f-string."""
    parts = value.values if isinstance(value, ast.JoinedStr) else [value]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and any(map(str.isalpha, part.value)):
            yield part.value
