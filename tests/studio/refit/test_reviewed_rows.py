"""What a refit learns from: rows of the record and of an export, and how much one person counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.errors import RequestError
from safety.policy.model import load_policy
from studio.refit.refit_rules import load_refit_rules
from studio.refit.reviewed_rows import ReviewedRow, capped, rows_of_cases, rows_of_export
from tests.fakes_page import PRESETS

POLICY, RULES = load_policy(PRESETS), load_refit_rules(PRESETS).persons
CASE = {
    "case": "a1", "time": "2026-11-29T00:00:00", "kind": "appeal", "stage": "prompt", "mode": "art", "text": "a fox",
    "label": 0, "codes": "P301 P302",
}  # fmt: skip
ROW = {"prompt": "a fox", "label": "harmless", "mode": "general", "person": "p1", "weight": 0.5, "part": "train"}


def written(folder: Path, *rows: Any) -> Path:
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def test_a_reviewed_case_counts_by_its_first_category_and_as_one_voter() -> None:
    (row,) = rows_of_cases([CASE], POLICY, RULES)
    assert (row.prompt, row.harmful, row.mode, row.category) == ("a fox", False, "art", "violence")
    assert (row.weight, row.voter, row.reviewed) == (RULES.review_weight, "case a1", True)


def test_a_withheld_picture_says_nothing_of_the_prompt() -> None:
    assert list(rows_of_cases([CASE | {"stage": "picture"}], POLICY, RULES)) == []


def test_rows_of_an_export_are_read_and_rows_of_another_kind_left_aside(tmp_path: Path) -> None:
    pair = {"chosen": "a.png", "rejected": "b.png"}
    held = {**ROW, "part": "held-out", "label": "violence", "source": "review"}
    first, second = rows_of_export(written(tmp_path, ROW, pair, held), POLICY)
    assert (first.harmful, first.person, first.weight, first.held_out) == (False, "p1", 0.5, False)
    assert (second.harmful, second.category, second.held_out) == (True, "violence", True)
    assert not second.reviewed  # whatever a file says: only the record of this studio knows reviewers


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(["no object"], "line 1 is no JSON object", id="no object"),
        pytest.param([ROW, {**ROW, "label": "nice"}], "line 2: there is no label 'nice'", id="unknown label"),
        pytest.param([{**ROW, "mode": "school"}], "there is no mode 'school'", id="unknown mode"),
        pytest.param([{**ROW, "weight": 7}], "a weight is 0 to 1", id="too heavy"),
        pytest.param([{"chosen": "a.png"}], "no labelled prompt", id="none"),
    ],
)
def test_what_is_no_labelled_prompt_is_named(tmp_path: Path, rows: list[Any], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        list(rows_of_export(written(tmp_path, *rows), POLICY))


def test_a_folder_without_rows_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no .jsonl file"):
        list(rows_of_export(tmp_path, POLICY))


@given(st.lists(st.tuples(st.sampled_from("abcdefghijklmn"), st.integers(0, 60), st.floats(0, 1)), max_size=300))
def test_no_person_counts_for_more_than_the_stated_share(given_rows: list[tuple[str, int, float]]) -> None:
    rows = [
        ReviewedRow(f"prompt {number}", True, person=person, weight=weight, source="export", at=f"{place:05}")
        for place, (person, number, weight) in enumerate(given_rows)
    ]
    kept = capped(rows, RULES)
    total = sum(row.weight for row in rows)
    for person in "abcdefghijklmn":
        own = [row for row in kept if row.person == person]
        assert len(own) <= RULES.most_rows
        assert sum(row.weight for row in own) <= RULES.most_share * total + 1e-9
        assert len({row.prompt for row in own}) == len(own)


def test_a_decided_case_is_no_vote_of_its_person_beside_the_reviewer() -> None:
    (reviewed,) = rows_of_cases([CASE], POLICY, RULES)
    vote = ReviewedRow("a fox", True, case="a1", person="p1", source="export")
    assert capped([reviewed, vote], RULES) == [reviewed]


def test_what_a_category_of_the_operators_own_stopped_is_not_learned_from(tmp_path: Path) -> None:
    assert list(rows_of_cases([CASE | {"codes": "P801 P301"}], POLICY, RULES)) == []
    upheld = {**ROW, "label": "gambling", "source": "review", "case": "a1"}
    assert len(list(rows_of_export(written(tmp_path, ROW, upheld), POLICY))) == 1


def test_a_row_names_the_feedback_or_the_reviewed_case_that_it_was_made_of(tmp_path: Path) -> None:
    rows = [{**ROW, "feedback": ["b1", "b2"], "case": "a1"}, {**ROW, "source": "review", "case": "a2"}, ROW]
    assert [row.origin for row in rows_of_export(written(tmp_path, *rows), POLICY)] == [("b1", "b2"), ("a2",), ()]


def test_a_prompt_in_other_capitals_and_spaces_is_one_row_of_a_person() -> None:
    rows = [ReviewedRow(prompt, False, person="p", source="export") for prompt in ("a fox", "A  fox ", "a hare")]
    assert [row.prompt for row in capped(rows, RULES)] == ["A  fox ", "a hare"]
