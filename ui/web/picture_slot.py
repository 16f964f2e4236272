"""The place of one picture: shown as a file, or veiled, or withheld with its reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from engines.validation import FORMATS
from safety.generation import Export, PictureResult
from safety.messages.catalogue import Messages
from ui.html import picture
from ui.texts import page_texts
from ui.web.labels import label
from ui.web.next_steps import NextSteps

Updates = dict[Any, Any]
LASTS = 3600  # seconds that a session may choose another format
# Of a session: slot -> case and veiled file, and the text that stands under the picture once it is seen.
VeiledExports = dict[int, tuple[str, Export, str]]


@dataclass(frozen=True)
class PictureSlot:
    """Holds the components of one picture, and says what they show."""

    box: gr.Column
    image: gr.Image
    veil: gr.HTML
    text: gr.HTML
    download: gr.DownloadButton
    reveal: gr.Button
    next: NextSteps
    formats: gr.Radio
    reveals: gr.HTML
    # Case and export of the picture that is shown: kept at the server.
    finished: gr.State

    @classmethod
    def build(cls, number: int) -> PictureSlot:
        """Lays out the slot inside the open context, hidden until there is a picture for it."""
        with gr.Column(visible=False, min_width=260, elem_classes="sl-slot") as box:
            image = gr.Image(
                type="filepath",
                format="png",
                interactive=False,
                show_label=False,
                buttons=["fullscreen"],
                alt_text=label("picture.alt", number=number + 1),
                label=label("picture.title", number=number + 1),
            )
            veil = gr.HTML(visible=False)
            reveal = gr.Button(label("library.do_reveal"), visible=False)
            choices = [(name.upper().replace("WEBP", "WebP"), name) for name in FORMATS]
            formats = gr.Radio(choices, label=label("formats.title"), visible=False, elem_classes="sl-formats")
            download = gr.DownloadButton(label("library.do_download"), visible=False, elem_classes="sl-download")
            reveals = gr.HTML(visible=False, elem_classes="sl-file-reveals")
            next_steps = NextSteps.build()
            text = gr.HTML()
            finished = gr.State(None, time_to_live=LASTS)
        return cls(box, image, veil, text, download, reveal, next_steps, formats, reveals, finished)

    @property
    def parts(self) -> list[Any]:
        """Returns the components that the updates of this slot name."""
        main = [self.box, self.image, self.veil, self.text, self.download, self.reveal, *self.next.parts]
        return [*main, self.formats, self.reveals, self.finished]

    def clear(self) -> Updates:
        """Hides the slot and drops its picture."""
        return {self.box: gr.update(visible=False), self.image: gr.update(value=None), self.finished: None}

    def show(self, result: PictureResult, case: str, seed: int, messages: Messages, filled_in: str) -> Updates:
        """Shows a picture with its text. Its file is handed over only where it may be seen."""
        text = picture.picture(result, case, seed, messages, filled_in)
        updates = {self.box: gr.update(visible=True), self.text: text}
        if result.export is None or result.veiled:
            veil = picture.veil(result.export.path, result.decision, page_texts(messages.tag)) if result.export else ""
            return updates | {
                self.image: gr.update(value=None, visible=False),
                self.download: gr.update(value=None, visible=False),
                self.formats: gr.update(visible=False),
                self.reveals: gr.update(value="", visible=False),
                self.finished: None,
                self.veil: gr.update(value=veil, visible=result.veiled),
                self.reveal: gr.update(visible=result.veiled),
                **self.next.hide(),
            }
        return updates | self.unveil(case, result.export)

    def unveil(self, case: str, export: Export) -> Updates:
        """Shows the picture's own file in place of its veil."""
        copy = hand_over(export.path)
        return {
            self.image: gr.update(value=copy, visible=True),
            self.download: gr.update(value=copy, visible=True),
            self.formats: gr.update(value=export.path.suffix[1:].replace("jpg", "jpeg"), visible=True),
            self.finished: (case, export),
            self.veil: gr.update(value="", visible=False),
            self.reveal: gr.update(visible=False),
            **self.next.offer(export),
        }


def forget(names: Iterable[str]) -> None:
    """Deletes the copies of files that were deleted, by their names: each names the stamp of its picture."""
    for name in names:
        for copy in Path(get_upload_folder()).glob(f"*/{escape(name)}"):
            copy.unlink(missing_ok=True)


def hand_over(path: Path) -> str:
    """Copies a finished file, byte for byte, to the only folder that the page serves; returns the copy's path."""
    return str(save_file_to_cache(path, get_upload_folder()))
