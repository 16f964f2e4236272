"""Refuses what Gradio would fetch on a caller's behalf: no request leaves this machine."""

from __future__ import annotations

from typing import Any, NoReturn

import gradio as gr
from gradio import processing_utils
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

FETCHERS = ("ssrf_protected_download", "async_ssrf_protected_download")


class BlockRemoteFetch:
    """Answers 404 at those of Gradio's routes that fetch an address for the caller."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").lower()
        if "/file=http" in path or "/file/http" in path or "/proxy=" in path:
            await PlainTextResponse("Not found.", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def block_remote_fetch() -> None:
    """Makes Gradio refuse an address where a file is expected, at every endpoint; by itself it downloads it.

    Raises RuntimeError where this Gradio downloads by other functions than the known ones.
    """
    for name in FETCHERS:
        if not hasattr(processing_utils, name):
            raise RuntimeError(f"This Gradio has no {name}: see how it fetches files before you trust it.")
        setattr(processing_utils, name, _refuse)


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise gr.Error("Addresses are not fetched here. Upload the file itself.")
