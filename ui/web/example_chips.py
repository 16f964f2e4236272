"""Prompts to click beneath the empty prompt field, for the mode and the model that are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from markupsafe import Markup

from safety.generation import EMBEDDED
from ui.html.greeting import chips
from ui.placeholders import for_any_reader
from ui.texts import Texts, page_texts

if TYPE_CHECKING:
    from studio import Studio

MOST = 4  # of each sort


@dataclass(frozen=True)
class ExampleChips:
    """Holds the component."""

    studio: Studio
    chips: gr.HTML

    @classmethod
    def build(cls, studio: Studio) -> ExampleChips:
        """Lays out the examples of the first mode and model inside the open context."""
        mode, engine = next(iter(studio.list_modes())), studio.offered_engines()[0].name
        return cls(studio, gr.HTML(_chips(studio, mode, engine, for_any_reader()), elem_id="sl-example-chips"))

    def show(self, prompt: str, mode: str, engine: str, language: str) -> Any:
        """Returns the update: nothing is offered any more once there are words of one's own."""
        if prompt.strip():
            return gr.update(visible=False)
        return gr.update(value=_chips(self.studio, mode, engine, page_texts(language)), visible=True)


def _chips(studio: Studio, mode: str, engine: str, texts: Texts) -> Markup:
    fitting = [one for one in studio.examples if one.mode == mode]
    drawable = [one for one in fitting if one.verdict == "allowed" and (one.embedded or engine != EMBEDDED)]
    # The newest models first get what only they can draw.
    drawable.sort(key=lambda one: one.embedded and engine != EMBEDDED)
    taught = [one for one in fitting if one.verdict != "allowed"]
    return chips([*drawable[:MOST], *taught[:MOST]], texts)
