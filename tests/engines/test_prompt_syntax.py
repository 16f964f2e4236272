"""Weights in prompts: what is one, what is text, and what stays where no engine reads them."""

from __future__ import annotations

import pytest

from engines.prompt_syntax import weighted_parts, without_weights


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        pytest.param("a red apple", [("a red apple", 1.0)], id="none"),
        pytest.param("a (red:1.3) apple", [("a", 1.0), ("red", 1.3), ("apple", 1.0)], id="one word"),
        pytest.param("(a red apple : .8)", [("a red apple", 0.8)], id="a phrase, with spaces"),
        pytest.param("(sky:0) (apple:99)", [("sky", 0.5), ("apple", 2.0)], id="far out of range"),
        pytest.param("a map (scale 1:2)", [("a map (scale 1:2)", 1.0)], id="a ratio is text"),
        pytest.param("an (apple) [pear]", [("an (apple) [pear]", 1.0)], id="brackets are text"),
        pytest.param("(fox:-1)", [("(fox:-1)", 1.0)], id="nothing is taken away by a weight"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_parts_have_the_weights_that_are_written_and_no_others(prompt: str, parts: list[tuple[str, float]]) -> None:
    assert weighted_parts(prompt) == parts


def test_without_weights_words_stay_apart_as_they_were_judged() -> None:
    assert without_weights("(app:1.2)le  pie") == "app le  pie"
    assert without_weights("two  spaces stay") == "two  spaces stay"
