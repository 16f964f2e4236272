"""The Cases tab: how a review went, by the id of the case; and the pictures that a reviewer let through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.html import appeal, own_browser
from ui.html.markup import notice, problem
from ui.placeholders import for_any_reader
from ui.results import Problem, attempt
from ui.texts import page_texts
from ui.web.client_ip import client_ip
from ui.web.labels import label
from ui.web.person import person_of
from ui.web.picture_slot import hand_over
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio

Update = tuple[Any, ...]  # of the answer, the button that collects, and the files


def build(studio: Studio, tab: gr.Tab) -> None:
    """Lays out the tab inside the open Blocks context and wires it."""

    def look_up(case: str | None, request: gr.Request) -> Update:
        return _look_up(studio, _case_id(case), request)

    def told(request: gr.Request) -> Any:
        removed = attempt(studio.review.notices.removed, person_of(request))
        count = 0 if isinstance(removed, Problem) else len(removed)
        return appeal.removed(count, page_texts(page_language(request)))

    def collect(case: str | None, request: gr.Request) -> Update:
        return _collect(studio, _case_id(case), request)

    texts = for_any_reader()
    with gr.Column(elem_id="sl-cases"):
        gr.HTML(appeal.intro(texts))
        removed = gr.HTML(elem_id="sl-removed")
        gr.HTML(own_browser.my_cases(texts), elem_id="sl-mine")
        case = gr.Textbox(
            label=label("cases.case"), placeholder=label("cases.placeholder"), max_length=40, elem_id="sl-case"
        )
        button = gr.Button(label("cases.look_up"), elem_id="sl-look-up")
        answer = gr.HTML(elem_id="sl-case-answer")
        fetch = gr.Button(label("cases.collect"), variant="primary", visible=False, elem_id="sl-collect")
        files = gr.Files(label=label("cases.pictures"), visible=False, interactive=False, elem_id="sl-collected")
        # With this component in the page, Gradio sets up the login at Hugging Face.
        if studio.has_hub_reviewers:
            # Its text is said again by Gradio itself with every page, in the one language that it was given.
            gr.LoginButton(page_texts()["cases.log_in"], size="sm", elem_id="sl-reviewers")
    outputs = [answer, fetch, files]
    unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    tab.select(told, None, removed, **unseen)
    gr.on([button.click, case.submit], look_up, [case], outputs, api_name="look_up_here", **unseen)
    fetch.click(collect, [case], outputs, show_progress="hidden", api_name="collect_here", api_visibility="private")


def _case_id(text: str | None) -> str:
    return (text or "").strip().lower()


def _look_up(studio: Studio, case: str, request: gr.Request) -> Update:
    language, client, person = page_language(request), client_ip(request), person_of(request)
    status = attempt(studio.appeal_status, case, client, person)
    if isinstance(status, Problem):
        return problem(status, language), gr.update(visible=False), gr.update()
    ready = status.outcome == "overturned" and status.stage == "picture" and status.kind == "appeal"
    return appeal.status(status, page_texts(language)), gr.update(visible=ready), gr.update(value=None, visible=False)


def _collect(studio: Studio, case: str, request: gr.Request) -> Update:
    language, client, person = page_language(request), client_ip(request), person_of(request)
    files = attempt(lambda: [hand_over(export.path) for export in studio.collect(case, client, person)])
    if isinstance(files, Problem):
        return problem(files, language), gr.update(), gr.update()
    answer = notice(page_texts(language)["cases.here"])
    return answer, gr.update(visible=False), gr.update(value=files, visible=True)
