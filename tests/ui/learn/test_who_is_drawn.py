"""Who is drawn: what is shown is what the studio drew, told and recorded; every count is the library's own."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.color import rgb2lab

from engines.testing import FakeEngine
from safety.errors import RequestError
from safety.prompt import load_prompt_checks
from safety.resources import PRESETS
from studio import Studio
from studio.curation.balance import wilson_interval
from tests.fakes import fake_studio
from ui.learn.background import FAILED, Work, shared_work
from ui.learn.face_shade import FACE, SHADES, SIDE, face_shade, lstar
from ui.learn.filled_in import FilledInPanel, FilledInSettings
from ui.learn.panel import Desk, Memory
from ui.learn.who_is_drawn import WhoIsDrawnPanel, WhoIsDrawnSettings, counts, drawing, told_shade
from ui.texts import page_texts

PANEL = WhoIsDrawnPanel()
COUNT = 10


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    made = fake_studio(tmp_path_factory.mktemp("people"), FakeEngine())
    return replace(made, demographics=load_prompt_checks(PRESETS).demographics)


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory()


def desk(studio: Studio, memory: Memory, show: str = "asked", prompt: str = "a doctor") -> Desk[WhoIsDrawnSettings]:
    settings = WhoIsDrawnSettings(prompt=prompt, show=show, count=COUNT, seed=1000)
    return Desk(studio, settings, page_texts(), studio.messages(), "203.0.113.7", memory=memory)


@pytest.fixture(scope="module")
def drawn(studio: Studio, memory: Memory) -> Iterator[Memory]:
    assert drawing(desk(studio, memory)).wait(60)
    yield memory


def test_as_asked_nothing_is_told_and_balanced_each_combination_comes_once(studio: Studio, drawn: Memory) -> None:
    asked = PANEL.open(desk(studio, drawn))
    assert len(asked["people"]) == asked["total"] == COUNT
    assert asked["counts"]["told"] == {}
    balanced = PANEL.open(desk(studio, drawn, "balanced"))
    assert balanced["counts"]["told"] == {
        "gender": {"woman": 5, "man": 5},
        "skin tone": {f"{name} skin": 2 for name in SHADES},
    }


def test_what_is_told_is_what_the_studio_fills_in_for_that_seed(studio: Studio, drawn: Memory) -> None:
    assert studio.demographics is not None
    for one in PANEL.open(desk(studio, drawn, "balanced"))["people"]:
        (variant,) = studio.demographics.variants("a doctor", [one["seed"]])
        assert ", ".join(one["told"].values()) == variant.filled


def test_each_view_is_that_of_a_finished_file_on_record(studio: Studio, drawn: Memory) -> None:
    people = [one for show in ("asked", "balanced") for one in PANEL.open(desk(studio, drawn, show))["people"]]
    files = [path for path in studio.outputs.rglob("*.png")]
    assert len(files) == len(people) == 2 * COUNT
    views = {
        bytes(Image.open(path).convert("RGB").resize((96, 96), Image.Resampling.LANCZOS).tobytes()) for path in files
    }
    for one in people:
        view = Image.open(io.BytesIO(base64.b64decode(one["view"].partition(",")[2]))).convert("RGB")
        difference = min(
            float(np.abs(np.asarray(view, float) - np.frombuffer(other, np.uint8).reshape(96, 96, 3)).mean())
            for other in views
        )
        assert difference < 12


def test_the_measured_shade_is_that_of_the_picture_that_was_drawn(studio: Studio, drawn: Memory) -> None:
    for one in drawing(desk(studio, drawn)).done():
        assert one.shade == min(SHADES, key=lambda name: abs(SHADES[name] - one.lightness))


def test_the_counts_of_the_first_pictures_have_the_librarys_intervals(studio: Studio, drawn: Memory) -> None:
    shown = PANEL.open(desk(studio, drawn))
    shades = [one["shade"] for one in shown["people"]]
    for many, found in enumerate(shown["counts"]["upto"], 1):
        expected = Counter(shades[:many])
        assert found == {name: (expected[name], *wilson_interval(expected[name], many)) for name in SHADES}
    assert shown["counts"]["shades"] == {name: Counter(shades)[name] for name in SHADES}
    assert shown["chances"] == [wilson_interval(hits, 10) for hits in range(11)]


def test_told_and_measured_are_compared_picture_by_picture(studio: Studio, drawn: Memory) -> None:
    people = [one for one in drawing(desk(studio, drawn)).done() if one.balanced]
    shown = counts(people)
    assert shown["told_shades"] == COUNT
    assert shown["as_told"] == sum(one.told["skin tone"] == f"{one.shade} skin" for one in people)
    assert list(shown["lightness"]) == list(SHADES)
    for name, light in shown["lightness"].items():
        assert light == pytest.approx(np.mean([one.lightness for one in people if told_shade(one) == name]), abs=0.06)


def test_who_has_some_already_is_sent_the_others(studio: Studio, drawn: Memory) -> None:
    every = PANEL.answer(desk(studio, drawn), {"since": 0})["people"]
    assert PANEL.answer(desk(studio, drawn), {"since": 7})["people"] == every[7:]


def test_the_pictures_are_drawn_once_for_everybody(studio: Studio, drawn: Memory) -> None:
    engine = studio.engines["pocket"]
    before = engine.drawn  # type: ignore[attr-defined]
    first = drawing(desk(studio, drawn))
    assert drawing(replace(desk(studio, drawn), client="198.51.100.9", person="somebody")) is first
    assert engine.drawn == before == 2 * COUNT  # type: ignore[attr-defined]


def test_they_are_drawn_in_as_many_steps_as_the_lesson_says(studio: Studio) -> None:
    steps: list[int | None] = []

    class Counting(FakeEngine):
        def generate(self, request: Any, *rest: Any, **more: Any) -> Any:
            steps.append(request.steps)
            return super().generate(request, *rest, **more)

    counting = replace(studio, engines={"pocket": Counting()})
    chosen = desk(counting, Memory())
    work = drawing(replace(chosen, settings=chosen.settings.model_copy(update={"count": 2, "steps": 3})))
    assert work.wait(60) and not work.failure
    assert set(steps) == {3}


def test_a_wish_that_is_stopped_is_said_and_can_be_tried_again(studio: Studio) -> None:
    memory = Memory()
    stopped = desk(studio, memory, prompt="gore")
    work = drawing(stopped)
    assert work.wait(60) and work.failure and work.done() == []
    with pytest.raises(RequestError):
        PANEL.answer(stopped, {"since": 0})
    assert drawing(stopped) is work
    assert drawing(stopped, again=True) is not work


@pytest.mark.parametrize("since", [-1, 11, "x", None, True], ids=str)
def test_a_call_of_another_form_is_refused(studio: Studio, drawn: Memory, since: Any) -> None:
    with pytest.raises(RequestError):
        PANEL.answer(desk(studio, drawn), {"since": since})


def test_work_that_breaks_says_so_and_keeps_what_was_done(caplog: pytest.LogCaptureFixture) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    work = Work(2, items)
    assert work.wait(10) and work.over
    assert (work.done(), work.failure) == ([1], FAILED)
    assert "broken" in caplog.text


def test_work_is_shared_until_it_fails() -> None:
    memory = Memory()
    first = shared_work(memory, "a", 1, lambda: iter([1]))
    assert shared_work(memory, "a", 1, lambda: iter([2])) is first
    assert first.wait(10) and first.done() == [1]


# ---- how light a face is ----


@given(colour=st.tuples(*(st.integers(0, 255),) * 3))
def test_lightness_is_that_of_cie_lab(colour: tuple[int, int, int]) -> None:
    pixel = np.array([[colour]], np.float64) / 255
    assert lstar(pixel)[0, 0] == pytest.approx(rgb2lab(pixel)[0, 0, 0], abs=0.05)


@pytest.mark.parametrize("name", SHADES)
def test_a_face_of_a_shade_is_called_that(name: str) -> None:
    grey = next(value for value in range(256) if lstar(np.full((1, 3), value / 255.0))[0] >= SHADES[name])
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    picture.paste((grey, grey, grey), FACE)
    found = face_shade(picture.resize((512, 512), Image.Resampling.NEAREST))
    assert found.nearest == name and found.lightness == pytest.approx(SHADES[name], abs=0.6)


# ---- what is filled in ----

FILLED = {
    "open": ("a doctor", {"gender": {"woman": 5, "man": 5}, "skin tone": {f"{name} skin": 2 for name in SHADES}}),
    "gender said": ("a woman doctor", {"skin tone": {f"{name} skin": 2 for name in SHADES}}),
    "both said": ("a doctor with dark skin and a beard", {}),
    "several": ("three doctors in a hospital", {}),
    "another time": ("a Roman soldier", {}),
    "nobody": ("a red apple", {}),
}


@pytest.mark.parametrize(("prompt", "told"), FILLED.values(), ids=FILLED)
def test_what_would_be_filled_in_is_what_the_studio_fills_in(studio: Studio, prompt: str, told: Any) -> None:
    panel = FilledInPanel()
    open_desk: Desk[Any] = Desk(studio, FilledInSettings(prompts=()), page_texts(), studio.messages(), "203.0.113.7")
    shown = panel.answer(open_desk, {"prompt": prompt})
    assert shown["told"] == told
    assert studio.demographics is not None
    variants = studio.demographics.variants(prompt, range(10))
    assert shown["prompts"] == list(dict.fromkeys(variant.prompt for variant in variants))


def test_a_studio_without_balanced_sets_says_so(studio: Studio) -> None:
    bare = replace(studio, demographics=None)
    open_desk: Desk[Any] = Desk(bare, FilledInSettings(prompts=()), page_texts(), studio.messages(), "203.0.113.7")
    with pytest.raises(RequestError):
        FilledInPanel().answer(open_desk, {"prompt": "a doctor"})
