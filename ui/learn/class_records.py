"""What of a lesson is gathered in a class: the answers to its questions, and of its panels the numbers listed here.

Words that a learner types are not among them: they do not leave the browser for the class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from safety.errors import RequestError
from studio.class_answers import FINAL, AskedOf, Value
from studio.lessons import Lesson, Question, StepPlan

NOT_ASKED, REFUSED = "The lesson does not ask this.", "This is no answer to the question."
Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Record:
    """What a panel records under a name: numbers, each within a range, or one number alone, whose name is "".

    `title`: the key of its words.

    `needs`: the setting of the panel that has to be on. `point`: the numbers are the errors of `ui/learn/moderate.py`,
    and are shown on the studio's curve.
    """

    title: str
    fields: Ranges
    needs: str = ""
    point: bool = False


ALONE = ""
PROMPTS = (0.0, 1000.0)
ERRORS: Ranges = dict.fromkeys(("blocked", "missed", "harmless", "harmful"), PROMPTS)
COUNT = (0.0, 100_000.0)
SHARE: Ranges = {"at": (0.0, 1.0)}
# By the kind of panel, then by the name that its script records.
RECORDS: Mapping[str, Mapping[str, Record]] = {
    "content_credentials": {"riddle": Record("learn_class.riddle", {ALONE: PROMPTS}, needs="riddle")},
    "denoise": {"recognised": Record("learn_denoise.recognised_title", {"at": (0.0, 500.0)}, needs="recognise")},
    "filter": {"filter": Record("learn_class.removed", {"removed": COUNT})},
    "moderate": {"errors": Record("learn_class.errors", ERRORS, point=True)},
    "threshold": {
        place: Record(f"learn_threshold.place_{place}", SHARE, needs="situations")
        for place in ("library", "newsroom", "clinic")
    },
    "word_list": {
        "list": Record(
            "learn_word_list.yours", {"words": (0.0, 10_000.0), "blocked": (0.0, 1000.0), "missed": (0.0, 1000.0)}
        )
    },
}


def records_of(step: StepPlan) -> Mapping[str, Record]:
    """Returns what the panel of a step records for a class."""
    records = RECORDS.get(step.panel, {})
    return {name: record for name, record in records.items() if not record.needs or step.settings.get(record.needs)}


def question_of(step: StepPlan, name: str) -> Question | None:
    """Returns the question of a step before or after its panel; None for any other name."""
    return getattr(step, name) if name in FINAL else None


def gathered(lesson: Lesson) -> dict[str, dict[str, list[str]]]:
    """Returns, for each step, the names that are gathered, each with its numbers; none where it is one number."""
    return {
        step.id: {name: [] for name in FINAL if question_of(step, name)}
        | {name: [field for field in record.fields if field != ALONE] for name, record in records_of(step).items()}
        for step in lesson.plan.step
    }


def answer_of(lesson: Lesson | None, asked: AskedOf, value: object) -> Value:
    """Returns an answer as it is gathered. Raises RequestError for one that the question cannot have."""
    step = lesson.step(asked.step) if lesson else None
    if lesson is None or step is None:
        raise RequestError(NOT_ASKED)
    if question := question_of(step, asked.name):
        least, most = range_of(lesson, step, asked.name, question)
        number = _number(value, least, most)
        if question.kind == "choice" and number != int(number):
            raise RequestError(REFUSED)
        return number
    record = records_of(step).get(asked.name)
    if record is None:
        raise RequestError(NOT_ASKED)
    if ALONE in record.fields:
        return _number(value, *record.fields[ALONE])
    if not isinstance(value, dict) or set(value) != set(record.fields):
        raise RequestError(REFUSED)
    numbers = {name: _number(value[name], *bounds) for name, bounds in record.fields.items()}
    if record.point and not (numbers["blocked"] <= numbers["harmless"] and numbers["missed"] <= numbers["harmful"]):
        raise RequestError(REFUSED)
    return numbers


def range_of(lesson: Lesson, step: StepPlan, name: str, question: Question) -> tuple[float, float]:
    """Returns the least and the most that an answer can be; options count from 1."""
    if question.kind == "number":
        return question.least, question.most
    said = getattr(lesson.text("en").steps[step.id], name)
    return 1.0, float(len(said.options))


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RequestError(REFUSED)
    # No number is between the bounds that is none, infinite, or too large for a float.
    if not least <= value <= most:
        raise RequestError(REFUSED)
    return float(value)
