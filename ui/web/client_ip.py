"""Finds the address of a caller: the connection's, or the one that a configured proxy put into X-Forwarded-For."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.middleware import Middleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from safety.review.client import client_of

if TYPE_CHECKING:
    import gradio as gr
    from starlette.requests import Request


class _NoProxyHeaders(uvicorn.Config):
    """Configures uvicorn to read no X-Forwarded-For; by itself it trusts any that comes from this machine."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "proxy_headers": False})


def disable_proxy_headers() -> None:
    """Keeps every server of this process from reading X-Forwarded-For. Raises RuntimeError for an unknown Gradio.

    Gradio has no setting for it, so the configuration class that it uses is replaced.
    """
    from gradio import http_server

    if not hasattr(http_server, "uvicorn"):
        raise RuntimeError("This Gradio starts its server in another way: see how it reads X-Forwarded-For.")
    http_server.uvicorn.Config = _NoProxyHeaders


def trusted_proxies(proxies: Sequence[str]) -> list[Middleware]:
    """Returns the middleware that reads X-Forwarded-For from connections of these addresses or networks only.

    Of the addresses in the header it takes the last one that is no proxy: those before it can be forged.
    """
    return [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies))] if proxies else []


def client_ip(request: gr.Request | Request) -> str:
    """Returns the client of a call for rate limits; never `LOCAL`, which has none."""
    return client_of(request.client.host if request.client else None)
