"""Pictures of lessons: judged more strictly than a person's own, on record, marked, and counted for nobody."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.interface import EngineCard
from engines.testing import CARD, FakeEngine
from safety.errors import RequestError
from safety.generation import Delivered, GenerationRequest, SteeringResult
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.policy.steering import load_steering
from studio import CheckSuite, Studio
from studio.demonstration import (
    COLUMNS,
    LABEL_STRIP,
    Demonstration,
    demonstrate,
    mean_difference,
    sheet_of,
)
from tests.fakes import fake_review, fake_studio, limits
from tests.fakes_page import PRESETS, WordCheck, policy

APPLE = Demonstration("a red apple", 3, with_steps=True)
CAT = Demonstration("a cat", 3, concept="a cat", strength="strong")


class SteeredEngine(FakeEngine):
    """Says that it steered as it was asked to."""

    def generate(self, *given: Any, **more: Any) -> Any:
        steering = more.get("steering")
        result = SteeringResult(steering, "sld", "It was asked to.") if steering else None
        return replace(super().generate(*given, **more), steered=result)


def steered_studio(home: Path, content: str = "filtered", words: dict[str, Any] | None = None) -> Studio:
    card: EngineCard = CARD.model_copy(update={"content": content})
    studio = fake_studio(home, SteeredEngine(card))
    checks = CheckSuite((WordCheck(words or {}),), studio.checks.picture)
    return replace(studio, checks=checks, steering=load_steering(PRESETS, policy()))


def events(studio: Studio, case: str) -> list[str]:
    return [row["event"] for row in studio.show_case(case)]


def test_a_demonstration_is_the_picture_that_create_makes(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    made = demonstrate(studio, APPLE)
    created: Any = studio.create(GenerationRequest("a red apple", seed=3))
    assert made.image.tobytes() == created.generation.pictures[0].image.tobytes()
    assert len(made.steps) == created.generation.request.steps + 1


def test_it_is_on_record_with_both_files_and_stays_on_no_disk(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    made = demonstrate(studio, APPLE)
    assert events(studio, made.case) == ["opened", "judged", "generated"] + ["judged"] * 2 + ["exported"] * 2 + [
        "closed"
    ]
    opened = studio.show_case(made.case)[0]["facts"]
    assert (opened["kind"], opened["seed"], opened["engine"]) == ("lesson", 3, "pocket")
    assert not [path for path in studio.outputs.rglob("*") if path.is_file()]


def test_without_steps_there_are_none(tmp_path: Path) -> None:
    made = demonstrate(fake_studio(tmp_path), replace(APPLE, with_steps=False))
    assert made.steps == () and made.sheet == b"" and made.file


def test_all_that_is_handed_out_carries_all_marks(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path, exporter=Exporter(Marks(tmp_path / "keys")))
    made = demonstrate(studio, APPLE)
    exported = [row["facts"] for row in studio.show_case(made.case) if row["event"] == "exported"]
    for file, facts in zip((made.file, made.sheet), exported, strict=True):
        found = studio.verify(file)
        assert set(facts["marks"]) == {"visible", "credentials", "invisible", "metadata"}
        assert facts["stamp"] in repr(found)


def test_the_label_covers_no_step_of_the_sheet(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "keys")
    steps = list(demonstrate(fake_studio(tmp_path), APPLE).steps)
    sheet = sheet_of(steps)
    before, after = (np.asarray(image, int) for image in (sheet, marks.labelled(sheet)))
    rows = np.flatnonzero(np.abs(after - before).max(axis=(1, 2)))
    assert rows.size and (rows.max() < LABEL_STRIP or rows.min() >= sheet.height - LABEL_STRIP)


def test_a_step_stands_in_its_place_of_the_sheet(tmp_path: Path) -> None:
    steps = list(demonstrate(fake_studio(tmp_path), APPLE).steps)
    sheet, (height, width) = np.asarray(sheet_of(steps)), steps[0].picture.size[::-1]
    for number, step in enumerate(steps):
        row, column = divmod(number, COLUMNS)
        top, left = LABEL_STRIP + row * height, column * width
        cell = sheet[top : top + height, left : left + width]
        assert np.array_equal(cell, np.asarray(step.picture))


def test_words_that_are_not_plainly_allowed_are_not_drawn(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    engine: Any = studio.engines["pocket"]
    for word in ("gore", "a wound"):
        with pytest.raises(RequestError, match="does not draw these words"):
            demonstrate(studio, replace(APPLE, prompt=word))
    assert engine.drawn == 0
    assert studio.list_cases(1)[0]["outcome"] == "refused"


def test_a_concept_that_asks_for_something_by_leaving_it_out_is_judged(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    studio = replace(studio, checks=CheckSuite((WordCheck({"naked": ("nudity", 0.99)}),), studio.checks.picture))
    with pytest.raises(RequestError, match="does not draw these words"):
        demonstrate(studio, Demonstration("a woman", 1, concept="clothes", strength="weak"))


@pytest.mark.parametrize("word", ["spoilt", "shock"], ids=["withheld", "veiled elsewhere"])
def test_of_a_picture_that_a_check_stops_nothing_is_shown(tmp_path: Path, word: str) -> None:
    studio = fake_studio(tmp_path)
    with pytest.raises(RequestError, match="withheld"):
        demonstrate(studio, replace(APPLE, prompt=f"a {word} of hair"))
    case = studio.list_cases(1)[0]["case"]
    assert "exported" not in events(studio, case)


def test_a_lesson_counts_for_no_client(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    studio = replace(studio, review=fake_review(studio.audit, tmp_path, limits(hour={"generations": 1})))
    for seed in range(3):
        demonstrate(studio, replace(APPLE, seed=seed, with_steps=False))
    assert isinstance(studio.create(GenerationRequest("a red apple"), client="203.0.113.7"), Delivered)


def test_a_concept_is_steered_away_from_at_its_strength(tmp_path: Path) -> None:
    made = demonstrate(steered_studio(tmp_path), CAT)
    assert made.steered and (made.steered.steering.concept, made.steered.steering.strength) == ("a cat", "strong")


def test_without_a_strength_the_studio_steers_as_ever(tmp_path: Path) -> None:
    studio = steered_studio(tmp_path)
    made, created = demonstrate(studio, replace(CAT, strength="")), studio.create(GenerationRequest("a cat", seed=3))
    assert made.steered == created.generation.steered  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("filtered", {"cat": ("violence", 0.3)}, id="the words come near to something"),
        pytest.param("none", {}, id="the model is steered whatever the words say"),
    ],
)
def test_a_lesson_never_takes_the_place_of_the_studios_own_steering(
    tmp_path: Path, content: str, words: dict[str, Any]
) -> None:
    studio = steered_studio(tmp_path, content, words)
    with pytest.raises(RequestError, match="studio's own rules"):
        demonstrate(studio, CAT)
    engine: Any = studio.engines["pocket"]
    assert engine.drawn == 0


def test_an_engine_that_tells_no_steps_is_named(tmp_path: Path) -> None:
    class Silent(FakeEngine):
        def generate(self, *given: Any, **more: Any) -> Any:
            return super().generate(*given, **(more | {"observe": None}))

    with pytest.raises(RequestError, match="does not tell"):
        demonstrate(fake_studio(tmp_path, Silent()), APPLE)


def test_differences_are_levels_of_255(tmp_path: Path) -> None:
    black, grey = (Image.new("RGB", (4, 4), (level,) * 3) for level in (0, 51))
    assert mean_difference(black, grey) == 51.0 and mean_difference(grey, grey) == 0.0
    steps = demonstrate(fake_studio(tmp_path), APPLE).steps
    assert mean_difference(steps[0].picture, steps[0].picture) == 0.0
    first, last = (np.asarray(step.picture, float) for step in (steps[0], steps[-1]))
    expected = np.abs(first - last).mean()
    assert mean_difference(steps[0].picture, steps[-1].picture) == pytest.approx(expected, abs=1e-6)


def test_a_file_opens_as_the_picture(tmp_path: Path) -> None:
    made = demonstrate(fake_studio(tmp_path), APPLE)
    assert Image.open(BytesIO(made.file)).size == made.image.size
