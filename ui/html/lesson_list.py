"""The Learn tab: what the lessons are, and the way to each. The lessons themselves are pages of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup

from ui.html.markup import joined
from ui.texts import Texts

if TYPE_CHECKING:
    from studio.lessons import Lesson


def lesson_list(lessons: Iterable[Lesson], texts: Texts) -> Markup:
    """Returns the lessons of the tab as links, in the reader's language."""
    items = joined(
        Markup('<li><a href="learn/{}" lang="{}">{}</a> <span>{}</span></li>').format(
            lesson.name,
            texts.tag if texts.tag in lesson.texts else "en",
            lesson.text(texts.tag).title,
            texts.say("learn.facts", minutes=lesson.plan.minutes, age=lesson.plan.age),
        )
        for lesson in lessons
    )
    return Markup('<div class="sl-lessons"><h2>{}</h2><p>{}</p><ol>{}</ol></div>').format(
        texts["learn.title"], texts["learn.lead"], items
    )
