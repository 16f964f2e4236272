"""The Verify tab: a file goes in untouched, and what each layer of marks says comes out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from ui import flow, present_verify

if TYPE_CHECKING:
    from studio import Studio


def build(studio: Studio) -> None:
    """Lays out the tab inside the open Blocks context and wires it."""

    def read(path: str | None) -> str:
        return present_verify.report(flow.verify(studio, Path(path)) if path else None)

    with gr.Row(elem_id="sl-verify", equal_height=False):
        with gr.Column(scale=4, min_width=320):
            gr.HTML(present_verify.INTRO)
            # gr.File hands over the bytes as they are; gr.Image would decode and write them anew.
            file = gr.File(label="A picture file: PNG, JPEG or WebP", type="filepath", elem_id="sl-file", height=170)
        with gr.Column(scale=7, min_width=320):
            report = gr.HTML(present_verify.report(None), elem_id="sl-report")
    file.change(read, [file], [report], queue=False, show_progress="minimal", api_visibility="private")
