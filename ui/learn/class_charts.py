"""What a class has answered, as charts for the teacher: how many chose what, never who."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from studio.class_answers import FINAL, AskedOf, Value
from studio.lessons import Lesson, Question, StepPlan
from ui.learn.class_records import ALONE, question_of, range_of, records_of
from ui.learn.panel import Json
from ui.texts import Texts

BINS = 10
Values = Callable[[AskedOf], list[Value]]


def charts(lesson: Lesson, step: StepPlan, values: Values, texts: Texts) -> list[Json]:
    """Returns the charts of a step: its questions, then what its panel records.

    A chart has a `title`, `kind` ("choice", "number" or "points") and `counts` beside `labels`, or `points` as pairs.
    """
    asked = [_asked(lesson, step, name, values, texts) for name in FINAL if question_of(step, name)]
    return asked + list(_recorded(lesson, step, values, texts))


def _asked(lesson: Lesson, step: StepPlan, name: str, values: Values, texts: Texts) -> Json:
    question = question_of(step, name)
    assert question is not None
    said = getattr(lesson.text(texts.tag).steps[step.id], name)
    found = values(AskedOf(lesson.name, step.id, name))
    least, most = range_of(lesson, step, name, question)
    about = {"name": name, "when": texts[f"learn.{name}"], "title": said.ask, "answered": len(found)}
    if question.kind == "choice":
        return about | _choice(found, list(said.options), question)
    return about | histogram(found, least, most)


def _choice(found: list[Value], options: list[str], question: Question) -> Json:
    counts = [sum(value == number for value in found) for number in range(1, len(options) + 1)]
    return {"kind": "choice", "labels": options, "counts": counts, "right": list(question.right)}


def histogram(found: list[Any], least: float, most: float) -> Json:
    """Returns how many numbers lie in each of ten equal parts of a range, the most in the last one."""
    width = (most - least) / BINS
    counts = [0] * BINS
    for value in found:
        counts[min(int((value - least) / width), BINS - 1)] += 1
    edges = [least + width * number for number in range(BINS + 1)]
    # A number on an edge counts in the part that begins there.
    labels = [f"{low:g}–<{high:g}" for low, high in zip(edges[:-1], edges[1:-1], strict=False)]
    labels.append(f"{edges[-2]:g}–{edges[-1]:g}")
    return {"kind": "number", "labels": labels, "counts": counts, "right": []}


def _recorded(lesson: Lesson, step: StepPlan, values: Values, texts: Texts) -> Iterator[Json]:
    for name, record in records_of(step).items():
        found: list[Any] = values(AskedOf(lesson.name, step.id, name))
        about = {"name": name, "when": "", "title": texts[record.title], "answered": len(found)}
        if record.point:
            yield about | {"kind": "points", "points": points(found)}
            continue
        for field, (least, most) in record.fields.items():
            title = about["title"] if len(record.fields) == 1 else f"{about['title']}: {texts[f'learn_class.{field}']}"
            numbers = found if field == ALONE else [value[field] for value in found]
            highest = most if most <= 1 else max([*numbers, BINS])
            yield about | {"title": title} | histogram(numbers, least, highest)


def points(found: list[Any]) -> list[tuple[float, float]]:
    """Returns the errors of learners as points of the curve: share of harmless blocked, share of harmful caught."""
    return sorted(
        (value["blocked"] / value["harmless"], 1 - value["missed"] / value["harmful"])
        for value in found
        if value["harmless"] and value["harmful"]
    )
