"""The line that says that models are still loading; it goes once they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from ui.texts import page_texts
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio

EVERY = 1.5  # seconds between two questions of a browser, which ends with the loading


@dataclass(frozen=True)
class ReadyLine:
    """Holds the line and what asks the server again."""

    studio: Studio
    line: gr.HTML
    timer: gr.Timer

    @classmethod
    def build(cls, studio: Studio) -> ReadyLine:
        """Lays out the line inside the open context."""
        line = gr.HTML(elem_id="sl-ready", visible=False)
        built = cls(studio, line, gr.Timer(EVERY, active=False))
        built.timer.tick(built.show, None, built.parts, show_progress="hidden", api_visibility="private")
        return built

    @property
    def parts(self) -> list[Any]:
        """Returns the components that `show` changes, in order."""
        return [self.line, self.timer]

    def show(self, request: gr.Request) -> tuple[Any, Any]:
        """Says how many seconds are left."""
        state = self.studio.warm_up.state()
        seconds = math.ceil(state.left)
        texts = page_texts(page_language(request))
        text = texts.say("ready.soon", seconds=seconds) if seconds else texts["ready.late"]
        shown = Markup('<p role="status">{}</p>').format(text)
        return gr.update(value="" if state.ready else shown, visible=not state.ready), gr.Timer(active=not state.ready)
