"""Headers that keep a browser from doing with the page what it is not for: foreign scripts, frames, guessed types."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.plain_errors import FAILED

# What Gradio 6 needs: styles set by scripts, pictures from memory, and the templates of gr.HTML, which it compiles
# (unsafe-eval). No script and no handler that stands in markup runs: what a prompt or a file smuggles in is text.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors {frames}"
)
# A file, opened by itself, runs nothing.
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
SHOWN_IN_PLACE = ("image/png", "image/jpeg", "image/webp")
PLAIN = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_SCRIPT = re.compile(rb"<script(?=[\s>])")


class SecurityHeaders:
    """Adds the headers to every answer, that to a failure as well.

    `frames` are the origins that may show the page in a frame; none by default. `scripts` are the page's own, put into
    its head here: Gradio would add them in the browser, without the nonce.
    """

    def __init__(self, app: ASGIApp, frames: Sequence[str] = (), scripts: str = "") -> None:
        self.app = app
        self.frames = frames
        self.scripts = scripts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        frames = " ".join(("'self'", *self.frames)) if self.frames else "'none'"
        scripts = self.scripts if scope.get("path") == "/" else ""
        answer = _Answer(send, frames, _is_file(scope), scripts)
        try:
            await self.app(scope, receive, answer.send)
        except Exception:
            # Answered here: what the server itself says of a failure has no headers. It still goes to the log.
            if not answer.has_begun:
                await JSONResponse({"error": FAILED, "detail": FAILED}, 500)(scope, receive, answer.send)
            raise


class _Answer:
    """Sends one answer on with its headers. A page is held back until it is whole, to put the nonce into it."""

    def __init__(self, send: Send, frames: str, is_file: bool, scripts: str = "") -> None:
        self._send = send
        self._frames = frames
        self._is_file = is_file
        self._scripts = scripts.encode()
        self._nonce = secrets.token_urlsafe(16)
        self._start: Message | None = None
        self._page = b""
        self.has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            self._add(headers)
            if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
                self._start = message
                return
        elif self._start is not None and message["type"] == "http.response.body":
            self._page += message.get("body", b"")
            if message.get("more_body"):
                return
            message = await self._with_nonce(self._start)
        self.has_begun = True
        await self._send(message)

    async def _with_nonce(self, start: Message) -> Message:
        """Sends the held start; returns the whole page, each of its own scripts named by the nonce."""
        page = self._page.replace(b"</head>", self._scripts + b"</head>", 1)
        page = _SCRIPT.sub(b'<script nonce="%b"' % self._nonce.encode(), page)
        MutableHeaders(raw=start["headers"])["content-length"] = str(len(page))
        self._start = None
        await self._send(start)
        return {"type": "http.response.body", "body": page}

    def _add(self, headers: MutableHeaders) -> None:
        for name, value in PLAIN.items():
            headers.setdefault(name.decode(), value.decode())
        if self._is_file:
            headers["content-security-policy"] = FILE_POLICY
            if headers.get("content-type", "").partition(";")[0] not in SHOWN_IN_PLACE:
                headers["content-type"] = "application/octet-stream"
                headers["content-disposition"] = "attachment"
        # The reviewers' pages have a stricter policy of their own.
        headers.setdefault("content-security-policy", POLICY.format(nonce=self._nonce, frames=self._frames))
        if self._frames == "'none'":
            headers.setdefault("x-frame-options", "DENY")


def _is_file(scope: Scope) -> bool:
    path = scope.get("path", "")
    return "/file=" in path or "/file/" in path
