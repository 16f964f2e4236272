"""Lists on the page: judged before anything is drawn, stopped and gone on with, kept over a reload and a new start."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from engines.testing import FakeEngine
from safety.errors import EngineFailed, RequestError
from studio import Studio
from tests.fakes import fake_review, fake_studio, limits
from ui import forms
from ui.html import list_table as html
from ui.results import Problem
from ui.texts import page_texts
from ui.web import lists_tab
from ui.web.api import Api
from ui.web.list_runs import ASKS, DRAWN, FAILED, REFUSED, VEILED, WAITING, WITHHELD, Place, Run, Runs, draw
from ui.web.list_wishes import LIST, make_run, read_kept, run_again, wish_of

TEXT = "a {red|green} apple\na gore\na wound\na shock\na spoilt fish"
PERSON = "cookie:a"


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def studio(tmp_path: Path, engine: FakeEngine) -> Studio:
    return fake_studio(tmp_path, engine)


def listed(studio: Studio, text: str = TEXT, **values: Any) -> Run:
    return make_run(studio, wish_of(LIST, text, {"mode": "general", **values}), PERSON)


def drawn(studio: Studio, run: Run, stop: threading.Event | None = None) -> list[Any]:
    return [one for one in draw(studio, run, stop or threading.Event(), "local", PERSON) if not isinstance(one, Place)]


def states(run: Run) -> list[str]:
    return [run.state(line) for line in run.lines]


def test_every_line_is_judged_before_anything_is_drawn_or_recorded(studio: Studio, engine: FakeEngine) -> None:
    run = listed(studio)
    assert states(run) == [WAITING, WAITING, REFUSED, ASKS, WAITING, WAITING]
    assert engine.drawn == 0 and not studio.list_cases(10)


def test_what_is_refused_or_not_confirmed_is_never_drawn(studio: Studio, engine: FakeEngine) -> None:
    run = listed(studio)
    drawn(studio, run)
    assert states(run) == [DRAWN, DRAWN, REFUSED, ASKS, VEILED, WITHHELD]
    assert engine.drawn == 4


def test_a_tick_draws_a_warned_line_with_one_warning_on_record(studio: Studio, engine: FakeEngine) -> None:
    run = listed(studio, "a wound\na gore")
    run.confirmed = frozenset({1, 2})
    drawn(studio, run)
    assert states(run) == [DRAWN, REFUSED] and engine.drawn == 1
    assert [case["outcome"] for case in studio.list_cases(10)].count("delivered") == 1
    assert len(studio.list_cases(10)) == 2


def test_stop_and_resume_lose_no_picture(studio: Studio, engine: FakeEngine) -> None:
    run, stop = listed(studio, "one\ntwo\nthree\nfour"), threading.Event()
    for event in draw(studio, run, stop, "local", PERSON):
        if not isinstance(event, Place) and run.count(DRAWN) == 2:
            stop.set()
    assert states(run) == [DRAWN, DRAWN, WAITING, WAITING]
    first = run.stamps()
    drawn(studio, run)
    assert states(run) == [DRAWN] * 4 and engine.drawn == 4
    assert first.items() <= run.stamps().items()


def test_a_line_that_is_stopped_half_way_is_drawn_again(studio: Studio, engine: FakeEngine) -> None:
    engine.pause = 0.05
    run, stop = listed(studio, "one\ntwo"), threading.Event()
    for event in draw(studio, run, stop, "local", PERSON):
        if isinstance(event, Place) and event.step.stage == "drawing":
            stop.set()
    assert WAITING in states(run)
    engine.pause = 0.0
    drawn(studio, run)
    assert states(run) == [DRAWN, DRAWN]


def test_at_a_limit_the_rest_waits_and_it_is_said(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    hour = {"generations": 2, "appeals": 0, "verifications": 0, "lookups": 0}
    studio = replace(studio, review=fake_review(studio.audit, tmp_path, limits(hour=hour)))
    run = listed(studio, "one\ntwo\nthree")
    *_, end = list(draw(studio, run, threading.Event(), "192.0.2.7", PERSON))
    assert isinstance(end, Problem) and end.wait is not None
    assert states(run) == [DRAWN, DRAWN, WAITING]


def test_what_keeps_failing_pauses_the_list(tmp_path: Path) -> None:
    class Broken(FakeEngine):
        def generate(self, *args: Any, **options: Any) -> Any:
            raise EngineFailed("The model failed.")

    run = listed(studio := fake_studio(tmp_path, Broken()), "one\ntwo\nthree\nfour")
    *_, end = drawn(studio, run)
    assert isinstance(end, Problem) and states(run) == [FAILED, FAILED, FAILED, WAITING]
    assert len(run.left()) == 4


def test_a_list_is_found_by_its_own_person_only(studio: Studio) -> None:
    runs = Runs()
    run = runs.add(listed(studio))
    assert runs.get(run.name, PERSON) is run
    assert runs.get(run.name, "cookie:b") is None and runs.get(None, PERSON) is None and runs.get("x", PERSON) is None


def test_many_lists_of_one_person_push_out_no_other_persons(studio: Studio) -> None:
    runs, other = Runs(), listed(studio, "a cat")
    other.person = "cookie:b"
    runs.add(other)
    kept = [runs.add(listed(studio, f"cat {number}")) for number in range(12)]
    assert runs.get(other.name, "cookie:b") is other
    assert [runs.get(run.name, PERSON) is run for run in kept] == [False] * 2 + [True] * 10


def test_after_a_new_start_the_browser_gives_the_list_back(studio: Studio, tmp_path: Path) -> None:
    run = listed(studio, "one\ntwo\na wound", mode="art")
    drawn(studio, run)
    kept = read_kept(
        json.dumps(
            {
                "name": run.name,
                "wish": dict(run.wish),
                "stamps": {str(one): stamp for one, stamp in run.stamps().items()},
            }
        )
    )
    again = run_again(studio, kept, PERSON)
    assert again.stamps() == run.stamps() and states(again) == states(run)
    assert [line.request.mode for line in again.lines] == ["art"] * 3
    # Another person's stamps are nobody else's pictures.
    assert run_again(studio, kept, "cookie:b").stamps() == {}


@pytest.mark.parametrize(
    "saved",
    [
        pytest.param("{", id="no-json"),
        pytest.param("[]", id="no-table"),
        pytest.param('{"wish": {"kind": "list"}}', id="half"),
        pytest.param('{"wish": {"kind": "near", "text": "a", "values": {}, "seeds": ["x"]}}', id="seeds"),
        pytest.param('{"wish": {"kind": "list", "text": "a", "values": {"x": 1}, "seeds": []}}', id="setting"),
        pytest.param('{"wish": {"kind": "list", "text": "{", "values": {}, "seeds": []}}', id="braces"),
        pytest.param("x" * 700_000, id="long"),
    ],
)
def test_what_a_browser_kept_is_read_or_refused_in_one_sentence(studio: Studio, saved: str) -> None:
    with pytest.raises(RequestError):
        run_again(studio, read_kept(saved), PERSON)


def test_a_grid_of_strengths_has_every_mode_and_every_strength_with_one_seed(studio: Studio) -> None:
    run = make_run(studio, wish_of("strengths", "a quiet apple", {"mode": "general", "seed": "7"}, 4), PERSON)
    cells = [(line.request.mode, line.request.steering, line.request.seed) for line in run.lines]
    assert cells == [(mode, strength, 7) for mode in studio.list_modes() for strength in ("", "strong", "max")]


@pytest.mark.parametrize("kind", ["near", "fresh", "modes"])
def test_a_grid_has_headings_and_each_of_its_cells_is_judged(studio: Studio, kind: str) -> None:
    run = make_run(studio, wish_of(kind, "gore", {"mode": "general", "seed": "7"}, 4), PERSON)
    assert all(line.row and line.column for line in run.lines)
    by_mode = {line.request.mode: run.state(line) for line in run.lines}
    assert by_mode["general"] == REFUSED
    assert set(by_mode) == (set(studio.list_modes()) if kind == "modes" else {"general"})
    seeds = [line.request.seed for line in run.lines]
    assert seeds[:4] == [7, 8, 9, 10] or kind == "fresh"


def test_the_table_says_verdict_reason_and_state_in_words(studio: Studio) -> None:
    run, texts = listed(studio, "a gore <b>\na wound"), page_texts()
    shown = {line.number: run.state(line) for line in run.lines}
    table = html.table(run.lines, shown, studio.messages(), texts)
    for words in ("Refused", "Graphic violence: “gore”", "left out", "asks first", "a gore &lt;b&gt;"):
        assert words in table
    assert "Judged: 2. Can be drawn: 0. Refused and left out: 1." in html.summary(run.lines, texts)


def test_programs_get_the_same_rows(studio: Studio) -> None:
    answer = Api(studio, str).judge_list("a {red|green} apple\na gore")
    assert [row["state"] for row in answer["lines"]] == ["waiting", "waiting", "refused"]
    assert "error" in Api(studio, str).judge_list("{")


def test_the_line_that_is_drawn_says_so(studio: Studio) -> None:
    with gr.Blocks() as page:
        tab = lists_tab.build(studio, page, {name: gr.State() for name in forms.FIELDS})
    run = listed(studio, "a red apple\na green apple")
    table = tab._lines(run, now=2)[tab.table]
    assert table.count("is being drawn") == 1 and table.index("waits") < table.index("is being drawn")
    assert "is being drawn" not in tab._lines(run)[tab.table]
