"""The style of a picture: a folded gallery to choose from, and the words that come of it beneath the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from safety.generation import EMBEDDED
from ui.html import style_gallery
from ui.placeholders import for_any_reader
from ui.texts import page_texts
from ui.web.labels import label
from ui.web.live_judgement import with_style

if TYPE_CHECKING:
    from studio import Studio


@dataclass(frozen=True)
class StylePicker:
    """Holds the field with the chosen style's name, which the gallery's buttons set, and the line of composed words."""

    studio: Studio
    field: gr.Textbox
    words: gr.HTML

    @classmethod
    def build(cls, studio: Studio) -> StylePicker:
        """Lays out the gallery inside the open context; nothing where the studio has no styles."""
        words = gr.HTML(visible=False, elem_id="sl-composed")
        shown = bool(studio.styles)
        gr.HTML(style_gallery.gallery(studio.styles, for_any_reader()), elem_id="sl-style-gallery", visible=shown)
        # Not `visible=False`, which leaves it out of the page: the gallery writes into it.
        field = gr.Textbox("", label=label("styles.head"), elem_id="sl-style", elem_classes="sl-carried")
        return cls(studio, field, words)

    def show(self, prompt: str, style: str, engine: str, language: str) -> Any:
        """Returns the update of the line of composed words; it is hidden without a style."""
        chosen = self.studio.styles.get(style)
        if chosen is None:
            return gr.update(value="", visible=False)
        texts, (composed, _) = page_texts(language), with_style(self.studio, prompt, "", style)
        followed = chosen.embedded or engine != EMBEDDED
        html = style_gallery.composed(composed, chosen.words, texts[f"style.{style}"], followed, texts)
        return gr.update(value=html, visible=True)
