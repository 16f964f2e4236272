"""The Verify tab: a file goes in untouched, and what each layer of marks says comes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from safety.files.containers import READABLE
from ui.html import verification
from ui.html.judged_picture import judged_picture
from ui.placeholders import for_any_reader
from ui.results import Problem
from ui.web import handlers
from ui.web.client_ip import client_ip
from ui.web.concurrency import VERIFYING
from ui.web.labels import label
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio


def build(studio: Studio) -> None:
    """Lays out the tab inside the open Blocks context and wires it."""

    def read(path: str | None, request: gr.Request) -> tuple[str, Any]:
        result = handlers.verify(studio, Path(path), client_ip(request)) if path else None
        row = {"error": result.sentence} if isinstance(result, Problem) else result
        language = page_language(request)
        judged = judged_picture(Path(path), result, language) if path and isinstance(result, dict) else ""
        return judged + verification.report(result, language), row

    texts = for_any_reader()
    with gr.Row(elem_id="sl-verify", equal_height=False):
        with gr.Column(elem_id="sl-upload", scale=4, min_width=320):
            gr.HTML(verification.intro(texts))
            # gr.File hands over the bytes as they are; gr.Image would decode and write them anew.
            file = gr.File(label=label("verify.file", kinds=READABLE), type="filepath", elem_id="sl-file", height=180)
            gr.HTML(verification.depicted(texts))
        with gr.Column(elem_id="sl-findings", scale=7, min_width=320):
            report = gr.HTML(verification.empty(texts), elem_id="sl-report")
            with gr.Accordion(label("verify.json"), open=False, elem_id="sl-json"):
                row = gr.JSON(show_label=False, label=label("verify.tab"), max_height=420)
    file.change(read, [file], [report, row], api_name="verify", show_progress="hidden", **VERIFYING)
