"""Other wordings that pass, beneath the judgement of a refused prompt: a click puts one into the box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from safety.prompt.rewrite import MOST
from safety.records import Suggestion
from ui.html import suggestion
from ui.web import handlers

if TYPE_CHECKING:
    from studio import Studio

PAUSE = 0.7  # seconds without a key before wordings are looked for


@dataclass(frozen=True)
class Suggestions:
    """A row for each wording. `clock` runs while a refused prompt waits for its wordings."""

    studio: Studio
    head: gr.HTML
    rows: tuple[gr.Row, ...]
    texts: tuple[gr.HTML, ...]
    uses: tuple[gr.Button, ...]
    held: gr.State
    clock: gr.Timer

    @classmethod
    def build(cls, studio: Studio) -> Suggestions:
        """Empty rows, inside the open context."""
        head = gr.HTML(visible=False, elem_id="sl-wordings")
        rows, texts, uses = [], [], []
        for number in range(MOST):
            with gr.Row(visible=False, elem_classes="sl-wording", equal_height=True) as row:
                texts.append(gr.HTML(elem_id=f"sl-wording-{number}"))
                uses.append(gr.Button("Use this", size="sm", min_width=90, scale=0, elem_id=f"sl-use-{number}"))
            rows.append(row)
        clock = gr.Timer(PAUSE, active=False)
        return cls(studio, head, tuple(rows), tuple(texts), tuple(uses), gr.State([]), clock)

    @property
    def parts(self) -> list[Any]:
        """What `shown` and `none` give values for, in order."""
        return [self.head, self.held, self.clock, *self.rows, *self.texts]

    def wire(self, prompt: gr.Textbox, mode: gr.Radio, language: gr.Dropdown) -> None:
        self.clock.tick(
            self.look, [prompt, mode, language], self.parts, show_progress="hidden", api_visibility="private"
        )
        for number, use in enumerate(self.uses):
            use.click(partial(_chosen, number), [self.held, prompt], [prompt], queue=False, api_visibility="private")

    def none(self, wait: bool) -> list[Any]:
        """Nothing to show; with `wait`, wordings are looked for after the pause."""
        hidden = [gr.update(visible=False) for _ in self.rows]
        return [gr.update(visible=False), [], gr.Timer(PAUSE, active=wait), *hidden, *(gr.update() for _ in self.texts)]

    def look(self, prompt: str | None, mode: str, language: str) -> list[Any]:
        """Wordings for the prompt as it stands."""
        found = handlers.suggest(self.studio, prompt or "", mode)
        if not found:
            return self.none(wait=False)
        return self._shown(found, prompt or "", language)

    def _shown(self, found: Sequence[Suggestion], prompt: str, language: str) -> list[Any]:
        label = self.studio.policy.messages(language).locale.statement.suggestions
        told = [suggestion.wording(one, prompt) for one in found]
        rows = [gr.update(visible=number < len(found)) for number in range(MOST)]
        texts = [told[number] if number < len(found) else "" for number in range(MOST)]
        head = gr.update(value=suggestion.head(label), visible=True)
        return [head, [one.text for one in found], gr.Timer(PAUSE, active=False), *rows, *texts]


def _chosen(number: int, held: list[str], prompt: str) -> str:
    return held[number] if number < len(held) else prompt
