"""The format of a download, and what its file reveals: chosen under a finished picture."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import gradio as gr

from safety.generation import Export
from ui.html.markup import problem
from ui.html.verification import disclosures
from ui.results import Problem, attempt
from ui.texts import ENGLISH, page_texts
from ui.web.client_ip import client_ip
from ui.web.picture_slot import PictureSlot, hand_over
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio


def wire(studio: Studio, slot: PictureSlot) -> None:
    """Connects the choice with the download button and the list beside it."""

    # No partial: Gradio finds the request by the hints of a function's own parameters.
    def chosen(finished: Any, format: str | None, request: gr.Request) -> tuple[Any, Any]:
        return choose(studio, finished, format, client_ip(request), page_language(request))

    gr.on(
        [slot.image.change, slot.formats.input],
        chosen,
        [slot.finished, slot.formats],
        [slot.download, slot.reveals],
        show_progress="hidden",
        api_visibility="private",
    )


def choose(
    studio: Studio, finished: tuple[str, Export] | None, format: str | None, client: str, language: str = ENGLISH
) -> tuple[Any, Any]:
    """Hands over the session's finished picture in a format, and lists what that file reveals."""
    if not finished or not format:
        return gr.update(), gr.update(value="", visible=False)
    done = attempt(_made, studio, *finished, format, client, language)
    if isinstance(done, Problem):
        return gr.update(), gr.update(value=problem(done, language), visible=True)
    address, listed = done
    return gr.update(value=address), gr.update(value=listed, visible=True)


def _made(studio: Studio, case: str, export: Export, format: str, client: str, language: str) -> tuple[str, str]:
    with TemporaryDirectory() as folder:
        made = studio.in_format(case, export, format, Path(folder), client)
        return hand_over(made.path), disclosures(studio.reveals(made), page_texts(language))
