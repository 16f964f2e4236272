"""Words and settings survive a reload: the browser keeps them for as long as the tab is open, and sends them nowhere.

The calls here run in the browser alone (assets/page/honest.js); no value passes through the server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

# What a person must say anew each time, and what the server keeps itself.
NEVER_KEPT = ("acknowledged", "warning")


@dataclass(frozen=True)
class KeptForm:
    """Connects the fields of a form, by name, with the tab's storage. `apply` fills the form in from there."""

    fields: Mapping[str, Any]
    apply: gr.Button

    @classmethod
    def build(cls, fields: Mapping[str, Any]) -> KeptForm:
        """Adds a button that no person sees to the open context."""
        kept = {name: field for name, field in fields.items() if name not in NEVER_KEPT}
        return cls(kept, gr.Button(visible="hidden", elem_id="sl-apply"))

    def wire(self, sending: Any, engine_followed: Any) -> None:
        """Keeps every change, and what is sent by the event `sending`; fills in on `apply`.

        `engine_followed` is the event after which the settings of a new engine have its default values.
        """
        names, fields = list(self.fields), list(self.fields.values())
        self._call(gr.on, [field.change for field in fields], names, "keep")
        self._call(sending, None, names, "sent")
        self._call(self.apply.click, None, names, "kept", fill=True)
        self._call(engine_followed.then, None, [name for name in names if name != "engine"], "followed", fill=True)

    def restore(self, greeted: Any) -> None:
        """Fills the form in once the event `greeted`, a page's first, has chosen the reader's language."""
        self._call(greeted.then, None, list(self.fields), "kept", fill=True)

    def _call(self, event: Any, triggers: Any, names: list[str], what: str, fill: bool = False) -> None:
        fields = [self.fields[name] for name in names]
        js = f"(...values) => window.safelight.{what}({json.dumps(names)}, values)"
        first = [] if triggers is None else [triggers]
        event(*first, None, fields, fields if fill else None, js=js, show_progress="hidden", api_visibility="private")
