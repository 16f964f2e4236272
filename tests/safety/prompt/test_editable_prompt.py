"""What is left of a sentence stays readable: phrases go or stay as a whole."""

from __future__ import annotations

import pytest

from safety.prompt.editable_prompt import EditablePrompt, readable


def without(typed: str, *gone: str) -> EditablePrompt:
    prompt = EditablePrompt.of(typed)
    return prompt.without(n for n in range(len(prompt.places)) if prompt.typed_word(n) in gone)


@pytest.mark.parametrize(
    ("typed", "gone", "left"),
    [
        pytest.param(
            "a soldier stabbing a screaming prisoner in a dark cell",
            "stabbing",
            "a soldier with a screaming prisoner in a dark cell",
            id="a verb between two things",
        ),
        pytest.param("a man with big fists in a bar", "fists", "a man in a bar", id="what carries a phrase"),
        pytest.param(
            "A man standing next to a bomb holding a detonator.",
            "detonator",
            "A man standing next to a bomb.",
            id="the object of a verb",
        ),
        pytest.param("a severed head on a plate", "severed", "a head on a plate", id="a word that only describes"),
        pytest.param("An airplane crashes into the sea", "crashes", "An airplane into the sea", id="a clause begins"),
    ],
)
def test_a_phrase_goes_with_the_word_that_carries_it(typed: str, gone: str, left: str) -> None:
    assert next(readable(without(typed, gone))).text() == left


def test_small_words_come_back_with_what_they_join_or_all_of_it_goes() -> None:
    typed = "the portrait of one woman lying on a bed, soft light"
    assert [one.text() for one in readable(without(typed, "on", "a"))] == [
        typed,
        "the portrait of one woman lying, soft light",
    ]
