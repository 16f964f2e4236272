"""The engine that ships for tests keeps the contract of an engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engines.interface import Engine, silent
from engines.testing import CARD, FakeEngine
from engines.validation import complete
from safety.errors import Cancelled
from safety.generation import GenerationRequest
from tests.engines.conftest import images, stop_at

REQUEST = complete(GenerationRequest("a red apple", engine="fake", width=256), {"fake": FakeEngine()})


def test_it_draws_one_picture_a_seed_of_the_size_asked_for_and_the_same_for_the_same_seed() -> None:
    engine: Engine = FakeEngine()
    generation = engine.generate(REQUEST, [3, 4], silent)
    assert [(picture.seed, picture.prompt) for picture in generation.pictures] == [
        (3, "a red apple"),
        (4, "a red apple"),
    ]
    assert [image.size for image in images(generation)] == [(256, 512)] * 2
    assert generation.pictures[1].image.tobytes() != generation.pictures[0].image.tobytes()
    assert images(engine.generate(REQUEST, [4], silent))[0].tobytes() == generation.pictures[1].image.tobytes()


def test_it_reports_its_steps_and_shows_previews() -> None:
    steps: list[tuple[str, int, int]] = []
    shown: list[int] = []
    FakeEngine().generate(
        replace(REQUEST, steps=8),
        [1, 2],
        lambda *step: steps.append(step),
        preview=lambda pictures: shown.append(len(pictures)),
    )
    assert steps == [("drawing", done, 8) for done in range(8)] and shown == [2, 2]


def test_a_cancel_ends_it_and_is_counted() -> None:
    engine = FakeEngine()
    with pytest.raises(Cancelled):
        engine.generate(REQUEST, [1], stop_at(2))
    assert (engine.stopped, engine.drawn) == (1, 0)
    engine.generate(REQUEST, [1, 2, 3], silent)
    assert (engine.stopped, engine.drawn) == (1, 3)


def test_it_takes_a_card_of_ones_own() -> None:
    engine = FakeEngine(CARD.model_copy(update={"model": "mine"}))
    assert engine.generate(REQUEST, [1], silent).model == "mine" and engine.availability().runs
