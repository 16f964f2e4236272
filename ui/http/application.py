"""Puts the API together: a FastAPI application, to be served alone or in front of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.http import feedback_calls, images, judging, models, moderations, notice_calls, operations, soft_binding
from ui.http.access import Access
from ui.http.ascii_json import AsciiJson
from ui.http.body import Bodies
from ui.http.call_log import CallLog
from ui.http.context import MOST_WAITING, ApiContext
from ui.http.idempotency import Answers, Once
from ui.http.metrics import Measured, Metrics
from ui.http.openapi import describe
from ui.http.problems import ApiError, Failures, malformed, plain, response_of
from ui.http.traced import Traced

if TYPE_CHECKING:
    from studio import Studio

ABOUT = """Judges prompts and pictures, makes pictures that are judged and marked, reads marks.

Images, models and moderations have OpenAI's shapes: point a client at this address with `/v1`. The rest, under
`/v1/safety`, is this studio's own. Errors are one sentence each: `error.message`, or problem+json."""
FILES = ("/v1/safety/look", "/v1/safety/verify", "/v1/safety/mark", soft_binding.BY_CONTENT)
# Clients send these a picture as a form. It is read and thrown away: who is cut off in the middle reads no answer.
NOT_OFFERED = ("/v1/images/edits", "/v1/images/variations")
PICTURES = ("/v1/moderations", "/v1/safety/notices")
# What does or records something.
DONE_ONCE = ("/v1/images/generations", "/v1/safety/mark", "/v1/safety/appeals", "/v1/safety/reports")
PREFIXES = ("/v1/", "/health/", "/metrics", "/openapi.json", "/docs")


def make_app(
    studio: Studio, access: Access, secret: bytes, metrics: Metrics | None = None, most_waiting: int = MOST_WAITING
) -> FastAPI:
    """Returns the application. `secret`: what the addresses of pictures are signed with.

    `metrics`: those that the studio's observer counts in; by default it has some of its own, which see calls alone.
    `most_waiting`: creations that wait or run, of all callers together.
    """
    metrics = metrics or Metrics()
    megabytes = studio.review.rate_limiter.limits.uploads.megabytes
    bodies = Middleware(Bodies, files=FILES + NOT_OFFERED, pictures=PICTURES, megabytes=megabytes)
    answers = Answers(studio.outputs.parent / "answers", studio.review.removals.removed)
    answers.forget_old()
    once = Middleware(Once, answers=answers, paths=DONE_ONCE, access=access)
    app = FastAPI(
        title="Safelight",
        version="1",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=AsciiJson,
        middleware=[
            Middleware(Measured, metrics=metrics),
            Middleware(CallLog),
            *([Middleware(Traced, traces=studio.traces)] if studio.traces else []),
            bodies,
            Middleware(Failures),
            once,
        ],
    )
    describe(app)
    context = ApiContext(studio, secret, metrics, most_waiting)
    studio.review.removals.when_removed.append(answers.forget_pictures)
    app.state.access, app.state.context = access, context
    for part in (images, models, moderations, judging, feedback_calls, notice_calls, soft_binding, operations):
        app.include_router(part.routes(context))
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _plain)
    return app


class InFront:
    """Answers the API's own addresses and hands on all others: the page and the API are one server."""

    def __init__(self, app: ASGIApp, api: FastAPI) -> None:
        self.app, self.api = app, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = scope["type"] == "http" and any(path == one or path.startswith(one) for one in PREFIXES)
        await (self.api if ours else self.app)(scope, receive, send)


def _api_error(request: Request, error: Any) -> JSONResponse:
    return response_of(request, error)


def _malformed(request: Request, error: Any) -> JSONResponse:
    return response_of(request, malformed(error))


def _plain(request: Request, error: Any) -> JSONResponse:
    return response_of(request, plain(error))
