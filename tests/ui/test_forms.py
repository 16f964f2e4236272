"""From values that anybody may send to a request, or to a sentence that names the setting."""

from __future__ import annotations

from typing import Any

import pytest

from safety.errors import RequestError
from safety.generation import GenerationRequest
from ui import forms


def test_every_field_of_a_request_can_be_given() -> None:
    values = {
        "prompt": "a red apple",
        "mode": "art",
        "engine": "pocket",
        "seed": "7",
        "steps": 4.0,
        "guidance": 3,
        "negative_prompt": "blur",
        "width": 128,
        "height": 128,
        "count": 2,
        "format": "webp",
        "acknowledged": True,
        "warning": "4ffa94499032",
        "keep_prompt": True,
        "balanced": True,
        "style": "watercolour",
        "steering": "strong",
        "language": "de-AT",
    }
    assert set(values) == set(forms.FIELDS)
    assert forms.read(values) == GenerationRequest(**(values | {"seed": 7, "steps": 4, "guidance": 3.0}))


def test_what_is_not_given_keeps_its_default() -> None:
    assert forms.read({"prompt": "a", "seed": "", "steps": None}) == GenerationRequest("a")


def test_no_prompt_is_an_empty_prompt_which_the_studio_refuses() -> None:
    assert forms.read({}).prompt == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("seed", "seven", id="seed as a word"),
        pytest.param("seed", "-1", id="negative seed as text"),
        pytest.param("seed", "²", id="superscript digit"),
        pytest.param("seed", "1" * 5000, id="endless seed"),
        pytest.param("seed", 1.5, id="half a seed"),
        pytest.param("steps", True, id="a switch as a number"),
        pytest.param("steps", float("nan"), id="not a number"),
        pytest.param("width", float("inf"), id="infinite"),
        pytest.param("width", 10**400, id="a number without end"),
        pytest.param("guidance", 1e300, id="a number that is none of anything"),
        pytest.param("guidance", "4", id="a number as text"),
        pytest.param("acknowledged", "false", id="a confirmation as text"),
        pytest.param("acknowledged", 1, id="a confirmation as a number"),
        pytest.param("prompt", ["a"], id="a list as a prompt"),
        pytest.param("mode", {"a": 1}, id="a table as a mode"),
        pytest.param("colour", "red", id="no such setting"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(RequestError) as caught:
        forms.read({"prompt": "a", name: value})
    assert name in caught.value.sentence and caught.value.advice


def test_a_sentence_never_repeats_more_than_a_line_of_what_was_sent() -> None:
    with pytest.raises(RequestError) as caught:
        forms.read({"seed": "x" * 10_000})
    assert len(caught.value.sentence) < 120
    with pytest.raises(RequestError) as caught:
        forms.read({"x" * 10_000: 1})
    assert "x" * 41 not in caught.value.sentence


@pytest.mark.parametrize("values", [None, [], "prompt", 5])
@pytest.mark.parametrize("read", [forms.read, forms.read_appeal, forms.read_remark])
def test_a_call_without_a_table_is_told_what_one_is(read: Any, values: Any) -> None:
    with pytest.raises(RequestError, match="table of settings"):
        read(values)
