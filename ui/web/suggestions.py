"""Other wordings that pass, beneath the judgement of a refused prompt: a click puts one into the box. Or advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from safety.messages.schema import StatementMessages
from safety.prompt.rewrite import MAX_SUGGESTIONS
from safety.records import Suggestion
from ui.html.decision import advice, suggestion, suggestions_head
from ui.web import handlers
from ui.web.concurrency import SUGGESTING
from ui.web.labels import label

if TYPE_CHECKING:
    from studio import Studio

PAUSE = 0.7  # seconds without a key before other wordings are looked for


@dataclass(frozen=True)
class Suggestions:
    """Holds a row of components for each wording. `timer` runs while a refused prompt waits for its wordings.

    `shown` is the session's list of wordings, in the order of the rows.
    """

    studio: Studio
    head: gr.HTML
    rows: tuple[gr.Row, ...]
    texts: tuple[gr.HTML, ...]
    buttons: tuple[gr.Button, ...]
    shown: gr.State
    timer: gr.Timer

    @classmethod
    def build(cls, studio: Studio) -> Suggestions:
        """Lays out empty rows inside the open context."""
        head = gr.HTML(visible=False, elem_id="sl-wordings")
        rows, texts, buttons = [], [], []
        for number in range(MAX_SUGGESTIONS):
            with gr.Row(visible=False, elem_classes="sl-wording", equal_height=True) as row:
                texts.append(gr.HTML(elem_id=f"sl-wording-{number}"))
                buttons.append(
                    gr.Button(label("outcome.use"), size="sm", min_width=90, scale=0, elem_id=f"sl-use-{number}")
                )
            rows.append(row)
        timer = gr.Timer(PAUSE, active=False)
        return cls(studio, head, tuple(rows), tuple(texts), tuple(buttons), gr.State([]), timer)

    @property
    def parts(self) -> list[Any]:
        """Returns the components that `look_up` and `hide` give values for, in order."""
        return [self.head, self.shown, self.timer, *self.rows, *self.texts]

    def wire(self, prompt: gr.Textbox, mode: gr.Radio, language: gr.Dropdown, negative_prompt: gr.Textbox) -> None:
        """Connects the timer and the buttons with the form."""
        form = [prompt, mode, language, negative_prompt]
        self.timer.tick(
            self.look_up,
            form,
            self.parts,
            show_progress="hidden",
            api_visibility="private",
            **SUGGESTING,
        )
        for number, button in enumerate(self.buttons):
            button.click(partial(_chosen, number), [self.shown, prompt], [prompt], api_visibility="private")

    def hide(self, wait: bool) -> list[Any]:
        """Returns updates that hide all rows; with `wait`, wordings are looked for after the pause."""
        hidden = [gr.update(visible=False) for _ in self.rows]
        unchanged = [gr.update() for _ in self.texts]
        return [gr.update(visible=False), [], gr.Timer(PAUSE, active=wait), *hidden, *unchanged]

    def look_up(self, prompt: str | None, mode: str, language: str, negative_prompt: str | None = None) -> list[Any]:
        """Returns updates that show the wordings for the prompt as it stands; without any, how to ask instead."""
        suggestions, text = handlers.suggest(self.studio, prompt or "", mode, language, negative_prompt or "")
        if suggestions:
            return self._show(suggestions, prompt or "", language)
        head, *rest = self.hide(wait=False)
        return [gr.update(value=advice(self._said(language).advice, text), visible=True) if text else head, *rest]

    def _said(self, language: str) -> StatementMessages:
        return self.studio.messages(language).locale.statement

    def _show(self, suggestions: Sequence[Suggestion], prompt: str, language: str) -> list[Any]:
        html = [suggestion(each, prompt) for each in suggestions]
        rows = [gr.update(visible=number < len(html)) for number in range(MAX_SUGGESTIONS)]
        texts = [html[number] if number < len(html) else "" for number in range(MAX_SUGGESTIONS)]
        head = gr.update(value=suggestions_head(self._said(language).suggestions), visible=True)
        return [head, [each.text for each in suggestions], gr.Timer(PAUSE, active=False), *rows, *texts]


def _chosen(number: int, shown: list[str], prompt: str) -> str:
    return shown[number] if number < len(shown) else prompt
