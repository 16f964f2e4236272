"""The reviewers' own pages, beside the studio's: server-rendered, no script, nothing without a login.

They stand before Gradio's routes, so that no function of a reviewer is among the endpoints that anybody may call.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.errors import LimitError, RequestError, StudioError
from safety.review.service import ReviewService
from ui.html import review_case, review_frame
from ui.html.review_frame import ReviewFrame
from ui.web import handlers
from ui.web.client_ip import caller

log = logging.getLogger(__name__)
PREFIX, COOKIE = "/review", "safelight_review"
MOST_FORM = 64 * 1024  # bytes
CLOSED = "No reviewer is set up here. An operator sets SAFELIGHT_REVIEW_PASSWORD, or on a Space SAFELIGHT_REVIEWERS."
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
Form = dict[str, str]


class ReviewPages:
    """Answers what begins with /review, and hands on the rest."""

    def __init__(self, app: ASGIApp, house: ReviewService) -> None:
        self.app = app
        self.pages = Pages(house).app()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = scope["type"] == "http" and (path == PREFIX or path.startswith(f"{PREFIX}/"))
        await (self.pages if ours else self.app)(scope, receive, send)


@dataclass(frozen=True)
class Pages:
    house: ReviewService

    def app(self) -> Starlette:
        routes = [
            Route(PREFIX, self.reader(self.queue)),
            Route(f"{PREFIX}/login", self.login, methods=["POST"]),
            Route(f"{PREFIX}/logout", self.writer(self.logout), methods=["POST"]),
            Route(f"{PREFIX}/case/{{case}}", self.reader(self.case)),
            Route(f"{PREFIX}/case/{{case}}/reveal", self.writer(self.reveal), methods=["POST"]),
            Route(f"{PREFIX}/case/{{case}}/decide", self.writer(self.decide), methods=["POST"]),
        ]
        return Starlette(routes=routes)

    def reader(self, work: Callable[[Request, ReviewFrame], str]) -> Callable[[Request], Any]:
        """A page for who is logged in; 401 and the login form for who is not."""

        async def answer(request: Request) -> Response:
            frame = self._frame(request)
            if not frame.reviewer:
                return self._closed(frame)
            return await _answered(work, request, frame)

        return answer

    def writer(self, work: Callable[[Request, ReviewFrame, Form], Response | str]) -> Callable[[Request], Any]:
        """The same for forms, which must come from a page of this session."""

        async def answer(request: Request) -> Response:
            frame, form = self._frame(request), await _form(request)
            if not frame.reviewer:
                return self._closed(frame)
            if form.get("form_key") != frame.form_key or not _from_here(request):
                return PlainTextResponse("This form is not from this page. Open the page anew.", 403, HEADERS)
            return await _answered(work, request, frame, form)

        return answer

    async def login(self, request: Request) -> Response:
        frame, form = self._frame(request), await _form(request)
        if not self.house.roles.open or not self.house.roles.password:
            return self._closed(frame)
        if not _from_here(request):
            return PlainTextResponse("This form is not from this page.", 403, HEADERS)
        try:
            given = form.get("password", ""), form.get("name", ""), caller(request)
            token = await run_in_threadpool(self.house.roles.login, *given)
        except LimitError as error:
            headers = {**HEADERS, "Retry-After": str(error.seconds)}
            return HTMLResponse(review_frame.login(self._told(frame, error)), 429, headers)
        except StudioError as error:
            return HTMLResponse(review_frame.login(self._told(frame, error)), 401, HEADERS)
        answer = RedirectResponse(PREFIX, 303, HEADERS)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, path=PREFIX, httponly=True, samesite="strict", secure=secure)
        return answer

    def logout(self, request: Request, frame: ReviewFrame, form: Form) -> Response:
        self.house.roles.logout(request.cookies.get(COOKIE, ""))
        if "session" in request.scope:
            request.session.pop("oauth_info", None)
        answer = RedirectResponse(PREFIX, 303, HEADERS)
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    def queue(self, request: Request, frame: ReviewFrame) -> str:
        bench = self.house.bench
        decided = bench.queue("upheld", "overturned", "used")[::-1][:50]
        return review_frame.queue(bench.queue(), decided, frame)

    def case(self, request: Request, frame: ReviewFrame) -> str:
        return review_case.docket(self.house.bench.docket(request.path_params["case"]), frame)

    def reveal(self, request: Request, frame: ReviewFrame, form: Form) -> str:
        docket = self.house.bench.reveal(request.path_params["case"], frame.reviewer)
        return review_case.docket(docket, frame, revealed=True)

    def decide(self, request: Request, frame: ReviewFrame, form: Form) -> Response:
        case = request.path_params["case"]
        self.house.bench.decide(case, form.get("outcome", ""), form.get("reason", ""), frame.reviewer)
        return RedirectResponse(PREFIX, 303, HEADERS)

    def _frame(self, request: Request) -> ReviewFrame:
        roles = self.house.roles
        token = request.cookies.get(COOKIE, "")
        reviewer = roles.who(token)
        if not reviewer and "session" in request.scope:  # Gradio's login at Hugging Face
            reviewer = token = roles.named(_logged_in(request.session))
        key = roles.form_key(token) if reviewer else ""
        return ReviewFrame(reviewer, key, hugging_face=bool(roles.allowed), by_password=bool(roles.password))

    def _told(self, frame: ReviewFrame, error: StudioError) -> ReviewFrame:
        return ReviewFrame(told=error.sentence, hugging_face=frame.hugging_face, by_password=frame.by_password)

    def _closed(self, frame: ReviewFrame) -> Response:
        if not self.house.roles.open:
            return PlainTextResponse(CLOSED, 404, HEADERS)
        return HTMLResponse(review_frame.login(frame), 401, HEADERS)


async def _answered(work: Callable[..., Response | str], request: Request, frame: ReviewFrame, *form: Form) -> Response:
    """The database is waited for in another thread. What goes wrong is told on a page."""
    try:
        made = await run_in_threadpool(work, request, frame, *form)
    except Exception as error:  # noqa: BLE001  told in one sentence, logged in full
        told = ReviewFrame(frame.reviewer, frame.form_key, handlers.sentence(error))
        status = 400 if isinstance(error, RequestError) else 500
        return HTMLResponse(review_frame.page("That did not work", review_frame.BACK, told), status, HEADERS)
    return made if isinstance(made, Response) else HTMLResponse(made, headers=HEADERS)


def _logged_in(session: Mapping[str, Any]) -> str:
    """The name at Hugging Face, "" without a login or once it has run out: Gradio's cookie lasts for longer."""
    info = session.get("oauth_info") or {}
    fresh = float(info.get("expires_at") or 0) > time.time()
    return str(info.get("userinfo", {}).get("preferred_username", "")) if fresh else ""


async def _form(request: Request) -> Form:
    """An urlencoded form, the last value of each name; empty if it is too long or no form."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM:
            return {}
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _from_here(request: Request) -> bool:
    """A browser names the page that sent a form; one of another site does not count."""
    origin = request.headers.get("origin", "")
    return not origin or urlsplit(origin).netloc == request.headers.get("host", "")
