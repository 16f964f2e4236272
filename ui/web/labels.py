"""Labels of Gradio's components: placeholders, since one page is built for readers of every language."""

from __future__ import annotations

from ui.placeholders import plain


def label(key: str, **names: object) -> str:
    """Returns what stands for a string of presets/locales/page/ in a component as it is laid out.

    What a handler returns is said in the person's language at once, by `page_texts`. Raises KeyError.
    """
    return plain(key, **names)
