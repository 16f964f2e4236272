"""The reviewers' own pages, beside the studio's: server-rendered, no script, nothing without a login.

They stand before Gradio's routes, so that no function of a reviewer is among the endpoints that anybody may call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.audit.notice_state import CONTESTED, STATES, WAITING
from safety.errors import LimitError, StudioError
from safety.review.notice_decisions import NoticeCase
from safety.review.service import ReviewService
from ui.html import review_case, review_frame, review_notice
from ui.html.review_copies import ticked
from ui.html.review_frame import ReviewFrame
from ui.results import Problem, attempt
from ui.web.client_ip import client_ip
from ui.web.person import hub_name

PREFIX, COOKIE = "/review", "safelight_review"
MAX_FORM = 64 * 1024  # bytes
MAX_DECIDED = 50  # decided cases under the queue
OVER = tuple(state for state in STATES if state not in (WAITING, CONTESTED))
CLOSED = "No reviewer is set up here."
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
Form = dict[str, str]
Endpoint = Callable[[Request], Any]


class ReviewSite:
    """Answers every request whose path begins with /review, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp, review: ReviewService) -> None:
        self.app = app
        self.review = review
        self.pages = Starlette(
            routes=[
                Route(PREFIX, self._page(self.queue)),
                Route(f"{PREFIX}/login", self.login, methods=["POST"]),
                Route(f"{PREFIX}/logout", self._form_target(self.logout), methods=["POST"]),
                Route(f"{PREFIX}/case/{{case}}", self._page(self.case)),
                Route(f"{PREFIX}/case/{{case}}/reveal", self._form_target(self.reveal), methods=["POST"]),
                Route(f"{PREFIX}/case/{{case}}/decide", self._form_target(self.decide), methods=["POST"]),
                Route(f"{PREFIX}/notice/{{case}}", self._page(self.notice)),
                Route(f"{PREFIX}/notice/{{case}}/reveal", self._form_target(self.reveal_notice), methods=["POST"]),
                Route(f"{PREFIX}/notice/{{case}}/decide", self._form_target(self.decide_notice), methods=["POST"]),
                Route(f"{PREFIX}/notice/{{case}}/copies", self._form_target(self.remove_copies), methods=["POST"]),
                Route(f"{PREFIX}/notice/{{case}}/answer", self._form_target(self.decide_answer), methods=["POST"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = scope["type"] == "http" and (path == PREFIX or path.startswith(f"{PREFIX}/"))
        await (self.pages if ours else self.app)(scope, receive, send)

    def _page(self, work: Callable[[Request, ReviewFrame], str]) -> Endpoint:
        """Returns an endpoint that shows a page to a reviewer, and 401 with the login form to anybody else."""

        async def answer(request: Request) -> Response:
            frame = self._frame(request)
            if not frame.reviewer:
                return self._closed(frame)
            return await _response(work, request, frame)

        return answer

    def _form_target(self, work: Callable[[Request, ReviewFrame, Form], Response | str]) -> Endpoint:
        """Returns an endpoint for forms, which must come from a page of this reviewer's session."""

        async def answer(request: Request) -> Response:
            frame, form = self._frame(request), await read_form(request)
            if not frame.reviewer:
                return self._closed(frame)
            if form.get("form_key") != frame.form_key or not same_origin(request):
                return PlainTextResponse("This form is not from this page. Open the page anew.", 403, HEADERS)
            return await _response(work, request, frame, form)

        return answer

    async def login(self, request: Request) -> Response:
        """Sets the session cookie for the right password; 401 with a sentence for a wrong one, 429 after too many."""
        frame, form = self._frame(request), await read_form(request)
        auth = self.review.auth
        if not auth.is_enabled or not auth.password:
            return self._closed(frame)
        if not same_origin(request):
            return PlainTextResponse("This form is not from this page.", 403, HEADERS)
        password, name, client = form.get("password", ""), form.get("name", ""), client_ip(request)
        try:
            token = await run_in_threadpool(auth.login, password, name, client)
        except LimitError as error:
            headers = {**HEADERS, "Retry-After": str(error.seconds)}
            return HTMLResponse(_login_again(frame, error), 429, headers)
        except StudioError as error:
            return HTMLResponse(_login_again(frame, error), 401, HEADERS)
        answer = RedirectResponse(PREFIX, 303, HEADERS)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, path=PREFIX, httponly=True, samesite="strict", secure=secure)
        return answer

    def logout(self, request: Request, frame: ReviewFrame, form: Form) -> Response:
        """Ends the session, by password or at Hugging Face, and shows the login form."""
        self.review.auth.logout(request.cookies.get(COOKIE, ""))
        if "session" in request.scope:
            request.session.pop("oauth_info", None)
        answer = RedirectResponse(PREFIX, 303, HEADERS)
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    def queue(self, request: Request, frame: ReviewFrame) -> str:
        """Returns the page of the cases that wait, and of those decided last."""
        decisions = self.review.decisions
        decided = decisions.queue("upheld", "overturned", "used")[::-1][:MAX_DECIDED]
        notices = self.review.notice_decisions
        waiting = [*notices.queue(WAITING), *notices.queue(CONTESTED)]
        listed = review_notice.notice_list(waiting, notices.now())
        over = sorted(notices.queue(*OVER), key=lambda one: one.time, reverse=True)[:MAX_DECIDED]
        if undeleted := self.review.removals.pending():
            frame = replace(frame, notice=review_notice.undeleted(undeleted))
        decided_notices = review_notice.notice_list(over, notices.now())
        return review_frame.queue(decisions.queue(), decided, frame, listed, len(waiting), decided_notices)

    def case(self, request: Request, frame: ReviewFrame) -> str:
        """Returns the page of one case, its picture blurred."""
        return review_case.case_page(self.review.decisions.case(request.path_params["case"]), frame)

    def reveal(self, request: Request, frame: ReviewFrame, form: Form) -> str:
        """Returns the page of one case with its picture as it is, and puts on record who looked."""
        case = self.review.decisions.reveal(request.path_params["case"], frame.reviewer)
        return review_case.case_page(case, frame, revealed=True)

    def decide(self, request: Request, frame: ReviewFrame, form: Form) -> Response:
        """Upholds or overturns a case, and shows the queue."""
        case = request.path_params["case"]
        self.review.decisions.decide(case, form.get("outcome", ""), form.get("reason", ""), frame.reviewer)
        return RedirectResponse(PREFIX, 303, HEADERS)

    def notice(self, request: Request, frame: ReviewFrame) -> str:
        """Returns the page of one notice, its pictures blurred."""
        return self._notice_page(self.review.notice_decisions.case(request.path_params["case"]), frame)

    def reveal_notice(self, request: Request, frame: ReviewFrame, form: Form) -> str:
        """Returns the page of one notice with its pictures as they are, and puts on record who looked."""
        notice = self.review.notice_decisions.reveal(request.path_params["case"], frame.reviewer)
        return self._notice_page(notice, frame, revealed=True)

    def _notice_page(self, notice: NoticeCase, frame: ReviewFrame, revealed: bool = False) -> str:
        notices = self.review.notice_decisions
        return review_notice.notice_page(notice, frame, notices.copy_pictures(notice), revealed, notices.now())

    def decide_notice(self, request: Request, frame: ReviewFrame, form: Form) -> Response:
        """Removes the picture of a notice with the near-copies that are ticked, or rejects it, and shows the queue."""
        reasons = form.get("reason", ""), frame.reviewer, form.get("maker_reason", "")
        case, outcome = request.path_params["case"], form.get("outcome", "")
        self.review.notice_decisions.decide(case, outcome, *reasons, copies=ticked(form))
        return RedirectResponse(PREFIX, 303, HEADERS)

    def remove_copies(self, request: Request, frame: ReviewFrame, form: Form) -> Response:
        """Removes more near-copies of a removed picture, and shows the notice."""
        case = request.path_params["case"]
        self.review.notice_decisions.remove_copies(case, ticked(form), frame.reviewer)
        return RedirectResponse(f"{PREFIX}/notice/{case}", 303, HEADERS)

    def decide_answer(self, request: Request, frame: ReviewFrame, form: Form) -> Response:
        """Upholds a removal that its maker has answered, or lifts the block, and shows the queue."""
        case, outcome = request.path_params["case"], form.get("outcome", "")
        self.review.notice_decisions.decide_answer(case, outcome, form.get("reason", ""), frame.reviewer)
        return RedirectResponse(PREFIX, 303, HEADERS)

    def _frame(self, request: Request) -> ReviewFrame:
        auth = self.review.auth
        token = request.cookies.get(COOKIE, "")
        reviewer = auth.identify(token)
        if not reviewer and "session" in request.scope:
            # Gradio's login at Hugging Face: the name there stands for the session.
            reviewer = token = auth.identify_hub_user(hub_name(request.session))
        key = auth.form_key(token) if reviewer else ""
        return ReviewFrame(reviewer, key, hugging_face=bool(auth.hub_users), by_password=bool(auth.password))

    def _closed(self, frame: ReviewFrame) -> Response:
        if not self.review.auth.is_enabled:
            return PlainTextResponse(CLOSED, 404, HEADERS)
        return HTMLResponse(review_frame.login(frame), 401, HEADERS)


async def _response(work: Callable[..., Response | str], request: Request, frame: ReviewFrame, *form: Form) -> Response:
    """Does the work in another thread, since it waits for the database. A problem is told on a page of its own."""
    result = await run_in_threadpool(attempt, work, request, frame, *form)
    if isinstance(result, Problem):
        page = review_frame.page("That did not work", review_frame.BACK, replace(frame, notice=result.sentence))
        return HTMLResponse(page, 400 if result.bad_request else 500, HEADERS)
    return result if isinstance(result, Response) else HTMLResponse(result, headers=HEADERS)


def _login_again(frame: ReviewFrame, error: StudioError) -> str:
    return review_frame.login(replace(frame, reviewer="", form_key="", notice=error.sentence))


async def read_form(request: Request) -> Form:
    """Returns an urlencoded form, the last value of each name; an empty one if it is too long or no form."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            return {}
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def same_origin(request: Request) -> bool:
    """Tells whether a form comes from this site; a browser names the page's origin."""
    origin = request.headers.get("origin", "")
    return not origin or urlsplit(origin).netloc == request.headers.get("host", "")
