"""Which language somebody reads: the one chosen in the page's menu, or else the one that the browser asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.html.frame import without_script
from ui.placeholders import fill
from ui.texts import ENGLISH, all_texts, page_texts

COOKIE = "safelight_language"  # set by assets/page/language.js
FILLED = ("/", "/config", "/gradio_api/info")  # what Gradio says of the page as it was built
_BODY = re.compile(r"<body[^>]*>")
_LANG = re.compile(r'(<html\s+lang=")[^"]*')


def accepted(request: Any) -> str:
    """Returns the Accept-Language header of a call, with the language of the menu in front, in the reader's country."""
    header = str(request.headers.get("accept-language") or "")
    chosen = _chosen(str(request.headers.get("cookie") or ""))
    return ", ".join(filter(None, (chosen, header)))


def page_language(request: Any) -> str:
    """Returns the tag of the language that the page is in for a call."""
    return next((tag for tag in _tags(accepted(request)) if tag in all_texts()), ENGLISH)


def _chosen(cookies: str) -> str:
    try:
        morsel = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel and morsel.value in all_texts() else ""


def _tags(header: str) -> Iterator[str]:
    return (part.partition(";")[0].strip().partition("-")[0].lower() for part in header.split(","))


class InLanguage:
    """Fills in the strings of the page as it was built, in the language of whoever asks."""

    def __init__(self, app: ASGIApp, parts: Callable[[str], Mapping[str, Markup]] | None = None) -> None:
        """`parts` returns the HTML of parts of the page, by their names, in the language of a tag."""
        self.app, self._parts = app, parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in FILLED:
            await self.app(scope, receive, send)
            return
        # Packed, it could not be filled in.
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        language = page_language(Request(scope))
        is_page = scope["path"] == "/"
        answer = _Filled(send, language, self._parts(language) if self._parts else {}, is_page)
        await self.app({**scope, "headers": headers}, receive, answer.send)


class _Filled:
    """Sends one answer on, filled in once it is whole."""

    def __init__(self, send: Send, language: str, parts: Mapping[str, Markup], is_page: bool = False) -> None:
        self._send, self._language, self._parts, self._is_page = send, language, parts, is_page
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = self._filled()
        headers = MutableHeaders(raw=self._start["headers"])
        headers["content-length"] = str(len(body))
        headers.add_vary_header("Accept-Language, Cookie")
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})

    def _filled(self) -> bytes:
        text = _LANG.sub(rf"\g<1>{self._language}", self._body.decode(errors="replace"), count=1)
        texts = page_texts(self._language)
        if self._is_page:
            # Not by +, which would escape the tag before what is markup.
            text = _BODY.sub(lambda body: f"{body[0]}{without_script(texts)}", text, count=1)
        return fill(text, texts, self._parts).encode()
