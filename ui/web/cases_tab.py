"""The Cases tab: how a review went, by the id of the case; and the pictures that a reviewer let through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.html import appeal, decision
from ui.web import handlers
from ui.web.client_ip import caller
from ui.web.picture_slot import hand_over

if TYPE_CHECKING:
    from studio import Studio


Shown = Callable[..., tuple[Any, ...]]


def _handlers(studio: Studio) -> tuple[Shown, Shown]:
    def look(case: str | None, request: gr.Request) -> tuple[Any, ...]:
        """How the review of a case went."""
        try:
            answer = studio.house.desk.answer((case or "").strip().lower(), caller(request))
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return decision.problem(handlers.Problem(handlers.sentence(error))), gr.update(visible=False), gr.update()
        ready = answer.outcome == "overturned" and answer.stage == "picture" and answer.kind == "appeal"
        return appeal.answer(answer), gr.update(visible=ready), gr.update(value=None, visible=False)

    def collect(case: str | None) -> tuple[Any, ...]:
        try:
            exports = studio.collect((case or "").strip().lower())
            files = [hand_over(export.path) for export in exports]
        except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
            return decision.problem(handlers.Problem(handlers.sentence(error))), gr.update(), gr.update()
        return (
            decision.notice("Here it is, marked as made by AI."),
            gr.update(visible=False),
            gr.update(value=files, visible=True),
        )

    return look, collect


def build(studio: Studio) -> None:
    """Lays out the tab inside the open Blocks context and wires it."""

    look, collect = _handlers(studio)
    with gr.Column(elem_id="sl-cases"):
        gr.HTML(appeal.INTRO)
        case = gr.Textbox(label="Case", placeholder="12 letters and digits", max_length=40, elem_id="sl-case")
        button = gr.Button("Look up", elem_id="sl-look-up")
        answer = gr.HTML(elem_id="sl-case-answer")
        fetch = gr.Button("Collect your picture", variant="primary", visible=False, elem_id="sl-collect")
        files = gr.Files(label="Your pictures", visible=False, interactive=False, elem_id="sl-collected")
        if studio.house.roles.allowed:  # with this component in the page, Gradio sets up the login at Hugging Face
            gr.LoginButton("Reviewers: log in with Hugging Face", size="sm", elem_id="sl-reviewers")
    shown = [answer, fetch, files]
    hidden: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    gr.on([button.click, case.submit], look, [case], shown, api_name="look_up_here", **hidden)
    fetch.click(collect, [case], shown, show_progress="hidden", api_name="collect_here", api_visibility="private")
