"""A prompt that is edited word by word reads as if it had been typed so, and knows what changed."""

from __future__ import annotations

import pytest

from safety.prompt.editable_prompt import EditablePrompt
from safety.records import Span


@pytest.mark.parametrize(
    ("typed", "without", "expected"),
    [
        pytest.param("a castle, full of blood, at night", ["full", "of", "blood"], "a castle, at night", id="a clause"),
        pytest.param("a bloody old axe", ["bloody"], "an old axe", id="the article fits"),
        pytest.param("Naked man on a horse", ["Naked"], "Man on a horse", id="the first letter as large as before"),
        pytest.param("roses; blood. Candles", ["blood"], "roses; Candles", id="one sign where two meet"),
        pytest.param("roses, blood", ["blood"], "roses", id="no sign at the end"),
    ],
)
def test_what_is_left_is_written_as_one_would_type_it(typed: str, without: list[str], expected: str) -> None:
    prompt = EditablePrompt.of(typed)
    numbers = [n for n in range(len(prompt.words)) if prompt.typed_word(n) in without]
    assert prompt.without(numbers).text() == expected


def test_spans_of_an_edited_prompt_lead_back_to_its_words() -> None:
    prompt = EditablePrompt.of("a red apple on a table").replaced({1: "green", 5: ""})
    assert prompt.text() == "a green apple on a"
    assert prompt.numbers_in([Span(2, 7)]) == [1]
    assert prompt.suggestion().removed == (Span(2, 5), Span(17, 22))


def test_signs_part_clauses() -> None:
    assert EditablePrompt.of("a red apple, on a table (oil). Soft light").clauses() == [
        range(3), range(3, 6), range(6, 7), range(7, 9)
    ]  # fmt: skip
