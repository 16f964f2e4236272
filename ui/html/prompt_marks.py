"""Tells the page's own script which words of a prompt count, so that it marks them in the field. Imports no gradio."""

from __future__ import annotations

import json

from markupsafe import Markup

from ui.html.decision import highlights
from ui.results import Judged, Problem


def prompt_marks(result: Judged | Problem | None, typed: str) -> Markup:
    """Returns the prompt in pieces, each with its category or null, for assets/page/prompt.js; nothing if none counts.

    The pieces make up the prompt as typed, without the words of a style: the script marks nothing while the field holds
    other words.
    """
    if not isinstance(result, Judged):
        return Markup("")
    pieces = highlights(typed, result.decision, result.messages)
    if not any(label for _, label in pieces):
        return Markup("")
    return Markup('<span class="sl-pieces" hidden data-pieces="{}"></span>').format(json.dumps(pieces))
