"""Rows made by code: portraits are harmless, long texts as harmful as their worst part, all repeat with the seed."""

from __future__ import annotations

import random

import pytest

from training.prompt_classifier import attacks, long_texts
from training.prompt_classifier.portraits import portraits
from training.prompt_classifier.rows import CATEGORIES, HARM, HEADS, Row, full

FINE = [full(f"a quiet garden number {number} with a bench", "coco", 0.0) for number in range(4)]
HARMFUL = [full("blood and guts all over the kitchen floor", "made", 1.0, ["violence"])]


def test_portraits_are_harmless_hold_no_open_slot_and_repeat_with_the_seed() -> None:
    rows = portraits(80, seed=3)
    assert [row.text for row in rows] == [row.text for row in portraits(80, seed=3)]
    assert len({row.text for row in rows}) == len(rows)
    assert not any("{" in row.text or "  " in row.text or any(row.target.values()) for row in rows)


def test_a_joined_text_is_as_harmful_as_its_worst_part() -> None:
    rows = long_texts.joined([*FINE, *HARMFUL], 40, seed=1)
    assert {row.target[HARM] for row in rows} == {0.0, 1.0}
    for row in rows:
        assert ("blood" in row.text) == (row.target[HARM] == 1.0) == (row.target["violence"] == 1.0)
        assert {HARM, *CATEGORIES} <= set(row.weight) <= set(HEADS)


def test_fragments_keep_every_word_of_the_harmful_row() -> None:
    for row in long_texts.fragments([*FINE, *HARMFUL], 10, seed=2):
        assert set(HARMFUL[0].text.split()) <= set(row.text.split())
        assert row.target == HARMFUL[0].target


@pytest.mark.parametrize("rows", [FINE, HARMFUL, []], ids=["only harmless", "only harmful", "none"])
def test_fragments_need_both_kinds(rows: list[Row]) -> None:
    assert long_texts.fragments(rows, 5) == []


def test_only_harmless_rows_are_cut_into_windows() -> None:
    text = " ".join(f"word{number}" for number in range(3 * long_texts.PART))
    fine, harmful = full(text, "made", 0.0), full(text, "made", 1.0, CATEGORIES[:1])
    cut = long_texts.parts([fine, harmful])
    assert [len(row.text.split()) for row in cut] == [long_texts.PART, long_texts.PART]
    assert all(row.target == fine.target for row in cut)


def test_a_buried_prompt_keeps_its_longer_words_inside_others() -> None:
    text = attacks.buried("a naked body on the floor", ["xyz"], random.Random(0))
    assert all(word in text for word in ("naked", "body", "floor"))
