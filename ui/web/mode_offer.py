"""A button for each mode that asks for less, beneath the judgement: a click chooses the mode, and it is judged anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.results import Judged, Problem

if TYPE_CHECKING:
    from studio import Studio


@dataclass(frozen=True)
class ModeOffer:
    """Holds a button for each mode, by its name, hidden until a judgement offers it."""

    buttons: Mapping[str, gr.Button]

    @classmethod
    def build(cls, studio: Studio) -> ModeOffer:
        """Lays out the buttons inside the open context."""
        with gr.Row(elem_id="sl-modes"):
            buttons = {
                name: gr.Button(mode.title, size="sm", visible=False, min_width=90, elem_id=f"sl-use-mode-{name}")
                for name, mode in studio.list_modes().items()
            }
        return cls(buttons)

    @property
    def parts(self) -> list[Any]:
        """Returns the components that `show` gives values for, in order."""
        return list(self.buttons.values())

    def wire(self, mode: gr.Radio) -> None:
        """Connects each button with the choice of the mode, whose change judges again."""
        for name, button in self.buttons.items():
            # In the browser alone: the server has nothing to say to it until it judges.
            button.click(None, None, [mode], js=f"() => {name!r}", api_visibility="private")

    def show(self, result: Judged | Problem | None) -> list[Any]:
        """Returns updates that show the buttons of the modes that a judgement offers, in its language."""
        if not isinstance(result, Judged):
            return [gr.update(visible=False) for _ in self.buttons]
        messages, offered = result.messages, result.messages.modes_to_offer(result.decision, result.prompt)
        label = messages.locale.page.use_mode
        return [
            gr.update(value=label.format(mode=messages.mode(name).title), visible=name in offered)
            for name in self.buttons
        ]
