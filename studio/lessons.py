"""Lessons as data: one folder each under presets/lessons/, a plan in TOML and a text in Markdown for each language.

lesson.toml says what does not depend on a language: the order, the age, the minutes, and the steps with their live
panels and questions. en.md, de.md and so on hold the words, under headings that studio/lesson_text.py describes. A
lesson is added by adding a folder; what does not fit raises PresetError that names file and key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from safety.config import ADVICE, ConfigModel
from safety.errors import PresetError
from studio.lesson_text import LessonText, StepText, read_text

FOLDER = "lessons"
SETS = "sets"  # beside the lessons: labelled prompts that several of them use
ENGLISH = "en"
TAKEN = {"home", "main", "words"}  # ids that a lesson's page has besides its steps
NAME = re.compile(r"[a-z][a-z0-9_]*")


class Question(ConfigModel):
    """One question. A choice has the options that its text lists; a number is between `least` and `most`.

    `right`: the options that are right, counted from 1. None: there is no right answer, as in a prediction.
    """

    kind: Literal["choice", "number"] = "choice"
    right: tuple[int, ...] = ()
    least: float = 0
    most: float = 100
    step: float = Field(default=1, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least >= self.most:
            raise ValueError("least must be below most")
        if self.kind == "number" and self.right:
            raise ValueError("a number has no right option")
        return self


class StepPlan(ConfigModel):
    """One step: `panel` is the kind of its live panel ("" for text alone), `settings` what that kind is given.

    With `predict`, the panel opens once the learner has answered. `check` comes after the panel.
    """

    id: str = Field(pattern=NAME.pattern)
    panel: str = ""
    settings: dict[str, Any] = {}
    predict: Question | None = None
    check: Question | None = None


class LessonPlan(ConfigModel):
    """What lesson.toml holds: `age` in years from which it fits, `minutes` that it takes, its steps in order."""

    order: int = Field(ge=0)
    age: int = Field(ge=6, le=99)
    minutes: int = Field(ge=1, le=120)
    step: tuple[StepPlan, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [step.id for step in self.step]
        if len(names) != len(set(names)):
            raise ValueError("two steps have one id")
        if taken := sorted(TAKEN & set(names)):
            raise ValueError(f"the page itself has an element of the id {taken[0]}: choose another one")
        return self


@dataclass(frozen=True)
class Lesson:
    """One lesson: its plan, and its text by language; English is always there."""

    name: str
    path: Path
    plan: LessonPlan
    texts: Mapping[str, LessonText]

    def text(self, language: str) -> LessonText:
        """Returns the text in a language such as "de" or "de-AT"; English where it has none."""
        return self.texts.get(language.partition("-")[0].lower(), self.texts[ENGLISH])

    def step(self, name: str) -> StepPlan | None:
        """Returns a step by its id; None where there is none."""
        return next((step for step in self.plan.step if step.id == name), None)


def load_lessons(presets: Path) -> dict[str, Lesson]:
    """Reads all lessons of a folder of presets, in their order. Raises PresetError that names file and key."""
    folder = presets / FOLDER
    found = [load_lesson(path) for path in sorted(folder.iterdir() if folder.is_dir() else ()) if _is_lesson(path)]
    return {lesson.name: lesson for lesson in sorted(found, key=lambda lesson: (lesson.plan.order, lesson.name))}


def load_lesson(path: Path) -> Lesson:
    """Reads the lesson in one folder. Raises PresetError that names file and key."""
    if not NAME.fullmatch(path.name):
        raise PresetError(f"{path}: the name of a lesson has small letters, digits and _ only", ADVICE)
    plan = LessonPlan.load(path / "lesson.toml")
    texts = {file.stem: read_text(file) for file in sorted(path.glob("*.md"))}
    if ENGLISH not in texts:
        raise PresetError(f"{path}: {ENGLISH}.md is missing; every lesson is told in English at least", ADVICE)
    for language, text in texts.items():
        _require_fit(path / f"{language}.md", plan, text)
    return Lesson(path.name, path, plan, texts)


def _is_lesson(path: Path) -> bool:
    return path.is_dir() and path.name != SETS and not path.name.startswith((".", "_"))


def _require_fit(file: Path, plan: LessonPlan, text: LessonText) -> None:
    """Raises PresetError where a text and its plan have not the same steps and questions."""
    planned, told = [step.id for step in plan.step], list(text.steps)
    if planned != told:
        raise PresetError(f"{file}: its steps are {', '.join(told)}; lesson.toml has {', '.join(planned)}", ADVICE)
    for step in plan.step:
        said = text.steps[step.id]
        for name in ("predict", "check"):
            _require_question(f"{file}: step {step.id}: {name}", getattr(step, name), said, name)


def _require_question(where: str, question: Question | None, said: StepText, name: str) -> None:
    told = getattr(said, name)
    if (question is None) != (told is None):
        raise PresetError(f"{where}: is in one of lesson.toml and the text, and not in the other", ADVICE)
    if question is None or told is None:
        return
    if question.kind == "choice" and len(told.options) < 2:
        raise PresetError(f"{where}: a choice needs at least two options, each a line that begins with -", ADVICE)
    if question.kind == "number" and told.options:
        raise PresetError(f"{where}: a number has no options", ADVICE)
    if any(not 1 <= right <= len(told.options) for right in question.right):
        raise PresetError(f"{where}: right: counts from 1 to {len(told.options)}", ADVICE)
