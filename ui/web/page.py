"""The page: header, tabs, footer, and the server's settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.events import api as endpoint
from markupsafe import Markup
from starlette.middleware import Middleware

from ui.web import cases_tab, create_tab, verify_tab
from ui.web.api import Api
from ui.web.client_ip import caller, disable_proxy_headers, trusted_proxies
from ui.web.health_badge import WAITING, HealthBadge
from ui.web.no_remote_fetch import BlockRemoteFetch, block_remote_fetch
from ui.web.picture_slot import hand_over
from ui.web.review_site import ReviewPages
from ui.web.theme import theme

if TYPE_CHECKING:
    from safety.review.service import ReviewService
    from studio import Studio

ASSETS = Path(__file__).resolve().parents[2] / "assets"
MAX_UPLOAD = "64mb"
# Calls that wait, of all sorts together: room for 200 browsers at once, each with a picture and one more call. A call
# that waits holds its words and a few kilobytes. One client can fill the queue, but what is over its limits
# (limits.toml) is answered at once and leaves. Past this number, Gradio says that the queue is full.
MOST_WAITING = 400
CACHE_SECONDS = (600, 3600)  # how often copies of handed-over files are looked at, and how old they may become


def build(studio: Studio) -> gr.Blocks:
    """The whole page around one studio. Nothing of a request is kept outside its session."""
    page = gr.Blocks(title="Safelight", analytics_enabled=False, fill_width=True, delete_cache=CACHE_SECONDS)
    with page:
        gr.HTML(_header(), elem_id="sl-header")
        light, lamp = gr.HTML(WAITING, elem_id="sl-light"), HealthBadge(studio)
        # Not queued: it must not wait for a picture that is being drawn.
        page.load(lamp.show, None, light, queue=False, show_progress="hidden", api_visibility="private")
        with gr.Tabs(elem_id="sl-tabs"):
            with gr.Tab("Create", id="create"):
                tab = create_tab.build(studio)
            with gr.Tab("Verify", id="verify"):
                verify_tab.build(studio)
            with gr.Tab("Cases", id="cases"):
                cases_tab.build(studio)
        gr.HTML(_footer(studio), elem_id="sl-footer")
        spoken = [tab.fields.of["language"], tab.fields.of["mode"]]
        page.load(tab.greet, None, spoken, queue=False, show_progress="hidden", api_visibility="private")
        api = Api(studio, hand_over, lamp)
        endpoint(api.preview, api_name="preview", queue=False)
        endpoint(api.suggest, api_name="suggest", concurrency_limit=2)
        endpoint(api.health, api_name="health", queue=False)
        _endpoints(api)
    return page


def _endpoints(api: Api) -> None:
    """Those whose work is limited by who calls."""

    def create(request: dict[str, Any], by: gr.Request) -> dict[str, Any]:
        return api.create(request, caller(by))

    def appeal(request: dict[str, Any], by: gr.Request) -> dict[str, Any]:
        return api.appeal(request, caller(by))

    def report(request: dict[str, Any], by: gr.Request) -> dict[str, Any]:
        return api.report(request, caller(by))

    def outcome(case: str, by: gr.Request) -> dict[str, Any]:
        return api.outcome(case, caller(by))

    for function, described in ((appeal, api.appeal), (report, api.report), (outcome, api.outcome)):
        function.__doc__ = described.__doc__
        endpoint(function, api_name=function.__name__, queue=False)
    create.__doc__ = api.create.__doc__
    endpoint(create, api_name="create", concurrency_limit=create_tab.AT_ONCE, concurrency_id="create")
    endpoint(api.collect, api_name="collect")


def launch(page: gr.Blocks, house: ReviewService, host: str, port: int | None, wait: bool = True) -> None:
    """Starts the server. `wait` keeps the calling thread until it is stopped."""
    block_remote_fetch()
    disable_proxy_headers()
    middleware = [Middleware(BlockRemoteFetch), *trusted_proxies(house.proxies), Middleware(ReviewPages, house=house)]
    page.queue(default_concurrency_limit=4, max_size=MOST_WAITING).launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=not wait,
        quiet=True,
        share=False,
        show_error=False,
        run_history=False,
        enable_monitoring=False,
        strict_cors=True,
        allowed_paths=[],
        max_file_size=MAX_UPLOAD,
        footer_links=[],
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        app_kwargs={"middleware": middleware},
        favicon_path=ASSETS / "logo.svg",
        theme=theme(),
        css_paths=ASSETS / "app.css",
    )


def serve(studio: Studio, host: str, port: int) -> None:
    """Serves the page until the process is stopped."""
    launch(build(studio), studio.house, host, port)


def _header() -> Markup:
    logo = Markup((ASSETS / "logo.svg").read_text("utf-8"))
    return Markup(
        '<header class="sl-top">{}<div><h1>Safelight</h1><p>Pictures from words, with the safety in plain sight.</p>'
        "</div></header>"
    ).format(logo)


def _footer(studio: Studio) -> Markup:
    policy = studio.policy
    # In a tab of its own: a Space shows the studio in a frame, and the reviewers' pages refuse frames.
    desk = (
        Markup(' &middot; <a href="review" target="_blank" rel="noopener">For reviewers</a>')
        if studio.house.roles.open
        else ""
    )
    return Markup(
        "<footer><p>Judged, made and marked on this studio&rsquo;s own machine. Every picture says that AI made it.</p>"
        '<p>Policy {} <code>{}</code> &middot; <a href="gradio_api/info">For programs</a>{}</p></footer>'
    ).format(policy.version, policy.digest[:8], desk)
