"""The pages of the lessons: the list of them, one lesson with its steps, and a worksheet to print. Imports no gradio.

Without scripts a lesson is its text; assets/learn/learn.js shows one step at a time and opens the panels.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from studio.lesson_text import LessonText, QuestionText, StepText
from studio.lessons import ENGLISH, Lesson, Question, StepPlan
from ui.html.markup import joined
from ui.learn.class_records import gathered
from ui.learn.markdown import inline, markdown
from ui.learn.site_frame import whole_page, words_as_json
from ui.texts import Texts

WORDS, CLASS_WORDS = "learn.", "learn_class."  # the tables of the strings that the scripts show


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a learner is in a class: `room` names the class, `steps` of the lesson are open, 0 for all."""

    room: str
    steps: int


@dataclass(frozen=True)
class LessonPages:
    """Holds what every page is made from. `languages`: the own name of each language, by its tag.

    `seat`: of a learner in a class. `invites`: there is a class that can be joined.
    """

    texts: Texts
    languages: Mapping[str, str]
    seat: Seat | None = None
    invites: bool = False

    def index(self, lessons: Iterable[Lesson]) -> Markup:
        """Returns the list of all lessons."""
        cards = joined(self._card(lesson) for lesson in lessons)
        said = self.texts
        join = Markup('<p><a class="button" href="class">{}</a></p>').format(said["learn_class.join_link"])
        body = Markup('{}<h1>{}</h1><p class="lead">{}</p>{}<ol class="lessons">{}</ol>').format(
            self._in_class(), said["learn.title"], said["learn.lead"], join if self.invites else "", cards
        )
        # Who waits there for the lesson that the teacher opens is led to it.
        body += Markup('<script type="module" src="learn/files/lobby.js"></script>') if self.seat else Markup("")
        return self._page(said["learn.title"], body)

    def lesson(self, lesson: Lesson, following: Lesson | None = None) -> Markup:
        """Returns one lesson; `following` is the one to go on with."""
        text = lesson.text(self.texts.tag)
        steps = joined(self._step(step, text.steps[step.id], number) for number, step in enumerate(lesson.plan.step, 1))
        onward = self._onward(following) if following else Markup("")
        body = Markup(
            '{}<article class="lesson" lang="{}" data-lesson="{}"{}><header class="about"><h1>{}</h1>{}'
            '<p class="facts">{}</p>{}<p class="sheets"><a href="{}/worksheet">{}</a></p></header>{}'
            '<section class="step home" id="home"><h2>{}</h2>{}{}</section></article>'
            '<script type="application/json" id="words">{}</script>'
            '<script type="module" src="files/{}.js"></script>'
        ).format(
            self._in_class("../"),
            self._language_of(lesson),
            lesson.name,
            self._seat_of(lesson),
            text.title,
            markdown(text.about),
            self._facts(lesson),
            self._aims(text),
            lesson.name,
            self.texts["learn.worksheet"],
            steps,
            self.texts["learn.home"],
            markdown(text.home),
            onward,
            words_as_json(self.texts, *((WORDS, CLASS_WORDS) if self.seat else (WORDS,))),
            "class" if self.seat else "learn",
        )
        return self._page(text.title, body, "../")

    def worksheet(self, lesson: Lesson, answers: bool = False) -> Markup:
        """Returns a lesson to print: questions with room to write, or the answers and the notes for teachers."""
        text = lesson.text(self.texts.tag)
        said = self.texts
        parts = joined(self._sheet_step(step, text.steps[step.id], answers) for step in lesson.plan.step)
        other = Markup('<p class="sheets"><a href="{}">{}</a></p>').format(
            "worksheet" if answers else "worksheet?answers", said["learn.worksheet" if answers else "learn.answers"]
        )
        body = Markup(
            '<article class="sheet" lang="{}"><h1>{}</h1>{}<p class="facts">{}</p>{}{}'
            "<section><h2>{}</h2>{}{}</section></article>"
        ).format(
            self._language_of(lesson),
            text.title,
            other,
            said["learn.answers"] if answers else said["learn.name_and_day"],
            self._aims(text) if answers else markdown(text.about),
            parts,
            said["learn.home"],
            markdown(text.home),
            "" if answers else _lines(4),
        )
        return self._page(text.title, body, "../../")

    # ---- parts ----

    def _page(self, title: str, body: Markup, base: str = "") -> Markup:
        return whole_page(self.texts, self.languages, title, body, base)

    def _in_class(self, base: str = "") -> Markup:
        """Returns the line that says that this is a class, and lets a learner leave it."""
        if self.seat is None:
            return Markup("")
        return Markup(
            '<div class="in-class" role="status">{}<form method="post" action="{}class/leave">'
            '<button class="quiet">{}</button></form></div>'
        ).format(self.texts["learn_class.in_class"], base, self.texts["learn_class.leave"])

    def _seat_of(self, lesson: Lesson) -> Markup:
        if self.seat is None:
            return Markup("")
        return Markup(' data-room="{}" data-steps="{}" data-records="{}"').format(
            self.seat.room, self.seat.steps, json.dumps(gathered(lesson))
        )

    def _card(self, lesson: Lesson) -> Markup:
        text = lesson.text(self.texts.tag)
        return Markup('<li lang="{}"><a href="learn/{}"><h2>{}</h2></a>{}<p class="facts">{}</p></li>').format(
            self._language_of(lesson), lesson.name, text.title, markdown(text.about), self._facts(lesson)
        )

    def _onward(self, lesson: Lesson) -> Markup:
        return Markup('<p class="onward"><a class="button" href="{}">{}</a></p>').format(
            lesson.name, self.texts.say("learn.next_lesson", title=lesson.text(self.texts.tag).title)
        )

    def _facts(self, lesson: Lesson) -> str:
        return self.texts.say("learn.facts", minutes=lesson.plan.minutes, age=lesson.plan.age)

    def _language_of(self, lesson: Lesson) -> str:
        return self.texts.tag if self.texts.tag in lesson.texts else ENGLISH

    def _aims(self, text: LessonText) -> Markup:
        items = joined(Markup("<li>{}</li>").format(inline(aim)) for aim in text.aims)
        return Markup('<h2 class="small">{}</h2><ul class="aims">{}</ul>').format(self.texts["learn.aims"], items)

    def _step(self, plan: StepPlan, text: StepText, number: int) -> Markup:
        panel = (
            Markup('<div class="panel" data-kind="{}" data-step="{}"></div>').format(plan.panel, plan.id)
            if plan.panel
            else Markup("")
        )
        return Markup(
            '<section class="step" id="{}" aria-labelledby="{}-heading"><h2 id="{}-heading" tabindex="-1">{}. {}</h2>'
            "{}{}{}{}{}{}</section>"
        ).format(
            plan.id,
            plan.id,
            plan.id,
            number,
            text.heading,
            markdown(text.body),
            self._question(plan, plan.predict, text.predict, "predict"),
            panel,
            self._question(plan, plan.check, text.check, "check"),
            Markup('<div class="explain">{}</div>').format(markdown(text.explain)) if text.explain else "",
            self._teacher(text),
        )

    def _teacher(self, text: StepText) -> Markup:
        if not text.teacher:
            return Markup("")
        return Markup('<details class="teacher"><summary>{}</summary>{}</details>').format(
            self.texts["learn.teacher"], markdown(text.teacher)
        )

    def _question(self, plan: StepPlan, question: Question | None, text: QuestionText | None, part: str) -> Markup:
        if question is None or text is None:
            return Markup("")
        name = f"{plan.id}-{part}"
        fields = _number(name, question) if question.kind == "number" else _options(name, text.options)
        return Markup(
            '<form class="question {}" data-right="{}"><fieldset><legend><b>{}</b> {}</legend>{}</fieldset>'
            '<button type="submit">{}</button><p class="told" role="status"></p></form>'
        ).format(
            part,
            ",".join(map(str, question.right)),
            self.texts[f"learn.{part}"],
            inline(text.ask),
            fields,
            self.texts[f"learn.{part}_do"],
        )

    def _sheet_step(self, plan: StepPlan, text: StepText, answers: bool) -> Markup:
        parts = [Markup("<section><h2>{}</h2>").format(text.heading)]
        for question, said in ((plan.predict, text.predict), (plan.check, text.check)):
            if question is None or said is None:
                continue
            right = question.right if answers else ()
            options = joined(
                Markup("<li{}>{}</li>").format(Markup(' class="right"') if number in right else "", inline(option))
                for number, option in enumerate(said.options, 1)
            )
            parts.append(Markup('<p>{}</p><ul class="boxes">{}</ul>').format(inline(said.ask), options))
            parts.append(Markup("") if answers or said.options else _lines(1))
        if answers:
            parts += [markdown(text.explain), markdown(text.teacher)]
        else:
            parts.append(_lines(2))
        return joined([*parts, Markup("</section>")])


def _options(name: str, options: Iterable[str]) -> Markup:
    return joined(
        Markup(
            '<label class="option"><input type="radio" name="{}" value="{}" required> <span>{}</span></label>'
        ).format(name, number, inline(option))
        for number, option in enumerate(options, 1)
    )


def _number(name: str, question: Question) -> Markup:
    middle = (question.least + question.most) / 2
    return Markup(
        '<label class="number"><input type="range" name="{}" min="{}" max="{}" step="{}" value="{}">'
        "<output>{}</output></label>"
    ).format(name, *(f"{value:g}" for value in (question.least, question.most, question.step, middle, middle)))


def _lines(many: int) -> Markup:
    return Markup('<div class="lines">{}</div>').format(Markup("<div></div>") * many)
