"""Sizes by shape: what each card of the shipped models offers is what its engine takes."""

from __future__ import annotations

import pytest

from engines.cards import read_cards
from engines.shapes import SHAPES, sizes_of
from engines.testing import CARD, FakeEngine
from engines.validation import complete
from safety.generation import GenerationRequest
from safety.resources import PRESETS

CARDS = read_cards(PRESETS / "engines.toml")


@pytest.mark.parametrize("name", CARDS)
def test_every_size_on_offer_is_one_that_the_engine_takes(name: str) -> None:
    for width, height in sizes_of(CARDS[name]).values():
        request = GenerationRequest("an apple", engine=name, width=width, height=height)
        complete(request, {name: FakeEngine(CARDS[name])})


def test_a_model_with_one_size_has_one_shape() -> None:
    assert sizes_of(CARDS["pocket"]) == {"square": (128, 128)}


def test_shapes_have_about_the_pixels_of_the_square() -> None:
    sizes = sizes_of(CARDS["sdxl"])
    assert list(sizes) == list(SHAPES)
    assert sizes["square"] == (1024, 1024) and sizes["landscape"] == (1152, 896)
    assert all(0.85 < width * height / 1024**2 < 1.15 for width, height in sizes.values())


def test_a_shape_that_the_limits_do_not_allow_is_not_offered() -> None:
    assert "wide" not in sizes_of(CARD.model_copy(update={"size_multiple": 256}))
