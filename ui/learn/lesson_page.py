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
from ui.learn.markdown import inline, markdown
from ui.texts import Texts

WORDS = "learn."  # the table of the strings that learn.js shows


@dataclass(frozen=True)
class LessonPages:
    """Holds what every page is made from. `languages`: the own name of each language, by its tag."""

    texts: Texts
    languages: Mapping[str, str]

    def index(self, lessons: Iterable[Lesson]) -> Markup:
        """Returns the list of all lessons."""
        cards = joined(self._card(lesson) for lesson in lessons)
        said = self.texts
        body = Markup('<h1>{}</h1><p class="lead">{}</p><ol class="lessons">{}</ol>').format(
            said["learn.title"], said["learn.lead"], cards
        )
        return self._page(said["learn.title"], body, "")

    def lesson(self, lesson: Lesson, following: Lesson | None = None) -> Markup:
        """Returns one lesson; `following` is the one to go on with."""
        text = lesson.text(self.texts.tag)
        steps = joined(self._step(step, text.steps[step.id], number) for number, step in enumerate(lesson.plan.step, 1))
        onward = self._onward(following) if following else Markup("")
        body = Markup(
            '<article class="lesson" lang="{}" data-lesson="{}"><header class="about"><h1>{}</h1>{}'
            '<p class="facts">{}</p>{}<p class="sheets"><a href="{}/worksheet">{}</a></p></header>{}'
            '<section class="step home" id="home"><h2>{}</h2>{}{}</section></article>'
            '<script type="application/json" id="words">{}</script>'
            '<script type="module" src="files/learn.js"></script>'
        ).format(
            self._language_of(lesson),
            lesson.name,
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
            _json({key.removeprefix(WORDS): said for key, said in self.texts.strings.items() if key.startswith(WORDS)}),
        )
        return self._page(text.title, body, lesson.name)

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
        return self._page(text.title, body, "../", print_only=True)

    # ---- parts ----

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

    def _page(self, title: str, body: Markup, here: str, print_only: bool = False) -> Markup:
        """Returns a whole page. `here`: the last part of its address, for what is beside it ("" for the list)."""
        base = "../../" if print_only else "../" if here else ""
        links = joined(
            Markup('<a href="?language={}" hreflang="{}" lang="{}"{}>{}</a>').format(
                tag, tag, tag, Markup(' aria-current="true"') if tag == self.texts.tag else "", name
            )
            for tag, name in self.languages.items()
        )
        return Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{} - Safelight</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="stylesheet" href="{}learn/files/learn.css"></head><body>'
            '<a class="skip" href="#main">{}</a><header class="top"><a href="{}">Safelight</a><a href="{}learn">{}</a>'
            '<nav aria-label="{}">{}</nav></header><main id="main">{}</main></body></html>'
        ).format(
            self.texts.tag,
            title,
            base or "",
            self.texts["learn.skip"],
            base or "./",
            base or "",
            self.texts["learn.title"],
            self.texts["page.choose"],
            links,
            body,
        )


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


def _json(value: object) -> Markup:
    # Within a script element, only "<" could end it.
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))
