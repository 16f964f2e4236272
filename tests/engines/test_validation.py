"""A request is made complete from the engine's card, or refused with a sentence that names the fix."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from engines.interface import EngineCard, Range
from engines.validation import complete, with_quick_steps
from safety.errors import RequestError
from safety.generation import GenerationRequest

CARD = EngineCard(
    title="Pocket",
    model="pocket",
    licence="MIT",
    licence_url="",
    source="",
    guided=True,
    steps=Range(default=20, least=1, most=50),
    guidance=Range(default=4, least=1, most=12),
    size=Range(default=128, least=64, most=256),
    count=Range(default=1, least=1, most=4),
)


@dataclass(frozen=True)
class Carded:
    card: EngineCard = CARD


ENGINES = {"pocket": Carded()}
REQUEST = GenerationRequest("a red apple")
QUICK = CARD.model_copy(update={"steps": Range(default=20, least=1, most=50, quick=10)})


def test_quick_takes_the_smaller_number_of_steps_that_the_card_names() -> None:
    assert with_quick_steps(REQUEST, {"pocket": Carded(QUICK)}) == replace(REQUEST, steps=10)  # type: ignore[dict-item]


def test_quick_leaves_an_unknown_engine_to_be_named_with_the_others() -> None:
    assert with_quick_steps(replace(REQUEST, engine="sdxl"), {}) == replace(REQUEST, engine="sdxl")


@pytest.mark.parametrize(
    ("request_", "card", "sentence_part"),
    [
        pytest.param(replace(REQUEST, steps=5), QUICK, "Give one of them", id="steps as well"),
        pytest.param(REQUEST, CARD, "Give a number of steps", id="the card names none"),
    ],
)
def test_quick_refuses_with_a_sentence_that_names_the_fix(
    request_: GenerationRequest, card: EngineCard, sentence_part: str
) -> None:
    with pytest.raises(RequestError) as caught:
        with_quick_steps(request_, {"pocket": Carded(card)})  # type: ignore[dict-item]
    assert sentence_part in caught.value.sentence


def test_what_is_left_open_comes_from_the_card() -> None:
    full = complete(REQUEST, ENGINES)  # type: ignore[arg-type]
    assert (full.steps, full.guidance, full.width, full.height, full.count) == (20, 4.0, 128, 128, 1)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"engine": "sdxl"}, "Choose one of: pocket", id="unknown engine"),
        pytest.param({"steps": 0}, "Use 1 to 50", id="no steps"),
        pytest.param({"steps": 51}, "Use 1 to 50", id="too many steps"),
        pytest.param({"guidance": 0.5}, "Use 1 to 12", id="guidance below 1 would draw the negative prompt"),
        pytest.param({"guidance": float("nan")}, "Use 1 to 12", id="guidance is no number"),
        pytest.param({"width": 100}, "multiple of 16", id="width does not fit"),
        pytest.param({"height": 512}, "Use 64 to 256", id="too high"),
        pytest.param({"count": 5}, "Use 1 to 4", id="too many pictures"),
        pytest.param({"seed": -1}, "Use 0 to", id="negative seed"),
        pytest.param({"seed": 2**32}, "Use 0 to", id="large seed"),
        pytest.param({"seed": "x"}, "It was 'x'", id="a seed as text"),
        pytest.param({"seed": 1.5}, "It was '1.5'", id="half a seed"),
        pytest.param({"steps": True}, "It was 'True'", id="a switch as a number"),
        pytest.param({"guidance": "4"}, "It was '4'", id="guidance as text"),
        pytest.param({"format": "gif"}, "png, jpeg, webp", id="unknown format"),
        pytest.param({"prompt": " \n "}, "Write what", id="empty prompt"),
        pytest.param({"prompt": "x" * 100_000}, "at most 10,000", id="long prompt"),
        pytest.param({"negative_prompt": "x" * 100_000}, "at most 10,000", id="long negative prompt"),
    ],
)
def test_what_is_out_of_range_names_its_range(change: dict[str, object], named: str) -> None:
    with pytest.raises(RequestError) as caught:
        complete(replace(REQUEST, **change), ENGINES)  # type: ignore[arg-type]
    assert named in caught.value.sentence


def test_an_unknown_strength_of_steering_is_refused() -> None:
    with pytest.raises(RequestError, match="Nothing is steered"):
        complete(GenerationRequest("a red apple", steering="weak"), {"pocket": Carded()})  # type: ignore[dict-item]
