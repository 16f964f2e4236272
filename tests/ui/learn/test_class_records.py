"""What of a lesson is gathered in a class: numbers that it declares, within their ranges, and no words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from safety.errors import RequestError
from safety.resources import ASSETS, PRESETS
from studio.class_answers import AskedOf, Value
from studio.lessons import load_lessons
from ui.learn.class_charts import charts, histogram, points
from ui.learn.class_records import RECORDS, answer_of, gathered
from ui.learn.panels import PANELS
from ui.texts import page_texts

LESSONS = load_lessons(PRESETS)
MODERATOR = LESSONS["be_the_moderator"]
GUESS, CHECK, ERRORS = (AskedOf("be_the_moderator", "decide", name) for name in ("predict", "check", "errors"))
OWN = {"blocked": 2, "missed": 1, "harmless": 12, "harmful": 8}
# Recorded in the tab of a learner alone: words, or too much for a chart.
NOT_GATHERED = {
    "appeal_court": "how one case was decided: words",
    "policy_editor": "the limits that somebody has moved: another set for each",
    "filled_in": "how many people a prompt left open",
    "own_reasons": "a text that the learner has written",
    "marks": "which attacks were tried, and what was left: rows, not numbers",
    "occlusion": "which picture was looked at last",
    "sand": "where the slider was left",
    "who_is_drawn": "what somebody sees in a face is for nobody's chart",
}

RIGHT = {
    "a number": (GUESS, 14),
    "an option": (CHECK, 2),
    "the errors of a panel": (ERRORS, OWN),
}


@pytest.mark.parametrize(("asked", "value"), RIGHT.values(), ids=RIGHT)
def test_an_answer_of_the_lesson_is_taken(asked: AskedOf, value: Any) -> None:
    assert answer_of(MODERATOR, asked, value) == value


WRONG = {
    "a lesson that there is not": (None, GUESS, 3),
    "a step that there is not": (MODERATOR, GUESS._replace(step="x"), 3),
    "a name that there is not": (MODERATOR, GUESS._replace(name="insult"), 3),
    "a number outside": (MODERATOR, GUESS, 21),
    "no number": (MODERATOR, GUESS, "14"),
    "a truth": (MODERATOR, GUESS, True),
    "no finite number": (MODERATOR, GUESS, float("nan")),
    "a number too large for a float": (MODERATOR, GUESS, 10**400),
    "an option that there is not": (MODERATOR, CHECK, 4),
    "between two options": (MODERATOR, CHECK, 1.5),
    "words beside the numbers": (MODERATOR, ERRORS, OWN | {"why": "my name is Ann"}),
    "words in place of a number": (MODERATOR, ERRORS, OWN | {"blocked": "Ann"}),
    "too few numbers": (MODERATOR, ERRORS, {"blocked": 1}),
    "more errors than prompts": (MODERATOR, ERRORS, OWN | {"blocked": 13}),
    "no errors": (MODERATOR, ERRORS, [1, 2]),
}


@pytest.mark.parametrize(("lesson", "asked", "value"), WRONG.values(), ids=WRONG)
def test_anything_else_is_refused(lesson: Any, asked: AskedOf, value: Any) -> None:
    with pytest.raises(RequestError):
        answer_of(lesson, asked, value)


@pytest.mark.parametrize("kind", RECORDS)
def test_what_is_gathered_is_what_a_panel_records(kind: str) -> None:
    script = (ASSETS / "learn" / f"{kind}.js").read_text("utf-8")
    assert kind in PANELS and "record(" in script


@pytest.mark.parametrize("kind", PANELS)
def test_what_a_panel_records_is_gathered_or_said_not_to_be(kind: str) -> None:
    script = (ASSETS / "learn" / f"{kind}.js").read_text("utf-8")
    records = re.search(r"\brecord\((?!\s*\))", script) is not None
    assert records == (kind in RECORDS or kind in NOT_GATHERED)


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("tag", ["en", "de"])
def test_every_step_of_a_lesson_has_charts_without_and_with_answers(name: str, tag: str) -> None:
    lesson, texts = LESSONS[name], page_texts(tag)
    for step in lesson.plan.step:
        names = gathered(lesson)[step.id]
        empty = charts(lesson, step, lambda asked: [], texts)
        assert bool(empty) == bool(names)
        assert all(chart["answered"] == 0 and chart["title"] for chart in empty)

        def answered(asked: AskedOf, names: Any = names) -> list[Value]:
            fields = names[asked.name]
            low = {field: 1.0 for field in fields}
            return [low if fields else 1.0, low if fields else 1.0]

        for chart in charts(lesson, step, answered, texts):
            assert chart["answered"] == 2
            assert len(chart["points"]) == 2 if chart["kind"] == "points" else sum(chart["counts"]) == 2


def test_a_histogram_counts_every_number_once() -> None:
    chart = histogram([0, 2, 19.9, 20], 0, 20)
    assert chart["counts"] == [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (chart["labels"][0], chart["labels"][-1]) == ("0–<2", "18–20")


def test_errors_are_points_of_the_curve() -> None:
    assert points([OWN, OWN | {"blocked": 0, "missed": 0}]) == [(0.0, 1.0), (2 / 12, 1 - 1 / 8)]
