"""What each step leaves: told from the noise to the finished picture, and nothing is drawn otherwise for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.model_store import ModelStore
from engines.diffusion.step_states import StepStates
from engines.interface import StepState, silent
from safety.errors import Cancelled
from safety.generation import Steering
from tests.engines.conftest import REQUEST, SIDE, card
from tests.engines.diffusion.test_zerogpu import Lender

CAT = Steering(("cat",), "cat", "max")


def states_of(
    engine: DiffusionEngine, prompt: str = "a red apple", steering: Steering | None = None
) -> list[StepState]:
    states: list[StepState] = []
    request = replace(REQUEST, prompt=prompt)
    engine.generate(request, [5], silent, steering=steering, observe=lambda step: states.extend(step))
    return states


@pytest.mark.parametrize("steering", [None, CAT], ids=["plain", "steered"])
def test_the_states_go_from_the_noise_to_the_finished_picture(tiny_pipeline: Path, steering: Steering | None) -> None:
    engine = DiffusionEngine("tiny", card("sd"), tiny_pipeline.parent)
    states = states_of(engine, steering=steering)
    picture = engine.generate(REQUEST, [5], silent, steering=steering).pictures[0].image
    assert [(state.done, state.total) for state in states] == [(done, 4) for done in range(5)]
    assert all(state.latents.shape == (4, SIDE // 2, SIDE // 2) for state in states)
    last = np.rint(states[-1].pixels * 255.0)
    assert np.abs(last - np.asarray(picture, float)).max() <= 1
    # The noise has the spread that the seed gives it: one, but for chance.
    assert states[0].latents.std() == pytest.approx(1.0, abs=0.1)


def test_the_noise_is_the_same_for_other_words_and_the_picture_is_not(tiny_pipeline: Path) -> None:
    engine = DiffusionEngine("tiny", card("sd"), tiny_pipeline.parent)
    apple, house = states_of(engine), states_of(engine, "a blue house")
    assert np.array_equal(apple[0].latents, house[0].latents)
    assert not np.array_equal(apple[-1].latents, house[-1].latents)


def test_each_seed_has_a_state_of_its_own(tiny_pipeline: Path) -> None:
    engine, shown = DiffusionEngine("tiny", card("sd"), tiny_pipeline.parent), []
    engine.generate(REQUEST, [5, 6], silent, observe=shown.append)
    assert [len(step) for step in shown] == [2] * 5
    assert np.array_equal(shown[0][0].latents, states_of(engine)[0].latents)
    assert not np.array_equal(shown[0][1].latents, shown[0][0].latents)


def test_who_watches_can_end_the_work(tiny_pipeline: Path) -> None:
    engine = DiffusionEngine("tiny", card("sd"), tiny_pipeline.parent)

    def stop(step: tuple[StepState, ...], /) -> None:
        if step[0].done == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        engine.generate(REQUEST, [5], silent, observe=stop)
    assert len(states_of(engine)) == 5


def test_a_lent_gpu_tells_the_same_states(tiny_pipeline: Path) -> None:
    plain = DiffusionEngine("tiny", card("sd"), tiny_pipeline.parent)
    borrowed = DiffusionEngine("tiny", card("sd"), ModelStore(tiny_pipeline.parent, zero_gpu=Lender()))
    for one, other in zip(states_of(plain), states_of(borrowed), strict=True):
        assert np.array_equal(one.latents, other.latents) and np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("shape", [(1, 16, 4), (1, 4, 1, 8, 8)], ids=["packed into patches", "of video"])
def test_latents_that_are_no_planes_are_not_shown(shape: tuple[int, ...]) -> None:
    import torch

    shown: list[Any] = []
    StepStates(None, 1, 4, shown.append).show(torch.zeros(shape), 1)
    assert not shown
