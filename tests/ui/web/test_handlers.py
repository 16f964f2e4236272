"""What the page does with a person's input: one call of the studio, one answer, and never a traceback."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.files.attacks import ATTACKS
from engines.testing import FakeEngine
from safety.files.pool import WorkerPool
from safety.generation import Delivered, Refused
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.policy.model import load_policy
from safety.records import Verdict
from studio import Studio
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS
from ui.results import Judged, Problem, Step
from ui.web import handlers
from ui.web.api import Api
from ui.web.health_badge import HealthBadge


def api(studio: Studio) -> Api:
    return Api(studio, str, HealthBadge(studio))


def last(steps: Any) -> Any:
    *_, end = steps
    return end


def test_an_empty_prompt_has_no_judgement(tmp_path: Path) -> None:
    assert handlers.preview(fake_studio(tmp_path), "  ", "general") is None


def test_a_file_that_costs_too_much_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file.png"
    file.write_bytes(ATTACKS["a JPEG of fill bytes"]())
    studio = fake_studio(tmp_path, exporter=Exporter(Marks(tmp_path / "keys")))
    result = handlers.verify(studio, file, "192.0.2.1")
    assert isinstance(result, Problem) and "damaged" in result.sentence and result.wait is None


def test_who_has_too_many_files_read_at_once_is_told_when_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = WorkerPool(per_client=0)
    monkeypatch.setattr("safety.marks.shared_pool", lambda: pool)
    studio = fake_studio(tmp_path, exporter=Exporter(Marks(tmp_path / "keys")))
    result = handlers.verify(studio, tmp_path / "file.png", "192.0.2.1")
    assert isinstance(result, Problem) and result.wait == 2 and "Try again in 2 seconds" in result.sentence
    pool.close()


def test_a_refused_prompt_names_the_modes_that_would_let_it_pass(tmp_path: Path) -> None:
    result = handlers.preview(fake_studio(tmp_path), "gore", "general")
    assert isinstance(result, Judged) and result.decision.modes_that_allow == ("art", "medical")


def test_a_hard_line_names_no_mode(tmp_path: Path) -> None:
    result = handlers.preview(fake_studio(tmp_path), "forbidden", "general")
    assert (
        isinstance(result, Judged)
        and result.decision.verdict is Verdict.HARD_BLOCK
        and not result.decision.modes_that_allow
    )


def test_an_unknown_mode_is_one_sentence(tmp_path: Path) -> None:
    result = handlers.preview(fake_studio(tmp_path), "apple", "wild")
    assert isinstance(result, Problem) and "wild" in result.sentence and "general" in result.sentence


def test_create_steps_and_then_delivers(tmp_path: Path) -> None:
    steps = list(handlers.create(fake_studio(tmp_path, FakeEngine(pause=0.05)), {"prompt": "an apple", "steps": 8}))
    assert isinstance(steps[-1], Delivered)
    assert {type(step) for step in steps[:-1]} == {Step}
    assert any(step.stage == "drawing" for step in steps[:-1])


def test_a_warned_prompt_waits_for_the_persons_word(tmp_path: Path) -> None:
    engine = FakeEngine()
    studio = fake_studio(tmp_path, engine)
    refused = last(handlers.create(studio, {"prompt": "a wound"}))
    ticked = {"prompt": "a wound", "acknowledged": True}
    assert isinstance(refused, Refused) and isinstance(last(handlers.create(studio, ticked)), Refused)
    assert engine.drawn == 0
    assert isinstance(last(handlers.create(studio, ticked | {"warning": refused.case})), Delivered)


@pytest.mark.parametrize(
    ("prompt", "shown", "made"),
    [
        pytest.param("a wound", "a wound", 1, id="what was shown"),
        pytest.param("a wound", "", 0, id="nothing was shown"),
        pytest.param("a wound", "a wounded knee", 0, id="other words were shown"),
        pytest.param("gore", "gore", 0, id="refused"),
        pytest.param("forbidden", "forbidden", 0, id="hard line"),
    ],
)
def test_a_tick_counts_for_the_words_whose_warning_the_session_was_shown(
    tmp_path: Path, prompt: str, shown: str, made: int
) -> None:
    engine = FakeEngine()
    studio = fake_studio(tmp_path, engine)
    words = [handlers.words_of(shown, "general")] if shown else []
    for _ in range(2):  # once: the second time it is used up
        last(handlers.create(studio, {"prompt": prompt, "acknowledged": True}, shown=words))
        assert engine.drawn == made


@pytest.mark.parametrize(("prompt", "negative_prompt"), [("a wound", "a plaster"), ("a wound ", "")])
def test_a_tick_does_not_count_for_words_that_were_not_shown(tmp_path: Path, prompt: str, negative_prompt: str) -> None:
    engine = FakeEngine()
    form = {"prompt": prompt, "negative_prompt": negative_prompt, "acknowledged": True}
    shown = [handlers.words_of("a wound", "general")]
    last(handlers.create(fake_studio(tmp_path, engine), form, shown=shown))
    assert engine.drawn == 0


def test_closing_the_steps_stops_the_engine(tmp_path: Path) -> None:
    engine = FakeEngine(pause=0.02)
    steps = handlers.create(fake_studio(tmp_path, engine), {"prompt": "an apple", "steps": 500})
    while next(steps).stage != "drawing":  # type: ignore[union-attr]
        pass
    steps.close()
    for _ in range(500):
        if engine.stopped:
            break
        time.sleep(0.02)
    assert engine.stopped == 1 and engine.drawn == 0


def test_what_nobody_foresaw_is_a_sentence_and_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(FakeEngine):
        def generate(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("secret detail")

    with caplog.at_level(logging.ERROR):
        result = last(handlers.create(fake_studio(tmp_path, Broken()), {"prompt": "an apple"}))
    assert isinstance(result, Problem) and "secret" not in result.sentence
    assert result.sentence.split()[-1].rstrip(".") in caplog.text and "secret detail" in caplog.text


def test_a_program_gets_a_file_only_for_a_picture_that_is_free(tmp_path: Path) -> None:
    programs = api(fake_studio(tmp_path))
    free = programs.create({"prompt": "an apple"})
    assert not free["refused"] and Path(free["pictures"][0]["file"]["path"]).exists()
    veiled = programs.create({"prompt": "a shock"})
    assert veiled["pictures"][0] | {"veiled": True, "file": None} == veiled["pictures"][0]
    assert "file" not in programs.create({"prompt": "spoilt"}) and programs.create({"prompt": "spoilt"})["refused"]


@pytest.mark.parametrize("request_", [None, [], "a", {"prompt": 3}, {"prompt": ""}, {"prompt": "a", "mode": "wild"}])
def test_a_program_that_asks_for_nonsense_gets_a_sentence(tmp_path: Path, request_: Any) -> None:
    assert set(api(fake_studio(tmp_path)).create(request_)) == {"error"}


def test_the_reasons_come_in_the_language_that_was_asked_for(tmp_path: Path) -> None:
    result = handlers.preview(fake_studio(tmp_path), "gore", "general", "de")
    assert isinstance(result, Judged) and result.messages.render(result.decision)[0].title == "Drastische Gewalt"
    unknown = handlers.preview(fake_studio(tmp_path), "gore", "general", "xx")
    assert isinstance(unknown, Problem) and "xx" in unknown.sentence and "en, de" in unknown.sentence


def test_a_locked_mode_decides_whatever_a_program_asks_for(tmp_path: Path) -> None:
    studio = replace(fake_studio(tmp_path), policy=load_policy(PRESETS, locked="general"))
    programs = api(studio)
    for answer in (
        programs.preview("gore", "art"),
        programs.create({"prompt": "gore", "mode": "medical", "acknowledged": True}),
    ):
        assert answer["verdict"] == "BLOCK"
    assert answer["statement"]["mode"] == {"name": "general", "title": "General", "set_by": "operator"}
    assert answer["statement"]["passing"] == [] and "The operator has set the mode" in answer["statement"]["text"]
    assert set(programs.create({"prompt": "an apple", "mode": "wild"})) == {"error"}
