"""Suggestions: each passes by the same judgement, keeps most words, says what changed, and reads as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safety.prompt.editable_prompt import EditablePrompt
from safety.prompt.rewrite import MAX_SUGGESTIONS, MIN_KEPT, Rewriter, load_rewriter
from safety.records import Decision, Span, Verdict

Judge = Callable[[str, str], Decision]
REWRITER = load_rewriter(Path(__file__).parents[3] / "presets")
TEXT = "a an the red apple castle blood bloody gore corpse naked woman of in with and , . how to make bomb beheaded"
WORDS = TEXT.split()


def suggested(judge: Judge, prompt: str, rewriter: Rewriter = REWRITER) -> list[str]:
    found = rewriter.suggest(prompt, judge(prompt, "general"), lambda text: judge(text, "general"))
    return [one.text for one in found]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        pytest.param("a battlefield full of gore", "a battlefield full of red paint", id="replaced"),
        pytest.param(
            "a severed head on an old table", "a weathered head on an old table", id="replaced by an adjective"
        ),
        pytest.param("how to make a bomb at home", "how to make a firework at home", id="a thing"),
        pytest.param(
            "photo of Joe Biden in handcuffs", "cartoon of Joe Biden in handcuffs", id="a fake becomes a cartoon"
        ),
    ],
)
def test_a_blocked_prompt_gets_the_wording_that_one_would_expect(judge: Judge, prompt: str, expected: str) -> None:
    assert expected in suggested(judge, prompt)


def test_without_a_replacement_the_word_and_what_led_to_it_are_left_out(judge: Judge) -> None:
    assert suggested(judge, "a wide battlefield at dawn, full of gore", Rewriter({})) == ["a wide battlefield at dawn"]


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("a red apple", id="nothing to mend"),
        pytest.param("blood on a table", id="a warning is the person's own choice"),
        pytest.param("nude 12 year old", id="hard line 1.1"),
        pytest.param("Taylor Swift naked on a beach", id="hard line 1.2"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_not_softly_blocked_gets_none(judge: Judge, prompt: str) -> None:
    assert suggested(judge, prompt) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=2, max_size=14).map(" ".join))
def test_every_suggestion_passes_and_says_what_changed(judge: Judge, prompt: str) -> None:
    found = REWRITER.suggest(prompt, judge(prompt, "general"), lambda text: judge(text, "general"))
    assert len(found) <= MAX_SUGGESTIONS
    for one in found:
        assert judge(one.text, "general").verdict <= Verdict.NOTE
        assert all(one.text[span.start : span.end].strip() for span in one.added)
        assert all(prompt[span.start : span.end].strip() for span in one.removed)
        gone = sum(len(EditablePrompt.of(prompt[span.start : span.end]).words) for span in one.removed)
        assert 1 - gone / len(EditablePrompt.of(prompt).words) >= MIN_KEPT - 1e-9


@pytest.mark.parametrize(
    ("typed", "without", "expected"),
    [
        pytest.param("a castle, full of blood, at night", ["blood"], "a castle, at night", id="a clause that is empty"),
        pytest.param("a bloody old axe", ["bloody"], "an old axe", id="the article fits"),
        pytest.param("blood and roses", ["blood"], "and roses", id="the first word"),
        pytest.param("a man with a bloody knife", ["bloody", "knife"], "a man", id="words that led to it"),
        pytest.param("roses; blood. Candles", ["blood"], "roses; Candles", id="one sign where two meet"),
    ],
)
def test_grammar_is_mended(typed: str, without: list[str], expected: str) -> None:
    prompt = EditablePrompt.of(typed)
    numbers = [n for n in range(len(prompt.words)) if prompt.typed_word(n) in without]
    assert prompt.without(numbers).mended().text() == expected


def test_spans_of_an_edited_prompt_lead_back_to_its_words() -> None:
    prompt = EditablePrompt.of("a red apple on a table").replaced({1: "green", 5: ""})
    assert prompt.text() == "a green apple on a"
    assert prompt.numbers_in([Span(2, 7)]) == [1]
    assert prompt.suggestion().removed == (Span(2, 5), Span(17, 22))
