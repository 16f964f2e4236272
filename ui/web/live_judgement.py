"""Judges words while they are typed, at an address of its own: one short call, where Gradio's queue takes two.

What else follows from the words (confirmation, other wordings, a style's composed words) the page asks through Gradio,
once typing rests. Nothing is recorded, and nothing here allows anything: a picture's words are judged when it is made.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.generation import GenerationRequest
from safety.policy.model import BASE_MODE
from safety.review.rate_limit import CallsAtOnce
from ui.html import decision
from ui.html.markup import about
from ui.html.prompt_marks import prompt_marks
from ui.results import Judged, Problem, attempt
from ui.web import handlers
from ui.web.client_ip import client_ip
from ui.web.request_body import read_body
from ui.web.word_notes import words_before

if TYPE_CHECKING:
    from studio import Studio

PATH = "/judgement"
# What a call says, each a text; the first must be there.
FIELDS = ("prompt", "mode", "language", "negative_prompt", "engine", "style")
GROUP = "judging"  # what a call counts as for limits, as those through Gradio's queue do
MOST_BYTES = 256 * 1024  # of one call: a prompt that is too long is told so by the studio
AT_ONCE = 2  # calls that are judged at a time: more would only wait for each other
NOT_A_CALL = "This call has not the form that the page sends."
TOO_LONG = "This call is longer than 256 kB. Send less."
TOO_MANY = "Too many calls of yours are waiting. Wait for their answers, then try again."
PRIVATE = {"Cache-Control": "no-store"}
_JSON = re.compile(r"application/json\s*(;.*)?", re.IGNORECASE)


def with_style(studio: Studio, prompt: str, negative_prompt: str, style: str) -> tuple[str, str]:
    """Returns prompt and negative prompt with the words of a style; as they are for a style that there is not."""
    request = GenerationRequest(prompt, negative_prompt=negative_prompt, style=style)
    styled = attempt(studio.with_style, request)
    return (prompt, negative_prompt) if isinstance(styled, Problem) else (styled.prompt, styled.negative_prompt)


def live_judgement(
    studio: Studio,
    prompt: str,
    mode: str = "",
    language: str = "",
    negative_prompt: str = "",
    engine: str = "",
    style: str = "",
) -> tuple[Judged | Problem | None, Markup]:
    """Returns the judgement of words as they stand, and what the page shows of it. A style's words are judged too."""
    mode = mode or BASE_MODE
    judged, negative = with_style(studio, prompt, negative_prompt, style)
    result = handlers.preview(studio, judged, mode, language, negative)
    shown = (
        decision.judgement(result, language)
        + prompt_marks(result, prompt)
        + words_before(studio, result, engine, prompt)
    )
    return result, about(handlers.checksum_of(prompt, mode, negative_prompt, style), shown)


class LiveJudgement:
    """Answers POST /judgement with HTML, and hands on every other request to `app`."""

    def __init__(self, app: ASGIApp, studio: Studio, limits: CallsAtOnce) -> None:
        self.app, self.studio, self.limits = app, studio, limits
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["method"] == "POST" and scope.get("path") == PATH
        await (self._answer if ours else self.app)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._judge(request) if _is_json(request.headers) else _problem(NOT_A_CALL, 415)
        await response(scope, receive, send)

    async def _judge(self, request: Request) -> Response:
        client = client_ip(request)
        if self._waiting[client] >= self.limits.limit(GROUP):
            return _problem(TOO_MANY, 429, {"Retry-After": "2"})
        self._waiting[client] += 1
        try:
            raw = await read_body(request, MOST_BYTES)
            if raw is None:
                return _problem(TOO_LONG, 413)
            call = _call(raw)
            if call is None:
                return _problem(NOT_A_CALL, 400)
            async with self._places:
                _, shown = await run_in_threadpool(live_judgement, self.studio, **call)
        finally:
            self._waiting[client] -= 1
            if not self._waiting[client]:
                del self._waiting[client]
        return HTMLResponse(shown, headers=PRIVATE)


def _call(raw: bytes) -> dict[str, str] | None:
    """Returns what a call says; None where it has another form. A field may be missing or null, but for the prompt."""
    try:
        call: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(call, dict) or not set(call) <= set(FIELDS) or not isinstance(call.get("prompt"), str):
        return None
    said = {name: value for name, value in call.items() if value is not None}
    return said if all(isinstance(value, str) for value in said.values()) else None


def _is_json(headers: Headers) -> bool:
    # Another site's page can send a form without being asked, and no JSON.
    return _JSON.fullmatch(headers.get("content-type", "")) is not None


def _problem(sentence: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(sentence, status, headers=PRIVATE | (headers or {}))
