"""Models load behind the server's back: in order, once, whatever fails, and with an estimate that is honest."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.testing import FakeEngine
from safety.errors import StudioError
from studio.settings import Settings
from studio.warmup import Task, WarmUp, WarmUpState, warm_up_of
from tests.fakes import fake_studio


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def fails() -> None:
    raise StudioError("It is not there.")


def test_a_task_that_fails_keeps_no_other_from_its_work() -> None:
    done: list[str] = []
    tasks = [Task("one", 1, fails), Task("two", 1, lambda: 1 / 0), Task("three", 1, lambda: done.append("three"))]
    work = WarmUp(tasks, delay=0)
    work.run()
    assert done == ["three"] and work.state() == WarmUpState(True)


def test_what_never_began_is_ready() -> None:
    assert WarmUp([Task("one", 1, fails)]).state().ready


def test_the_time_left_grows_with_the_time_that_tasks_took() -> None:
    clock, seen = Clock(), []

    def slow() -> None:
        seen.append(work.state().left)
        clock.now += 4

    work = WarmUp([Task("one", 2, slow), Task("two", 2, slow), Task("three", 1, slow)], delay=0, clock=clock)
    work._began = clock.now
    work.run()
    # 5 s as said; then twice as slow: 10 in all, of which 4 and then 8 have passed.
    assert seen == [5, 6, 2]


def test_a_warm_up_draws_looks_and_marks_and_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = FakeEngine()
    studio = fake_studio(tmp_path, engine)
    work = warm_up_of(studio, engine=True)
    for task in work.tasks[:3]:
        task.do()
    assert engine.drawn == 1 and studio.list_cases(5) == [] and not studio.outputs.exists()


def test_without_it_only_prompts_are_judged_ahead(tmp_path: Path) -> None:
    assert [task.name for task in warm_up_of(fake_studio(tmp_path), engine=False).tasks] == ["prompt checks"]


@pytest.mark.parametrize(
    ("environment", "ahead"),
    [
        pytest.param({}, True, id="by default"),
        pytest.param({"SAFELIGHT_WARM_UP": "no"}, False, id="switched off"),
        pytest.param({"SPACE_ID": "someone/studio", "SAFELIGHT_WARM_UP": "yes"}, False, id="on a Space"),
        pytest.param({"SPACES_ZERO_GPU": "true"}, False, id="where a GPU is only lent"),
    ],
)
def test_where_models_are_loaded_ahead(environment: dict[str, str], ahead: bool) -> None:
    assert Settings.read(environment).warm_up is ahead
