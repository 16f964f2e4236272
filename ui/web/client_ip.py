"""Who is calling: the address of the connection, or the one that a configured proxy has put into X-Forwarded-For."""

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
    """uvicorn believes any X-Forwarded-For that comes from this machine; here nobody is believed who is not named."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{**named, "proxy_headers": False})


def disable_proxy_headers() -> None:
    """From here on no server of this process changes addresses by itself. Gradio gives no way to say so."""
    from gradio import http_server

    if not hasattr(http_server, "uvicorn"):
        raise RuntimeError("This Gradio starts its server in another way: see how it reads X-Forwarded-For.")
    http_server.uvicorn.Config = _NoProxyHeaders


def trusted_proxies(proxies: Sequence[str]) -> list[Middleware]:
    """Of the addresses in X-Forwarded-For, the last one that no configured proxy has: what it says itself is forged."""
    return [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies))] if proxies else []


def caller(request: gr.Request | Request) -> str:
    """The client of a call; never the one that has no limits."""
    return client_of(request.client.host if request.client else None)
