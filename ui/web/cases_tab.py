"""The Cases tab: how a review went, by the id of the case; and the pictures that a reviewer let through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.html import appeal, own_browser
from ui.html.markup import notice, problem
from ui.results import Problem, attempt
from ui.web.client_ip import client_ip
from ui.web.person import person_of
from ui.web.picture_slot import hand_over

if TYPE_CHECKING:
    from studio import Studio

Update = tuple[Any, ...]  # of the answer, the button that collects, and the files


def build(studio: Studio) -> None:
    """Lays out the tab inside the open Blocks context and wires it."""

    def look_up(case: str | None, request: gr.Request) -> Update:
        return _look_up(studio, _case_id(case), client_ip(request))

    def collect(case: str | None, request: gr.Request) -> Update:
        return _collect(studio, _case_id(case), client_ip(request), person_of(request))

    with gr.Column(elem_id="sl-cases"):
        gr.HTML(appeal.INTRO)
        gr.HTML(own_browser.my_cases(), elem_id="sl-mine")
        case = gr.Textbox(label="Case", placeholder="12 letters and digits", max_length=40, elem_id="sl-case")
        button = gr.Button("Look up", elem_id="sl-look-up")
        answer = gr.HTML(elem_id="sl-case-answer")
        fetch = gr.Button("Collect your picture", variant="primary", visible=False, elem_id="sl-collect")
        files = gr.Files(label="Your pictures", visible=False, interactive=False, elem_id="sl-collected")
        # With this component in the page, Gradio sets up the login at Hugging Face.
        if studio.has_hub_reviewers:
            gr.LoginButton("Reviewers: log in with Hugging Face", size="sm", elem_id="sl-reviewers")
    outputs = [answer, fetch, files]
    unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    gr.on([button.click, case.submit], look_up, [case], outputs, api_name="look_up_here", **unseen)
    fetch.click(collect, [case], outputs, show_progress="hidden", api_name="collect_here", api_visibility="private")


def _case_id(text: str | None) -> str:
    return (text or "").strip().lower()


def _look_up(studio: Studio, case: str, client: str) -> Update:
    status = attempt(studio.appeal_status, case, client)
    if isinstance(status, Problem):
        return problem(status), gr.update(visible=False), gr.update()
    ready = status.outcome == "overturned" and status.stage == "picture" and status.kind == "appeal"
    return appeal.status(status), gr.update(visible=ready), gr.update(value=None, visible=False)


def _collect(studio: Studio, case: str, client: str, person: str) -> Update:
    files = attempt(lambda: [hand_over(export.path) for export in studio.collect(case, client, person)])
    if isinstance(files, Problem):
        return problem(files), gr.update(), gr.update()
    answer = notice("Here it is, marked as made by AI.")
    return answer, gr.update(visible=False), gr.update(value=files, visible=True)
