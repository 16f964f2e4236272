"""The next wishes while one is drawn wait in the browser; each is sent, judged and counted when its turn comes.

The server holds none of them: what it takes at once is what it has always taken, one call after the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui import forms
from ui.html import waiting_wishes
from ui.placeholders import for_any_reader
from ui.web.labels import label


@dataclass(frozen=True)
class WishQueue:
    """Holds a button that adds the form to the list, and one that no person sees, which sends the first of the list."""

    add: gr.Button
    send: gr.Button

    @classmethod
    def build(cls) -> WishQueue:
        """Lays out the button and the list inside the open context."""
        add = gr.Button(label("queue.add"), variant="primary", visible=False, elem_id="sl-add")
        send = gr.Button(visible="hidden", elem_id="sl-send")
        return cls(add, send)

    @staticmethod
    def build_list() -> None:
        """Lays out the list inside the open context."""
        gr.HTML(waiting_wishes.queue(for_any_reader()), elem_id="sl-queue")

    def wire(self, fields: Mapping[str, Any]) -> None:
        """Lets the button put the values of the form on the list."""
        inputs = [fields[name] for name in forms.FIELDS]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.add.click(None, inputs, None, js=_call("add"), **quiet)

    @property
    def take(self) -> str:
        """Returns the script that puts the first of the list in the place of the form's values."""
        return _call("take")


def _call(what: str) -> str:
    return f"(...values) => window.safelightQueue.{what}({json.dumps(forms.FIELDS)}, values)"
