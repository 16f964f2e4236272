"""Labels of Gradio's components: the browser chooses their language, so that one page serves every reader."""

from __future__ import annotations

import gradio as gr
from gradio.i18n import I18nData

from ui.texts import ENGLISH, all_texts


def label(key: str) -> I18nData:
    """Returns what stands for a string of presets/locales/page/ in a component. Raises KeyError for an unknown key."""
    all_texts()[ENGLISH][key]  # a misspelt key fails here, and not before a reader
    return I18nData(key)


def translations() -> gr.I18n:
    """Returns every language's strings as Gradio sends them to the browser."""
    return gr.I18n(**{tag: dict(texts.strings) for tag, texts in all_texts().items()})
