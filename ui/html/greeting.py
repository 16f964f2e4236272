"""Prompts to click while the field is empty, and what greets the first visit. Imports no gradio.

The buttons are known to assets/page/honest.js, which writes their `data-prompt` into the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from ui.html.markup import joined
from ui.texts import Texts

if TYPE_CHECKING:
    from studio.examples import Example


def chips(examples: Sequence[Example], texts: Texts) -> Markup:
    """Returns the prompts as buttons: those that can be drawn first, then those that show what is asked or refused."""
    drawn = [example for example in examples if example.verdict == "allowed"]
    taught = [example for example in examples if example.verdict != "allowed"]
    return _row(texts["examples.head"], drawn, "") + _row(texts["examples.teaching"], taught, " sl-teaching")


def _row(title: str, examples: Sequence[Example], kind: str) -> Markup:
    if not examples:
        return Markup("")
    buttons = (
        Markup('<button type="button" class="sl-example{}" data-prompt="{}">{}</button>').format(
            kind, example.prompt, example.prompt
        )
        for example in examples
    )
    return Markup('<div class="sl-examples" role="group" aria-label="{}"><span>{}</span>{}</div>').format(
        title, title, joined(buttons)
    )


def first_visit(texts: Texts) -> Markup:
    """Returns what stands in the place of a picture before the first one: a sample, and what the studio does."""
    return Markup(
        '<div class="sl-empty sl-greeting"><figure>'
        '<img src="style-pictures/sample.webp" alt="{}" width="512" height="512">'
        "<figcaption>{}</figcaption></figure><p>{}</p></div>"
    ).format(texts["greeting.alt"], texts["greeting.caption"], texts["greeting.does"])
