"""Markdown of lessons as HTML: CommonMark without raw HTML and without foreign addresses. Imports no gradio."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])


def markdown(text: str) -> Markup:
    """Returns blocks of HTML; what looks like a tag stands as text."""
    return Markup(_parser().render(text))


def inline(text: str) -> Markup:
    """Returns one line of HTML, without a paragraph around it."""
    return Markup(_parser().renderInline(text))
