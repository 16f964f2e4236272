"""The page: header, tabs, footer, and the server's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.events import api as endpoint
from markupsafe import Markup
from starlette.middleware import Middleware

from safety.resources import ASSETS
from ui.html import health_status
from ui.web import cases_tab, create_tab, verify_tab
from ui.web.api import Api
from ui.web.client_ip import client_ip, disable_proxy_headers, trusted_proxies
from ui.web.health_badge import HealthBadge
from ui.web.no_remote_fetch import BlockRemoteFetch, block_remote_fetch
from ui.web.picture_slot import hand_over
from ui.web.review_site import ReviewSite
from ui.web.theme import make_theme

if TYPE_CHECKING:
    from safety.review.service import ReviewService
    from studio import Studio

MAX_UPLOAD = "64mb"
# Calls that wait, of all sorts together: room for 200 browsers at once, each with a picture and one more call. A call
# that waits holds its words and a few kilobytes. One client can fill the queue, but what is over its limits
# (limits.toml) is answered at once and leaves. Past this number, Gradio says that the queue is full.
MAX_WAITING = 400
CONCURRENCY = 4  # calls of one endpoint at once, where it says nothing else
# How often copies of handed-over files are looked at, and how old they may become.
CACHE_SECONDS = (600, 3600)


def build(studio: Studio) -> gr.Blocks:
    """Returns the whole page around one studio. Nothing of a request is kept outside its session."""
    page = gr.Blocks(title="Safelight", analytics_enabled=False, fill_width=True, delete_cache=CACHE_SECONDS)
    badge = HealthBadge(studio)
    with page:
        gr.HTML(_header(), elem_id="sl-header")
        light = gr.HTML(health_status.WAITING, elem_id="sl-light")
        # Not queued: it must not wait for a picture that is being drawn.
        unqueued: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        page.load(badge.show, None, light, **unqueued)
        with gr.Tabs(elem_id="sl-tabs"):
            with gr.Tab("Create", id="create"):
                tab = create_tab.build(studio)
            with gr.Tab("Verify", id="verify"):
                verify_tab.build(studio)
            with gr.Tab("Cases", id="cases"):
                cases_tab.build(studio)
        gr.HTML(_footer(studio), elem_id="sl-footer")
        in_language = [tab.fields.components["language"], tab.fields.components["mode"]]
        page.load(tab.greet, None, in_language, **unqueued)
        _add_endpoints(Api(studio, hand_over, badge))
    return page


def _add_endpoints(api: Api) -> None:
    """Adds the endpoints for programs. Those with rate limits are wrapped, to get the caller's address."""

    def create(request: dict[str, Any], caller: gr.Request) -> dict[str, Any]:
        return api.create(request, client_ip(caller))

    def appeal(request: dict[str, Any], caller: gr.Request) -> dict[str, Any]:
        return api.appeal(request, client_ip(caller))

    def report(request: dict[str, Any], caller: gr.Request) -> dict[str, Any]:
        return api.report(request, client_ip(caller))

    def outcome(case: str, caller: gr.Request) -> dict[str, Any]:
        return api.outcome(case, client_ip(caller))

    endpoint(api.preview, api_name="preview", queue=False)
    endpoint(api.suggest, api_name="suggest", concurrency_limit=2)
    endpoint(api.health, api_name="health", queue=False)
    for function, documented in ((appeal, api.appeal), (report, api.report), (outcome, api.outcome)):
        function.__doc__ = documented.__doc__
        endpoint(function, api_name=function.__name__, queue=False)
    create.__doc__ = api.create.__doc__
    endpoint(create, api_name="create", concurrency_limit=create_tab.MAX_AT_ONCE, concurrency_id="create")
    endpoint(api.collect, api_name="collect")


def launch(page: gr.Blocks, review: ReviewService, host: str, port: int | None, wait: bool = True) -> None:
    """Starts the server, the reviewers' pages before Gradio's. `wait` keeps the calling thread until it is stopped."""
    block_remote_fetch()
    disable_proxy_headers()
    review_site = Middleware(ReviewSite, review=review)
    middleware = [Middleware(BlockRemoteFetch), *trusted_proxies(review.proxies), review_site]
    page.queue(default_concurrency_limit=CONCURRENCY, max_size=MAX_WAITING).launch(
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
        theme=make_theme(),
        css_paths=ASSETS / "app.css",
    )


def serve(studio: Studio, host: str, port: int) -> None:
    """Serves the page until the process is stopped."""
    launch(build(studio), studio.review, host, port)


def _header() -> Markup:
    logo = Markup((ASSETS / "logo.svg").read_text("utf-8"))
    return Markup(
        '<header class="sl-top">{}<div><h1>Safelight</h1><p>Pictures from words, with the safety in plain sight.</p>'
        "</div></header>"
    ).format(logo)


def _footer(studio: Studio) -> Markup:
    # In a tab of its own: a Space shows the studio in a frame, and the reviewers' pages refuse frames.
    link = Markup(' &middot; <a href="review" target="_blank" rel="noopener">For reviewers</a>')
    return Markup(
        "<footer><p>Judged, made and marked on this studio&rsquo;s own machine. Every picture says that AI made it.</p>"
        '<p>Policy {} <code>{}</code> &middot; <a href="gradio_api/info">For programs</a>{}</p></footer>'
    ).format(studio.policy_version, studio.policy_digest[:8], link if studio.has_reviewers else "")
