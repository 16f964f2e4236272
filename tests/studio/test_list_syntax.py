"""Lists and choices in braces: every expansion is a whole prompt, and a small text stays small."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.errors import RequestError
from studio.list_syntax import MAX_PROMPT_CHARS, MAX_PROMPTS, escape, expand

LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=60).map(str.strip)
WORD = LINE.filter(bool)
CHOICES = st.lists(WORD, min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("text", "prompts"),
    [
        pytest.param("a cat\n\n  a dog  \n", ("a cat", "a dog"), id="lines"),
        pytest.param("a {red|green} apple", ("a red apple", "a green apple"), id="choices"),
        pytest.param("{a|b}{1|2}", ("a1", "a2", "b1", "b2"), id="two-braces"),
        pytest.param("{a|{b|c} d}", ("a", "b d", "c d"), id="nested"),
        pytest.param(r"a \{red\|green\} \\ sign", (r"a {red|green} \ sign",), id="escaped"),
        pytest.param("this | that", ("this | that",), id="bar-outside"),
        pytest.param("{|old} cat", ("cat", "old cat"), id="empty-choice"),
        pytest.param(r"(a \(b\):1.2)", (r"(a \(b\):1.2)",), id="other-escapes-stay"),
        pytest.param("{one}", ("one",), id="single"),
    ],
)
def test_a_list_stands_for_these_prompts(text: str, prompts: tuple[str, ...]) -> None:
    assert expand(text) == prompts


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param(" \n\n\t", "empty", id="blank-lines"),
        pytest.param("fine\na {red apple", "Line 2 has a {", id="not-closed"),
        pytest.param("a red} apple", "Line 1 has a }", id="not-opened"),
        pytest.param("a cat\n" * 10_000, "10,000 prompts", id="ten-thousand-lines"),
        pytest.param("x" * 5_000, "5,000 characters", id="long-line"),
        pytest.param("{a|b}" * 8, "256 prompts", id="too-many-choices"),
        pytest.param("{a|b}" * 5_000, "more than a billion", id="explosion"),
        pytest.param("{" * 50 + "}" * 50, "inside of each other", id="deep"),
        pytest.param("a" * 500_000, "500,000 characters", id="long-list"),
        pytest.param("{" + "y" * 1_500 + "|z}" + "x" * 1_000, "2,500 characters", id="long-choice"),
    ],
)
def test_what_cannot_be_expanded_is_said_in_one_sentence_and_at_once(text: str, says: str) -> None:
    start = time.monotonic()
    with pytest.raises(RequestError) as error:
        expand(text)
    assert says in error.value.sentence
    assert time.monotonic() - start < 2


@given(st.lists(WORD, min_size=1, max_size=20))
def test_escaped_lines_come_back_as_they_were(lines: list[str]) -> None:
    assert expand("\n".join(map(escape, lines))) == tuple(lines)


@given(WORD, CHOICES, CHOICES)
def test_every_choice_is_made_once_with_every_other(before: str, first: list[str], second: list[str]) -> None:
    line = f"{escape(before)} {{{'|'.join(map(escape, first))}}}, {{{'|'.join(map(escape, second))}}}"
    assert expand(line) == tuple(f"{before} {one}, {other}".strip() for one in first for other in second)


@given(st.text(alphabet="ab{}|\\ \n", max_size=80))
def test_any_text_is_expanded_within_bounds_or_refused(text: str) -> None:
    try:
        prompts = expand(text)
    except RequestError:
        return
    assert 1 <= len(prompts) <= MAX_PROMPTS
    assert all(len(prompt) <= MAX_PROMPT_CHARS and "\n" not in prompt for prompt in prompts)
