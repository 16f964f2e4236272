"""The Learn tab: the list of lessons, in the language of whoever opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.html.lesson_list import lesson_list
from ui.html.markup import notice
from ui.placeholders import for_any_reader
from ui.texts import page_texts
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio


def build(studio: Studio, tab: gr.Tab) -> None:
    """Lays out the tab inside the open Blocks context; it is filled in when somebody opens it."""

    def show(request: gr.Request) -> str:
        return lesson_list(studio.lessons.values(), page_texts(page_language(request)))

    texts = for_any_reader()
    listed = gr.HTML(notice(texts["learn.lead"]), elem_id="sl-learn")
    unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    tab.select(show, None, [listed], api_name="lessons", **unseen)
