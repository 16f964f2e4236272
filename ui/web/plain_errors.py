"""Puts one true sentence in the place of what Gradio and its web framework answer to a call that cannot be."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SENTENCES = {
    400: "This call has not the form of its endpoint. gradio_api/info says what each one takes.",
    403: "This file is not handed out here.",
    404: "There is nothing at this address. The endpoints for programs are listed at gradio_api/info.",
    405: "This address is not called in this way. The endpoints for programs are listed at gradio_api/info.",
    413: "That is too large.",
    422: "This call has not the form of its endpoint. gradio_api/info says what each one takes.",
    503: "Too many calls are waiting for this studio. Try again in a minute.",
}
FAILED = "Something failed that should not, and nothing was handed out. Try again; the log says where."
RETRY = "60"  # seconds, where the server is busy


class PlainErrors:
    """Replaces the body of every answer that is an error. The studio's own are answered before it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0

        async def collect(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start" and message["status"] >= 400:
                status = message["status"]
            elif not status:
                await send(message)
            elif not message.get("more_body"):
                await _answer(status)(scope, receive, send)

        await self.app(scope, receive, collect)


def _answer(status: int) -> JSONResponse:
    sentence = SENTENCES.get(status, FAILED)
    headers = {"Retry-After": RETRY} if status == 503 else {}
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)
