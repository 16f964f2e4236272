"""A balanced set through the whole studio: filled in, judged, shown and on record; off unless asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from engines.interface import Progress, silent
from engines.testing import FakeEngine
from safety.generation import Delivered, Generation, GenerationRequest, Refused
from safety.prompt import load_prompt_checks
from studio import Studio
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS, WordCheck
from ui.html.picture import picture


@dataclass
class NotingEngine(FakeEngine):
    """Notes what it was asked to draw."""

    calls: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    def generate(self, request: GenerationRequest, seeds: object, progress: Progress, **more: object) -> Generation:
        self.calls.append((request.prompt, tuple(seeds)))  # type: ignore[arg-type]
        return super().generate(request, seeds, progress, **more)  # type: ignore[arg-type]


@pytest.fixture
def engine() -> NotingEngine:
    return NotingEngine()


@pytest.fixture
def studio(tmp_path: Path, engine: NotingEngine) -> Studio:
    return replace(fake_studio(tmp_path, engine), demographics=load_prompt_checks(PRESETS).demographics)


REQUEST = GenerationRequest("a doctor", seed=20, count=4, balanced=True)


def delivered(studio: Studio, request: GenerationRequest) -> Delivered:
    outcome = studio.create(request, silent)
    assert isinstance(outcome, Delivered)
    return outcome


def test_each_picture_is_drawn_from_its_own_words_in_the_order_of_seeds(studio: Studio, engine: NotingEngine) -> None:
    generation = delivered(studio, REQUEST).generation
    assert [picture.seed for picture in generation.pictures] == [20, 21, 22, 23]
    assert [picture.filled for picture in generation.pictures[:2]] == ["woman, light skin", "man, dark skin"]
    assert engine.calls[0] == ("a woman doctor with light skin", (20,))
    assert generation.request.prompt == "a doctor"
    assert generation.pictures[1].prompt == "a man doctor with dark skin"


def test_it_is_shown_and_on_record(studio: Studio) -> None:
    outcome = delivered(studio, REQUEST)
    assert "Filled in: <b>woman, light skin</b>" in picture(
        outcome.pictures[0], "c", 20, studio.policy.messages(), outcome.pictures[0].picture.filled
    )
    rows = json.dumps(list(studio.audit.show(outcome.case)))
    assert "woman, light skin" in rows and '"balanced": true' in rows and "a doctor" not in rows


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(replace(REQUEST, balanced=False), id="not asked for"),
        pytest.param(replace(REQUEST, prompt="a woman doctor with dark skin"), id="nothing open"),
        pytest.param(replace(REQUEST, prompt="a red apple"), id="nobody"),
    ],
)
def test_otherwise_the_prompt_is_drawn_as_asked_in_one_batch(
    studio: Studio, engine: NotingEngine, request_: GenerationRequest
) -> None:
    generation = delivered(studio, request_).generation
    assert engine.calls == [(request_.prompt, (20, 21, 22, 23))]
    assert [picture.filled for picture in generation.pictures] == [""] * 4


def test_the_filled_in_words_are_judged_too(studio: Studio, engine: NotingEngine) -> None:
    strict = WordCheck(words={"dark": ("violence", 0.9)})
    outcome = replace(studio, checks=replace(studio.checks, prompt=(strict,))).create(REQUEST, silent)
    assert isinstance(outcome, Refused) and engine.calls == []


def test_a_picture_alone_equals_its_place_in_a_set(studio: Studio) -> None:
    alone = delivered(studio, replace(REQUEST, seed=22, count=1)).generation
    together = delivered(studio, REQUEST).generation
    assert alone.pictures[0].filled == together.pictures[2].filled
    assert alone.pictures[0].image.tobytes() == together.pictures[2].image.tobytes()


def test_progress_counts_through_the_whole_set(studio: Studio) -> None:
    steps: list[tuple[int, int]] = []
    studio.create(REQUEST, lambda stage, done, total: steps.append((done, total)) if stage == "drawing" else None)
    assert [done for done, _ in steps] == list(range(32)) and {total for _, total in steps} == {32}


def test_what_a_prompt_leaves_out_is_drawn_as_left_out(tmp_path: Path) -> None:
    drawn: list[GenerationRequest] = []

    class KeepingEngine(FakeEngine):
        def generate(self, request: GenerationRequest, *rest: object, **more: object) -> Generation:
            drawn.append(request)
            return super().generate(request, *rest, **more)  # type: ignore[arg-type]

    studio = fake_studio(tmp_path, KeepingEngine())
    delivered(studio, GenerationRequest("a sailor, (hat:-1). Negative prompt: fog", negative_prompt="rain"))
    assert (drawn[0].prompt, drawn[0].negative_prompt) == ("a sailor, .", "rain, fog, hat")
