"""Lesson f: scores, maps and colours are what `Studio.look` says, and nothing of a learner's own picture stays."""

from __future__ import annotations

import base64
import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safety.errors import LimitError, RequestError
from safety.image import picture_checks
from safety.image.attribution import cover_cells
from safety.image_io import open_picture
from safety.prompt import load_prompt_checks
from safety.records import Finding, Picture
from safety.resources import MODELS, PRESETS
from studio import Studio
from studio.lessons import load_lessons
from tests.fakes import fake_review, fake_studio, limits
from tests.fakes_marks import file_of, photograph
from ui.learn import occlusion
from ui.learn.occlusion import PICTURES, OcclusionPanel, OcclusionSettings
from ui.learn.panel import Desk, Memory
from ui.learn.sand import SandPanel, SandSettings, dunes
from ui.texts import page_texts

STEPS = {step.id: step for step in load_lessons(PRESETS)["looking_at_pictures"].plan.step}
NAMES = STEPS["scores"].settings["pictures"]
OWN = OcclusionSettings.model_validate(STEPS["own"].settings)
PANEL = OcclusionPanel()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    made = fake_studio(tmp_path_factory.mktemp("looking"))
    checks = picture_checks(MODELS, PRESETS, load_prompt_checks(PRESETS)).checks
    return replace(made, checks=replace(made.checks, picture=checks))


def desk(studio: Studio, settings: Any = OWN, memory: Memory | None = None) -> Desk[Any]:
    return Desk(studio, settings, page_texts(), studio.messages(), "203.0.113.7", memory=memory or Memory())


def shipped(name: str) -> Image.Image:
    return open_picture((PICTURES / f"{name}.webp").read_bytes())


def sent(file: bytes, **more: Any) -> dict[str, Any]:
    return {"file": base64.b64encode(file).decode(), **more}


def rounded(scores: Any) -> dict[str, float]:
    return {name: round(score, 4) for name, score in scores.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_has_the_scores_the_verdict_and_the_limits_that_look_gives(studio: Studio, name: str) -> None:
    settings = OcclusionSettings.model_validate(STEPS["scores"].settings)
    shown = PANEL.answer(desk(studio, settings), {"picture": name})
    decision = studio.look(shipped(name), "general")
    assert shown["scores"] == rounded(decision.scores)
    assert (shown["verdict"], shown["allowed"]) == (decision.verdict.name.lower(), decision.allowed)
    assert [(one["limit"], one["evidence"]) for one in shown["reasons"]] == [
        (reason.threshold, reason.evidence) for reason in decision.reasons
    ]


def test_harmless_things_are_taken_for_nakedness_as_the_lesson_tells(studio: Studio) -> None:
    looked = {name: studio.look(shipped(name), "general") for name in NAMES}
    assert {name for name, decision in looked.items() if not decision.allowed} == {"snail", "present"}
    assert looked["snail"].reasons[0].evidence == "open_nsfw 0.57, nsfwjs 0.02, image-safety-classifier-s 0.17"


def test_every_cell_of_a_map_is_what_look_says_of_the_picture_with_that_cell_covered(studio: Studio) -> None:
    shown = PANEL.answer(desk(studio), {"picture": "giraffe", "grid": 4})
    picture = shipped("giraffe")
    assert shown["whole"] == rounded(studio.look(picture, "general").scores)
    looked = [rounded(studio.look(copy, "general").scores) for copy, _ in cover_cells(picture, 4)]
    assert shown["cells"] == looked and len(looked) == 16


def test_dunes_are_taken_for_skin_in_the_colour_of_sand_alone(studio: Studio) -> None:
    shown = SandPanel().open(desk(studio, SandSettings()))["colours"]
    for one in shown[::4]:
        decision = studio.look(dunes(SandSettings().seed, one["turn"]), "general")
        assert (one["score"], one["allowed"]) == (round(decision.scores["nudity"], 4), decision.allowed)
    assert [one["turn"] for one in shown if not one["allowed"]] == [0]
    assert all(one["score"] < 0.1 for one in shown if abs(one["turn"]) >= 30)


def test_only_the_colour_of_the_sand_is_turned() -> None:
    sand, blue = (np.asarray(dunes(10, turn).convert("L"), int) for turn in (0, 180))
    assert (np.asarray(dunes(10))[:40] == np.asarray(dunes(10, 180))[:40]).all()  # the sky
    edges = [np.abs(np.diff(lightness, axis=0)) > 4 for lightness in (sand, blue)]
    assert (edges[0] & edges[1]).sum() > 100


# ---- a learner's own picture ----


def test_an_own_picture_is_judged_as_look_does_and_mapped_row_by_row(studio: Studio) -> None:
    shown = PANEL.answer(desk(studio), sent(file_of(photograph(3, 800, 500), "JPEG", quality=90)))
    seen = base64.b64decode(shown["file"].split(",")[1])
    picture = open_picture(seen)
    assert picture.size == (384, 240)
    assert shown["scores"] == rounded(studio.look(picture, "general").scores)
    cells = [PANEL.answer(desk(studio), sent(seen, grid=4, row=row))["cells"] for row in range(4)]
    looked = [rounded(studio.look(copy, "general").scores) for copy, _ in cover_cells(picture, 4)]
    assert [cell for row in cells for cell in row] == looked


@dataclass(frozen=True)
class RedCheck:
    """Takes red for gore."""

    name: str = "red"
    live: bool = False

    def detect(self, subject: Picture, /) -> Iterator[Finding]:
        red, green, _ = subject.image.resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
        yield Finding(self.name, "violence", 0.9 if red > 2 * green else 0.1, "a secret word")


def red_studio(home: Path, **hour: int) -> Studio:
    made = fake_studio(home)
    none = {"generations": 0, "appeals": 0, "verifications": 0, "lookups": 0}
    review = fake_review(made.audit, home, limits(hour=none | hour))
    return replace(made, checks=replace(made.checks, picture=(RedCheck(),)), review=review)


@pytest.mark.parametrize("more", [{}, {"grid": 4, "row": 0}], ids=["judged", "mapped"])
def test_what_the_policy_would_withhold_is_not_shown_back(tmp_path: Path, more: dict[str, int]) -> None:
    shown = PANEL.answer(desk(red_studio(tmp_path)), sent(file_of(Image.new("RGB", (90, 60), "red")), **more))
    assert not shown["allowed"] and "file" not in shown and "cells" not in shown
    assert "secret" not in str(shown)


@pytest.mark.parametrize("file", [b"hello, world", file_of(photograph(1))[:900]], ids=["no picture", "cut off"])
def test_a_file_that_is_no_picture_is_refused_with_a_sentence(tmp_path: Path, file: bytes) -> None:
    with pytest.raises(RequestError) as told:
        PANEL.answer(desk(red_studio(tmp_path)), sent(file))
    assert told.value.advice


def test_files_of_one_client_are_counted_and_rows_of_a_map_are_not(tmp_path: Path) -> None:
    studio, file = red_studio(tmp_path, verifications=1), file_of(Image.new("RGB", (90, 60), "teal"))
    PANEL.answer(desk(studio), sent(file))
    PANEL.answer(desk(studio), sent(file, grid=8, row=7))
    with pytest.raises(LimitError):
        PANEL.answer(desk(studio), sent(file))


WRONG = {
    "a picture that the step has not": (OWN, {"picture": "../sample"}),
    "a grid that there is not": (OWN, {"picture": "giraffe", "grid": 100}),
    "a row that there is not": (OWN, sent(file_of(Image.new("RGB", (90, 60), "teal")), grid=4, row=4)),
    "an own picture where there is none": (OcclusionSettings(pictures=("dog",)), sent(b"x")),
    "a map where there is none": (OcclusionSettings(pictures=("dog",), map=False), {"picture": "dog", "grid": 4}),
}


@pytest.mark.parametrize(("settings", "call"), WRONG.values(), ids=WRONG)
def test_a_call_that_the_step_does_not_take_is_refused(tmp_path: Path, settings: Any, call: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        PANEL.answer(desk(red_studio(tmp_path), settings), call)


def test_of_an_own_picture_nothing_stays(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[weakref.ref[Image.Image]] = []

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            made = function(*given)
            images = [made] if isinstance(made, Image.Image) else list(made)
            seen.extend(weakref.ref(one if isinstance(one, Image.Image) else one[0]) for one in images)
            return iter(images) if not isinstance(made, Image.Image) else made

        return call

    monkeypatch.setattr(occlusion, "open_untrusted", watched(occlusion.open_untrusted))
    monkeypatch.setattr(occlusion, "cover_cells", watched(occlusion.cover_cells))
    home, memory = studio.outputs.parent, Memory()
    files = {path for path in home.rglob("*") if path.is_file()}
    file = file_of(photograph(5, 300, 300))
    with caplog.at_level(logging.DEBUG):
        PANEL.answer(desk(studio, memory=memory), sent(file))
        PANEL.answer(desk(studio, memory=memory), sent(file, grid=4, row=1))
    gc.collect()
    assert len(seen) == 2 + 4 and not any(image() for image in seen)
    assert not memory._kept and not caplog.text
    assert {path for path in home.rglob("*") if path.is_file()} <= files | {home / "audit.sqlite3"}
    stored = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert file[200:240] not in stored and base64.b64encode(file)[300:340] not in stored


def test_the_shipped_pictures_say_what_they_are() -> None:
    for path in sorted(PICTURES.glob("*.webp")):
        with Image.open(BytesIO(path.read_bytes())) as opened:
            assert b"trainedAlgorithmicMedia" in opened.info["xmp"], path.name
