"""docs/duties.md: every file and test that a row names exists, and every row says where it was read and how surely."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.sources import ROOT

DUTIES, PROVENANCE = ROOT / "docs" / "duties.md", ROOT / "docs" / "provenance.md"
COLUMNS = ["duty", "since", "here: file", "test", "the operator must add", "source", "checked"]
CHECKED = {"text", "summary", "one summary", "no"}
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+/?)`")
TEST = re.compile(r"`([\w./-]+\.py)::(\w+)`")
LAWS = (
    "AI Act",
    "Digital Services Act",
    "United Kingdom",
    "TAKE IT DOWN",
    "California",
    "Korea",
    "India",
    "China",
    "Denmark",
)


def rows() -> Iterator[tuple[int, list[str]]]:
    """The rows of all tables, with their lines."""
    for number, line in enumerate(DUTIES.read_text("utf-8").splitlines(), 1):
        if line.startswith("|") and not line.startswith("|---"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if cells != COLUMNS:
                yield number, cells


ROWS = [pytest.param(cells, id=f"line {number}") for number, cells in rows()]


@cache
def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", ROWS)
def test_every_file_and_every_test_of_a_row_exists(row: list[str]) -> None:
    assert len(row) == len(COLUMNS)
    files, tests = PATH.findall(row[2]), TEST.findall(row[3])
    gone = [path for path in files if not (ROOT / path).exists()]
    gone += [f"{path}::{name}" for path, name in tests if not (ROOT / path).exists() or name not in functions(path)]
    assert not gone
    # What the studio does is held by a test; what it does not do is said in words.
    assert not files or tests, row


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_since_when_where_it_was_read_and_how_surely(row: list[str]) -> None:
    duty, since, *_, source, checked = row
    assert duty and since and source and checked in CHECKED
    assert checked == "no" or re.search("<https?://", source), row


@pytest.mark.parametrize("row", ROWS)
def test_words_of_others_are_of_two_sites_or_said_to_be_of_one(row: list[str]) -> None:
    sites = {site.removeprefix("www.") for site in re.findall("<https?://([^/>]+)", row[-2])}
    assert len(sites) >= {"summary": 2, "no": 0}.get(row[-1], 1), row


def test_each_country_has_a_list_of_what_to_add_and_what_was_left_out_is_said() -> None:
    text = DUTIES.read_text("utf-8")
    _, _, after = text.partition("## What you add, in order\n")
    added, _, left_out = after.partition("## What was not covered\n")
    for country in ("EU", "United Kingdom", "United States", "Korea", "India", "China", "Denmark"):
        assert re.search(rf"^\*\*{country}[^\n]*\n1\. ", added, re.MULTILINE), country
    assert "Countries" in left_out and "Data protection" in left_out


def test_every_law_has_its_rows() -> None:
    text = DUTIES.read_text("utf-8")
    assert not [law for law in LAWS if law not in text] and len(ROWS) > len(LAWS)


@pytest.mark.parametrize("path", [DUTIES, PROVENANCE], ids=lambda path: path.name)
def test_nothing_is_claimed_to_comply(path: object) -> None:
    assert isinstance(path, type(ROOT))
    text = path.read_text("utf-8").lower()
    assert "no claim of compliance" in text
    for claim in re.findall(r"[^.\n]*\b(?:complies|compliant|conforms|satisfies the|fulfils)\b[^.\n]*", text):
        pytest.fail(f"{path.name} claims: {claim}")
