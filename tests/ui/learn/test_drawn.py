"""Pictures for lessons: made by the studio, once for everybody, and none that it stops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engines.testing import FakeEngine
from safety.errors import LimitError, RequestError
from studio import Studio
from tests.fakes import fake_review, fake_studio, limits
from ui.learn.drawn import draw, drawn_once
from ui.learn.panel import Desk, Memory
from ui.learn.threshold import ThresholdSettings
from ui.texts import page_texts


def desk(studio: Studio, memory: Memory, client: str = "203.0.113.7") -> Desk[ThresholdSettings]:
    settings = ThresholdSettings(set="everyday_and_risky")
    return Desk(studio, settings, page_texts(), studio.messages(), client, memory=memory)


def test_a_picture_is_drawn_once_for_everybody(tmp_path: Path) -> None:
    engine, memory = FakeEngine(), Memory()
    studio = fake_studio(tmp_path, engine)
    first = drawn_once(desk(studio, memory), "a red apple", 3)
    again = drawn_once(desk(studio, memory, "203.0.113.8"), "a red apple", 3)
    assert first is again and engine.drawn == 1
    assert first.file in [path.read_bytes() for path in studio.outputs.rglob("*.png")]


@pytest.mark.parametrize("prompt", ["gore", "a spoilt apple", "shock"], ids=["the prompt", "the picture", "veiled"])
def test_what_the_studio_stops_or_veils_is_in_no_lesson(tmp_path: Path, prompt: str) -> None:
    with pytest.raises(RequestError, match="stopped this wish"):
        drawn_once(desk(fake_studio(tmp_path), Memory()), prompt, 3)


def test_what_a_learner_has_drawn_counts_and_is_kept_for_nobody_else(tmp_path: Path) -> None:
    studio, memory = fake_studio(tmp_path), Memory()
    hour = {"generations": 1, "appeals": 0, "verifications": 0, "lookups": 0}
    studio = replace(studio, review=fake_review(studio.audit, tmp_path, limits(hour=hour)))
    assert draw(desk(studio, memory), "a red apple").prompt == "a red apple"
    with pytest.raises(LimitError):
        draw(desk(studio, memory), "a red apple")
    assert not memory._kept
