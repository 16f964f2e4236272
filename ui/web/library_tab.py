"""The Library tab: what a person has made, and a place to drop any picture to get its settings back."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.html import found, library_cards
from ui.placeholders import for_any_reader
from ui.results import Problem, attempt
from ui.texts import page_texts
from ui.web.client_ip import client_ip
from ui.web.concurrency import VERIFYING
from ui.web.fill_form import fitting
from ui.web.labels import label
from ui.web.person import person_of
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio

LASTS = 3600  # seconds that settings found in a file are kept
FILL = "(values) => window.slFill(JSON.parse(values || '{}'))"
CHOSEN = "(stamp, engine) => [window.slLibraryStamp || '', engine]"


def build(studio: Studio, engine: gr.Dropdown) -> None:
    """Lays out the tab inside the open Blocks context and wires it. `engine` is the form's choice of a model."""

    def use(stamp: str | None, chosen: str, request: gr.Request) -> str:
        """Returns what the form is to hold for a picture in the library."""
        entry = attempt(studio.library.entry, person_of(request), str(stamp or ""))
        return "" if isinstance(entry, Problem) else json.dumps(fitting(studio, studio.library.wish(entry), chosen))

    def read(path: str | None, request: gr.Request) -> tuple[Any, ...]:
        """Shows what a dropped picture says it was made with. Nothing of the file is kept."""
        texts = page_texts(page_language(request))
        if not path:
            return library_cards.hint(texts), {}, gr.update(visible=False), None
        result = attempt(studio.found_settings, Path(path), client_ip(request), person_of(request))
        with suppress(OSError):
            Path(path).unlink(missing_ok=True)
        values = {} if isinstance(result, Problem) else dict(result.values)
        return found.report(result, texts), values, gr.update(visible=bool(values)), None

    def take_over(values: dict[str, Any] | None, chosen: str) -> str:
        return json.dumps(fitting(studio, values or {}, chosen))

    with gr.Column(elem_id="sl-library"):
        with gr.Row(elem_id="sl-lib-drop"):
            # gr.File hands over the bytes as they are; gr.Image would decode and write them anew.
            drop = gr.File(label=label("library.drop"), type="filepath", elem_id="sl-lib-file", height=96)
            with gr.Column(min_width=280):
                report = gr.HTML(library_cards.hint(for_any_reader()), elem_id="sl-lib-found")
                take = gr.Button(label("library.do_use"), visible=False, elem_id="sl-lib-take")
        gr.HTML(library_cards.FRAME)
        settings = gr.State({}, time_to_live=LASTS)
        # What no person sees: the picture whose settings are wanted, and what the form is to hold.
        stamp, wish = gr.Textbox(visible="hidden"), gr.Textbox(visible="hidden")
        press = gr.Button(visible="hidden", elem_id="sl-library-use")
        # With this component in the page, Gradio sets up the login at Hugging Face.
        if studio.review.hub_login:
            gr.LoginButton(page_texts()["library.log_in"], size="sm", elem_id="sl-lib-login")
    unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    used = press.click(use, [stamp, engine], [wish], js=CHOSEN, api_name="library_use", **unseen)
    taken = take.click(take_over, [settings, engine], [wish], api_name="library_take", **unseen)
    for event in (used, taken):
        event.then(None, [wish], None, js=FILL, **unseen)
    drop.upload(read, [drop], [report, settings, take, drop], api_name="library_read", **unseen, **VERIFYING)
