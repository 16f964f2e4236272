"""The pages of a class: where learners join by a code, and the teacher's page. Imports no gradio.

The teacher's page is filled and kept up to date by assets/learn/teacher.js, which also draws the charts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from studio.classroom import CODE_LETTERS
from studio.lessons import Lesson
from ui.html.markup import joined
from ui.learn.class_records import gathered
from ui.learn.site_frame import whole_page, words_as_json
from ui.texts import Texts

CLASS_SIZE = 35  # what is proposed


@dataclass(frozen=True)
class ClassPages:
    """Holds what every page is made from. `languages`: the own name of each language, by its tag."""

    texts: Texts
    languages: Mapping[str, str]

    def join(self, problem: str = "") -> Markup:
        """Returns the page with the field for the code; `problem` says why the last one did not do."""
        said = self.texts
        body = Markup(
            '<h1>{}</h1><p class="lead">{}</p>{}<form class="step" method="post" action="class"><label>{}'
            '<input type="text" name="code" class="code" maxlength="{}" autocomplete="off" autocapitalize="characters"'
            ' spellcheck="false" required autofocus></label><button>{}</button></form><p class="muted">{}</p>'
        ).format(
            said["learn_class.join"],
            said["learn_class.join_lead"],
            self._problem(problem),
            said["learn_class.code"],
            2 * CODE_LETTERS,
            said["learn_class.join_do"],
            said["learn_class.privacy"],
        )
        return self._page(said["learn_class.join"], body)

    def closed(self, sentence: str) -> Markup:
        """Returns a page that says that there is no class."""
        title = self.texts["learn_class.join"]
        link = Markup('<p><a class="button" href="learn">{}</a></p>').format(self.texts["learn.go"])
        return self._page(title, Markup("<h1>{}</h1><p>{}</p>{}").format(title, sentence, link))

    def login(self, problem: str = "") -> Markup:
        """Returns the page that asks for the teacher's password."""
        said = self.texts
        body = Markup(
            '<h1>{}</h1>{}<form class="step" method="post" action="teacher/login"><label>{}'
            '<input type="password" name="password" autocomplete="current-password" required autofocus></label>'
            "<button>{}</button></form>"
        ).format(
            said["learn_class.teacher"],
            self._problem(problem),
            said["learn_class.password"],
            said["learn_class.login"],
        )
        return self._page(said["learn_class.teacher"], body, "../")

    def teacher(self, lessons: Iterable[Lesson], most: int, address: str, is_reachable: bool) -> Markup:
        """Returns the teacher's page. `most` learners are allowed; `address` is what learners type."""
        said = self.texts
        alone = "" if is_reachable else Markup('<p class="bad">{}</p>').format(said["learn_class.alone"])
        body = Markup(
            '<div class="heading"><h1>{}</h1><form method="post" action="teacher/logout"><button class="quiet">{}'
            '</button></form></div>{}<div id="class" data-lessons="{}" data-address="{}" data-most="{}" data-size="{}">'
            '</div><script type="application/json" id="words">{}</script>'
            '<script type="module" src="../learn/files/teacher.js"></script>'
        ).format(
            said["learn_class.teacher"],
            said["learn_class.logout"],
            alone,
            json.dumps([self._lesson(lesson) for lesson in lessons]),
            address,
            most,
            min(CLASS_SIZE, most),
            words_as_json(said, "learn.", "learn_class."),
        )
        return self._page(said["learn_class.teacher"], body, "../")

    def _lesson(self, lesson: Lesson) -> dict[str, object]:
        text, asked = lesson.text(self.texts.tag), gathered(lesson)
        steps = [
            {
                "id": step.id,
                "title": text.steps[step.id].heading,
                "gathers": bool(asked[step.id]),
            }
            for step in lesson.plan.step
        ]
        return {"name": lesson.name, "title": text.title, "steps": steps}

    def _problem(self, sentence: str) -> Markup:
        return Markup('<p class="bad" role="alert">{}</p>').format(sentence) if sentence else joined(())

    def _page(self, title: str, body: Markup, base: str = "") -> Markup:
        return whole_page(self.texts, self.languages, title, body, base)
