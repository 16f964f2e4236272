"""Serves the API by itself, without the page: a gateway before a generator, or one of several workers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from studio.tracing import both
from ui.http.access import Access
from ui.http.application import make_app
from ui.http.context import MOST_WAITING
from ui.http.cors import ApiCors
from ui.http.metrics import Metrics
from ui.http.shared_figures import SharedFigures
from ui.reach import Reach
from ui.web.client_ip import trusted_proxies
from ui.web.connections import bound_connections
from ui.web.headers import SecurityHeaders
from ui.web.log_privacy import keep_words_out_of_logs
from ui.web.origins import LOOPBACK_NAMES, Origins

if TYPE_CHECKING:
    from studio import Studio

FIGURES = "metrics"  # the folder of the home in which several processes note theirs
DRAIN = 30  # seconds that running calls get once the server is told to end


def make_api(
    studio: Studio, host: str, reach: Reach, of_several: bool = False, most_waiting: int = MOST_WAITING
) -> tuple[Studio, FastAPI]:
    """Returns the API of a server at `host`, and the studio as the API counts its decisions.

    Without a key it answers this machine alone, and nobody where others can reach the server. `of_several`: other
    processes serve the same home; figures are told of all of them. `most_waiting`: creations that wait or run, of all
    callers together.
    """
    metrics = Metrics(SharedFigures(studio.outputs.parent / FIGURES) if of_several else None)
    studio = replace(studio, observer=both(metrics.decided, studio.traces))
    access = Access(studio.api_keys, open_here=is_alone(studio, host, reach))
    return studio, make_app(studio, access, studio.api_secret(), metrics, most_waiting)


def cross_origin(reach: Reach) -> list[Middleware]:
    """Returns what lets listed sites call the API; nothing where none is listed."""
    return [Middleware(ApiCors, origins=reach.cors)] if reach.cors else []


def is_alone(studio: Studio, host: str, reach: Reach) -> bool:
    """Tells whether only this machine reaches the studio."""
    return host in LOOPBACK_NAMES and not (reach.names or studio.review.proxies)


def guarded(
    studio: Studio, host: str, reach: Reach, of_several: bool = False, most_waiting: int = MOST_WAITING
) -> ASGIApp:
    """Returns the API with what stands before it: headers, names and origins, proxies. The rest as in make_api."""
    api = make_api(studio, host, reach, of_several, most_waiting)[1]
    app: ASGIApp = api
    if reach.mcp:
        from ui.http.mcp_site import McpSite

        app = McpSite(app, api)
    before = [
        *cross_origin(reach),
        Middleware(SecurityHeaders, frames=()),
        Middleware(Origins, host=host, names=reach.names, proxies=studio.review.proxies),
        *trusted_proxies(studio.review.proxies),
    ]
    for layer in reversed(before):
        app = layer.cls(app, *layer.args, **layer.kwargs)
    return app


def serve_api(studio: Studio, host: str, port: int, reach: Reach | None = None) -> None:
    """Serves the API until the process is stopped."""
    keep_words_out_of_logs()
    bound_connections()
    app = guarded(studio, host, reach or Reach())
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN,
    )
