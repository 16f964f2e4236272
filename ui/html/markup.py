"""Small pieces of HTML that every part of the page uses. Imports no gradio.

Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup

from ui.results import Problem
from ui.sentences import in_language
from ui.texts import ENGLISH, page_texts

if TYPE_CHECKING:
    from PIL.Image import Image


def joined(parts: Iterable[Markup]) -> Markup:
    """Returns the parts one after the other."""
    return Markup("").join(parts)


def problem(problem: Problem, language: str = ENGLISH) -> Markup:
    """Returns what went wrong, as an alert."""
    said = page_texts(language)["page.problem"]
    sentence = in_language(problem.sentence, language)
    return Markup('<div class="sl-problem" role="alert"><b>{}</b> {}</div>').format(said, sentence)


def about(words: str, content: Markup, case: str = "", has_review: bool = False) -> Markup:
    """Returns what is said about the words of this checksum, so that the page can tell when they are earlier ones.

    `case`: the id of a case that a person may look at again, or has been asked to (`has_review`).
    """
    return Markup('<div class="sl-about" data-words="{}" data-case="{}"{}>{}</div>').format(
        words, case, Markup(" data-review") if has_review else "", content
    )


def notice(text: str) -> Markup:
    """Returns a line of plain text."""
    return Markup('<p class="sl-notice">{}</p>').format(text)


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Returns a list of names and values."""
    rows = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in pairs)
    return Markup('<dl class="sl-facts">{}</dl>').format(joined(rows))


def jpeg_address(image: Image, quality: int) -> str:
    """Returns an RGB image as the address of a JPEG; nothing is written to disk."""
    memory = io.BytesIO()
    image.save(memory, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(memory.getvalue()).decode()
