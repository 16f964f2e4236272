"""The page: header, tabs, footer, and the endpoints for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.events import api as endpoint

from ui.html import frame, health_status
from ui.placeholders import for_any_reader, part
from ui.reach import Reach
from ui.texts import languages
from ui.web import cases_tab, create_tab, learn_tab, library_tab, lists_tab, verify_tab
from ui.web.admission import is_gone
from ui.web.api import Api
from ui.web.api_server import make_api
from ui.web.client_ip import client_ip
from ui.web.concurrency import CREATING, JUDGING, LISTING, SUGGESTING
from ui.web.gradio_start import applications_unmade
from ui.web.health_badge import HealthBadge
from ui.web.labels import label
from ui.web.person import person_of
from ui.web.picture_slot import hand_over
from ui.web.presence import Stop
from ui.web.ready_line import ReadyLine
from ui.web.server import launch

if TYPE_CHECKING:
    from studio import Studio

# How often copies of handed-over files are looked at, and how old they may become.
CACHE_SECONDS = (600, 3600)


def build(studio: Studio) -> gr.Blocks:
    """Returns the whole page around one studio. Nothing of a request is kept outside its session."""
    page = gr.Blocks(title="Safelight", analytics_enabled=False, fill_width=True, delete_cache=CACHE_SECONDS)
    badge, texts = HealthBadge(studio), for_any_reader()
    foot = frame.footer(texts, studio.policy_version, studio.policy_digest, studio.has_reviewers)
    with applications_unmade(), page:
        gr.HTML(frame.header(texts, languages()) + part(frame.NOTICE), elem_id="sl-header")
        light = gr.HTML(health_status.waiting(texts), elem_id="sl-light")
        ready = ReadyLine.build(studio)
        # Each handler has a queue of its own: none waits for a picture that is being drawn.
        unseen: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(badge.show, None, light, **unseen)
        page.load(ready.show, None, ready.parts, **unseen)
        with gr.Tabs(elem_id="sl-tabs") as tabs:
            with gr.Tab(label("create.tab"), id="create"):
                tab = create_tab.build(studio)
            with gr.Tab(label("lists.tab"), id="lists"):
                lists = lists_tab.build(studio, page, tab.fields.components)
                lists.wire_grids(tab.slots, tab.made, tabs)
            with gr.Tab(label("library.tab"), id="library"):
                library_tab.build(studio, tab.fields.components["engine"])
            with gr.Tab(label("verify.tab"), id="verify"):
                verify_tab.build(studio)
            with gr.Tab(label("cases.tab"), id="cases") as cases:
                cases_tab.build(studio, cases)
            with gr.Tab(label("learn.tab"), id="learn") as lessons:
                learn_tab.build(studio, lessons)
        gr.HTML(foot, elem_id="sl-footer")
        in_language = [tab.fields.components[name] for name in ("language", "mode", "engine")]
        tab.kept.restore(page.load(tab.greet, None, in_language, **unseen))
        _add_endpoints(Api(studio, hand_over, badge))
    return page


def _add_endpoints(api: Api) -> None:
    """Adds the endpoints for programs. Those with rate limits are wrapped, to get the caller's address."""

    def create(request: dict[str, Any], caller: gr.Request) -> dict[str, Any]:
        return api.create(request, client_ip(caller), Stop(is_gone(caller)), person_of(caller))

    def upscale(request: dict[str, Any], caller: gr.Request) -> dict[str, Any]:
        return api.upscale(request, client_ip(caller), Stop(is_gone(caller)), person_of(caller))

    def appeal(request: dict[str, Any], caller: gr.Request) -> dict[str, Any]:
        return api.appeal(request, client_ip(caller))

    def report(request: dict[str, Any], caller: gr.Request) -> dict[str, Any]:
        return api.report(request, client_ip(caller))

    def collect(case: str, caller: gr.Request) -> dict[str, Any]:
        return api.collect(case, client_ip(caller), person_of(caller))

    def outcome(case: str, caller: gr.Request) -> dict[str, Any]:
        return api.outcome(case, client_ip(caller), person_of(caller))

    endpoint(api.preview, api_name="preview", **JUDGING)
    endpoint(api.suggest, api_name="suggest", **SUGGESTING)
    endpoint(api.judge_list, api_name="judge_list", **LISTING)
    endpoint(api.health, api_name="health")
    documented = ((appeal, api.appeal), (report, api.report), (outcome, api.outcome), (collect, api.collect))
    for function, method in documented:
        function.__doc__ = method.__doc__
        endpoint(function, api_name=function.__name__)
    for making, method in ((create, api.create), (upscale, api.upscale)):
        making.__doc__ = method.__doc__
        endpoint(making, api_name=making.__name__, **CREATING)


def serve(studio: Studio, host: str, port: int, reach: Reach | None = None) -> None:
    """Serves the page and the API until the process is stopped.

    Without a key the API answers this machine alone, and nobody where others can reach the server.
    """
    reach = reach or Reach()
    studio, api = make_api(studio, host, reach)
    launch(build(studio), studio.review, host, port, reach=reach, api=api, studio=studio)
