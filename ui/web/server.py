"""Starts the server: what stands before Gradio, outermost first, and the settings that Gradio itself is given."""

from __future__ import annotations

import gc
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from fastapi import FastAPI
from gradio.utils import get_upload_folder
from markupsafe import Markup
from starlette.middleware import Middleware

from safety.resources import ASSETS
from safety.review.service import ReviewService
from ui.html.first_notice import first_notice
from ui.html.frame import NOTICE
from ui.http.application import InFront
from ui.learn.panel import Memory
from ui.reach import Reach
from ui.web.admission import Admission
from ui.web.annotation_site import AnnotationSite
from ui.web.api_server import cross_origin, is_alone
from ui.web.class_site import ClassSite
from ui.web.client_ip import disable_proxy_headers, trusted_proxies
from ui.web.concurrency import MAX_WAITING, OTHERS
from ui.web.connections import bound_connections
from ui.web.feedback_site import FeedbackSite
from ui.web.gradio_start import applications_unmade
from ui.web.headers import SecurityHeaders
from ui.web.learn_site import LearnSite
from ui.web.library_site import LibrarySite
from ui.web.live_judgement import LiveJudgement
from ui.web.log_privacy import keep_words_out_of_logs
from ui.web.no_remote_fetch import BlockRemoteFetch, block_remote_fetch
from ui.web.notice_site import NoticeSite
from ui.web.open_routes import OpenRoutes
from ui.web.origins import Origins
from ui.web.person import Persons
from ui.web.plain_errors import PlainErrors
from ui.web.presence import Presence
from ui.web.public_site import PublicSite
from ui.web.reader import InLanguage
from ui.web.removed_files import RemovedFiles, delete_copies
from ui.web.review_site import ReviewSite
from ui.web.sessions import MOST_OF_ALL
from ui.web.theme import make_theme
from ui.web.uploads import Ledger, UploadQuota

if TYPE_CHECKING:
    from studio import Studio

SWITCH_INTERVAL = 0.001  # seconds


def launch(
    page: gr.Blocks,
    review: ReviewService,
    host: str,
    port: int | None,
    wait: bool = True,
    reach: Reach | None = None,
    api: FastAPI | None = None,
    studio: Studio | None = None,
) -> None:
    """Starts the server. `wait` keeps the calling thread until it is stopped; `api` answers in front of the page.

    `studio` is whose people are told apart; without it, everybody is nobody.
    """
    block_remote_fetch()
    disable_proxy_headers()
    bound_connections()
    keep_words_out_of_logs()
    # Judging keeps the interpreter busy: the server's own thread gets its turn sooner than after the usual 5 ms.
    sys.setswitchinterval(SWITCH_INTERVAL)
    with applications_unmade():
        page.queue(default_concurrency_limit=OTHERS, max_size=MAX_WAITING, api_open=False)
    page.launch(
        server_name=host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        show_error=False,
        run_history=False,
        enable_monitoring=False,
        strict_cors=True,
        allowed_paths=[],
        max_file_size=f"{review.rate_limiter.limits.uploads.megabytes}mb",
        state_session_capacity=MOST_OF_ALL,
        footer_links=[],
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        app_kwargs={"middleware": _middleware(review, host, reach or Reach(), api, studio)},
        # Gradio would ask itself for the page and give up after three seconds: a busy machine could not start.
        _frontend=False,
        favicon_path=ASSETS / "logo.svg",
        theme=make_theme(),
        css_paths=[ASSETS / "app.css", *_own_files(review, ".css")],
    )
    # The server answers now.
    gc.enable()
    if wait:
        # What was loaded for it is left alone by the collector from here on.
        gc.freeze()
        if studio:
            studio.warm_up.start()
        page.block_thread()


def _own_files(review: ReviewService, suffix: str) -> list[Path]:
    """Returns the page's own scripts or styles: those for feedback only where it is taken."""
    folders = ("page", "feedback") if review.feedback.enabled else ("page",)
    return [file for folder in folders for file in sorted((ASSETS / folder).glob(f"*{suffix}"))]


def _scripts(review: ReviewService) -> str:
    """Returns the page's own scripts, each with names of its own."""
    files = _own_files(review, ".js")
    return "\n".join(f'<script>(() => {{"use strict";\n{file.read_text("utf-8")}}})()</script>' for file in files)


def _middleware(
    review: ReviewService, host: str, reach: Reach, api: FastAPI | None, studio: Studio | None
) -> list[Middleware]:
    """Returns what every request passes through before Gradio sees it, in this order."""
    limits = review.rate_limiter.limits
    folder = Path(get_upload_folder())
    ledger = Ledger(limits.uploads, folder)
    # What the page has handed out lies in Gradio's folder, for an hour.
    review.removals.when_removed.append(partial(delete_copies, folder))
    if studio and studio.classroom:
        studio.classroom.when_closed.append(ledger.forget)
    return [
        *cross_origin(reach),
        Middleware(SecurityHeaders, frames=reach.frames, scripts=_scripts(review)),
        # Before the proxies' headers are read: strangers' are forgotten here.
        Middleware(Origins, host=host, names=reach.names, proxies=review.proxies),
        *trusted_proxies(review.proxies),
        *(_people(studio, host, reach) if studio else []),
        # The reviewers' pages, so that no function of a reviewer is among the endpoints that anybody may call.
        Middleware(ReviewSite, review=review),
        *([Middleware(AnnotationSite, studio=studio)] if studio else []),
        *_api(api, reach.mcp),
        Middleware(PublicSite, studio=studio),
        *([Middleware(NoticeSite, studio=studio)] if studio else []),
        Middleware(InLanguage, parts=partial(_parts, studio) if studio else None),
        Middleware(OpenRoutes),
        Middleware(RemovedFiles, removals=review.removals, folder=folder),
        Middleware(BlockRemoteFetch),
        Middleware(UploadQuota, ledger=ledger),
        Middleware(Admission, presence=Presence(), limits=limits.at_once),
        Middleware(PlainErrors),
    ]


def _parts(studio: Studio, language: str) -> dict[str, Markup]:
    """Returns the parts of the page that are more than strings, in a language."""
    return {NOTICE: first_notice(studio.policy, studio.messages(language))}


def _people(studio: Studio, host: str, reach: Reach) -> list[Middleware]:
    """Returns what tells people apart, and the addresses of what each has made."""
    alone, hub = is_alone(studio, host, reach), studio.review.hub_login
    persons = Middleware(Persons, secret=studio.person_secret, alone=alone, framed=bool(reach.frames), hub=hub)
    memory = Memory()
    # The class first: behind it a learner is a client and a person of its own.
    taught = Middleware(ClassSite, studio=studio, host=host, memory=memory, framed=bool(reach.frames))
    sites = [Middleware(LiveJudgement, studio=studio, limits=studio.review.rate_limiter.limits.at_once)]
    sites += [
        Middleware(FeedbackSite, studio=studio),
        Middleware(LibrarySite, studio=studio),
        Middleware(LearnSite, studio=studio, memory=memory),
    ]
    return [persons, *([taught] if studio.classroom else []), *sites]


def _api(api: FastAPI | None, mcp: bool) -> list[Middleware]:
    """Returns what answers programs, in front of the page."""
    if api is None:
        return []
    tools = []
    if mcp:
        from ui.http.mcp_site import McpSite

        tools = [Middleware(McpSite, api=api)]
    return [Middleware(InFront, api=api), *tools]
