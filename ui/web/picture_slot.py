"""The place of one picture: shown as a file, or veiled, or withheld with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from safety.generation import Delivered, Export, PictureResult
from safety.messages.catalogue import Messages
from ui.html import picture

Updates = dict[Any, Any]
VeiledExports = dict[int, tuple[str, Export]]  # per session: slot -> case and veiled file


@dataclass(frozen=True)
class PictureSlot:
    """The components of one picture, and what they show."""

    box: gr.Column
    image: gr.Image
    veil: gr.HTML
    text: gr.HTML
    download: gr.DownloadButton
    reveal: gr.Button

    @classmethod
    def build(cls, number: int) -> PictureSlot:
        """Hidden until there is a picture for it."""
        with gr.Column(visible=False, min_width=260, elem_classes="sl-slot") as box:
            image = gr.Image(
                type="filepath",
                format="png",
                interactive=False,
                show_label=False,
                buttons=["fullscreen"],
                alt_text=f"Picture {number + 1}, made by AI",
                label=f"Picture {number + 1}",
            )
            veil = gr.HTML(visible=False)
            reveal = gr.Button("Reveal the picture", visible=False)
            download = gr.DownloadButton("Download", visible=False, elem_classes="sl-download")
            text = gr.HTML()
        return cls(box, image, veil, text, download, reveal)

    @property
    def parts(self) -> list[Any]:
        return [self.box, self.image, self.veil, self.text, self.download, self.reveal]

    def empty(self) -> Updates:
        return {self.box: hidden(), self.image: gr.update(value=None)}

    def show(self, made: PictureResult, case: str, seed: int, words: Messages, filled: str) -> Updates:
        """The file is handed over only where it may be seen."""
        text = picture.picture(made, case, seed, words, filled)
        updates = {self.box: gr.update(visible=True), self.text: text}
        if made.export is None or made.veiled:
            veil = picture.veil(made.export.path, made.decision) if made.export else ""
            return updates | {
                self.image: gr.update(value=None, visible=False),
                self.download: gr.update(value=None, visible=False),
                self.veil: gr.update(value=veil, visible=made.veiled),
                self.reveal: gr.update(visible=made.veiled),
            }
        return updates | self.unveil(made.export)

    def unveil(self, export: Export) -> Updates:
        copy = hand_over(export.path)
        return {
            self.image: gr.update(value=copy, visible=True),
            self.download: gr.update(value=copy, visible=True),
            self.veil: gr.update(value="", visible=False),
            self.reveal: hidden(),
        }


def hand_over(path: Path) -> str:
    """Copies a finished file, byte for byte, to the only folder that the page serves."""
    return str(save_file_to_cache(path, get_upload_folder()))


def veiled(outcome: Delivered) -> VeiledExports:
    """The files that wait for the person's word."""
    return {n: (outcome.case, made.export) for n, made in enumerate(outcome.made) if made.export and made.veiled}


def hidden() -> Any:
    return gr.update(visible=False)
