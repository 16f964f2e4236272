"""The routes that the page and programs need. All others of Gradio's are closed, those round its queue first of all."""

from __future__ import annotations

import re

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

API = "/gradio_api"
# Whole paths, by method. Gradio has over fifty more: direct calls, component servers, editors, monitoring, recordings.
OPEN = {
    "GET": re.compile(
        r"/|/config/?|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt|/pwa_icon|/logout"
        r"|/(assets|static|svelte)/.+|/login/(huggingface|callback)"
        rf"|{API}/(info/?|app_id/?|theme\.css|startup-events|queue/data|upload_progress|heartbeat/\w+)"
        rf"|{API}/(file=.+|call/\w+/\w+)"
    ),
    "POST": re.compile(rf"{API}/(queue/join|call/\w+|upload|cancel|reset)/?"),
}
OPEN["HEAD"] = OPEN["GET"]
CLOSED = "There is nothing at this address. The endpoints for programs are listed at gradio_api/info."
DIRECT = "This server takes calls through its queue only: POST gradio_api/call/NAME, then GET its answer."


class OpenRoutes:
    """Answers 404 with a sentence at every route that is not open."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_open(scope):
            await self.app(scope, receive, send)
            return
        direct = scope["path"].startswith((f"{API}/run/", f"{API}/api/"))
        sentence = DIRECT if direct else CLOSED
        await JSONResponse({"error": sentence, "detail": sentence}, 404)(scope, receive, send)

    @staticmethod
    def _is_open(scope: Scope) -> bool:
        routes = OPEN.get(scope["method"])
        return routes is not None and routes.fullmatch(scope["path"]) is not None
