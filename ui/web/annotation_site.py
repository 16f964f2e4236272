"""The annotators' page, beside the studio's: nothing without a login, and no picture of people who did not agree.

It stands before Gradio's routes, as the reviewers' pages do, and sees nothing of what those show.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.errors import LimitError, StudioError
from safety.resources import ASSETS
from safety.review.annotation import MAX_AT_ONCE, Annotation, annotator
from safety.review.feedback_rules import load_feedback_rules
from ui.html import annotation_page
from ui.results import Problem, attempt
from ui.web.client_ip import client_ip
from ui.web.headers import FILE_POLICY
from ui.web.person import hub_name
from ui.web.request_body import read_body
from ui.web.review_site import read_form, same_origin

if TYPE_CHECKING:
    from studio import Studio

PREFIX, COOKIE = annotation_page.ROOT, "safelight_annotate"
SCRIPT = ASSETS / "annotation" / "annotation.js"
MAX_BODY = 4096  # bytes
CLOSED = "No annotator is set up here."
NOT_A_CALL = "This call has not the form that the page sends."
NOT_THIS_PAGE = "This call is not from this page. Open the page anew."
WITHDRAWN = "Taken back. Answers deleted: {count}."
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
FILE = {"Cache-Control": "private, max-age=600", "Content-Security-Policy": FILE_POLICY, "Vary": "Cookie"}
Call = dict[str, Any]


class AnnotationSite:
    """Answers every request whose path begins with /annotate, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp, studio: Studio) -> None:
        self.app = app
        self.studio, self.feedback, self.auth = studio, studio.review.feedback, studio.review.annotators
        self.annotation = Annotation(self.feedback, load_feedback_rules(studio.presets).annotation.gold_every)
        acts: dict[str, Callable[[str, Call], Call]] = {"answer": self.answer, "back": self.back}
        acts |= {"consent": self.consent}
        self.pages = Starlette(
            routes=[
                Route(PREFIX, self.page),
                Route(f"{PREFIX}/login", self.login, methods=["POST"]),
                Route(f"{PREFIX}/logout", self.logout, methods=["POST"]),
                Route(f"{PREFIX}/files/annotation.js", self.script),
                Route(f"{PREFIX}/pairs", self.pairs),
                Route(f"{PREFIX}/picture/{{stamp}}", self.picture),
                *(Route(f"{PREFIX}/{name}", self._act(work), methods=["POST"]) for name, work in acts.items()),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = scope["type"] == "http" and (path == PREFIX or path.startswith(f"{PREFIX}/"))
        await (self.pages if ours else self.app)(scope, receive, send)

    # ---- pages ----

    async def page(self, request: Request) -> Response:
        """Returns the page; to anybody else, 401 with the login form, or 404 where nobody can log in."""
        token, name = self._who(request)
        if not name:
            return self._closed()
        agreed = await run_in_threadpool(self.feedback.has_agreed, annotator(name))
        return HTMLResponse(annotation_page.pairs(name, self.auth.form_key(token), agreed), headers=HEADERS)

    async def login(self, request: Request) -> Response:
        """Sets the session cookie for the right password; 401 with a sentence for a wrong one, 429 after too many."""
        form = await read_form(request)
        if not self.auth.password or not self.feedback.enabled:
            return self._closed()
        if not same_origin(request):
            return PlainTextResponse(NOT_THIS_PAGE, 403, HEADERS)
        told = form.get("password", ""), form.get("name", ""), client_ip(request)
        try:
            token = await run_in_threadpool(self.auth.login, *told)
        except StudioError as error:
            wait = {"Retry-After": str(error.seconds)} if isinstance(error, LimitError) else {}
            page = annotation_page.login(error.sentence, True, bool(self.auth.hub_users))
            return HTMLResponse(page, 429 if wait else 401, {**HEADERS, **wait})
        answer = RedirectResponse(PREFIX, 303, HEADERS)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, path=PREFIX, httponly=True, samesite="strict", secure=secure)
        return answer

    async def logout(self, request: Request) -> Response:
        """Ends the session, and shows the login form."""
        token, name = self._who(request)
        form = await read_form(request)
        if name and (form.get("form_key") != self.auth.form_key(token) or not same_origin(request)):
            return PlainTextResponse(NOT_THIS_PAGE, 403, HEADERS)
        self.auth.logout(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse(PREFIX, 303, HEADERS)
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    def script(self, request: Request) -> Response:
        """Returns the page's script, which holds nothing of anybody."""
        return FileResponse(SCRIPT, media_type="text/javascript", headers=HEADERS)

    # ---- what the page asks ----

    async def pairs(self, request: Request) -> Response:
        """Returns the next pairs, and how many are left."""
        _, name = self._who(request)
        if not name:
            return JSONResponse({"error": CLOSED}, 401, HEADERS)

        def work() -> Call:
            found, progress = self.annotation.pairs(name, MAX_AT_ONCE), self.annotation.progress(name)
            return {"pairs": [asdict(one) for one in found], **asdict(progress)}

        return await _answered(work)

    async def picture(self, request: Request) -> Response:
        """Returns the marked file of a picture that is compared here."""
        _, name = self._who(request)
        if not name:
            return PlainTextResponse(CLOSED, 401, HEADERS)

        def work() -> Response:
            entry = self.annotation.picture(request.path_params["stamp"])
            kind = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}[entry.path.rpartition(".")[2]]
            return Response(self.studio.library.file(entry), headers={**HEADERS, **FILE}, media_type=kind)

        result = await run_in_threadpool(attempt, work)
        return PlainTextResponse(result.sentence, 404, HEADERS) if isinstance(result, Problem) else result

    def answer(self, name: str, call: Call) -> Call:
        """Keeps an answer."""
        self.annotation.answer(name, _stamps(call), str(call.get("better", "")))
        return {}

    def back(self, name: str, call: Call) -> Call:
        """Deletes an answer, which is given anew."""
        self.annotation.take_back(name, _stamps(call))
        return {}

    def consent(self, name: str, call: Call) -> Call:
        """Notes that answers may be kept, or deletes them all."""
        if call.get("on") is True:
            self.feedback.agree(annotator(name))
            return {}
        return {"said": WITHDRAWN.format(count=self.feedback.withdraw(annotator(name)))}

    # ---- helpers ----

    def _act(self, work: Callable[[str, Call], Call]) -> Callable[[Request], Any]:
        async def act(request: Request) -> Response:
            token, name = self._who(request)
            body = await read_body(request, MAX_BODY)
            if not name:
                return JSONResponse({"error": CLOSED}, 401, HEADERS)
            if request.headers.get("x-form-key") != self.auth.form_key(token) or not same_origin(request):
                return JSONResponse({"error": NOT_THIS_PAGE}, 403, HEADERS)
            try:
                call = json.loads(body or b"")
            except (ValueError, RecursionError):
                call = None
            if not isinstance(call, dict):
                return JSONResponse({"error": NOT_A_CALL}, 400, HEADERS)
            return await _answered(lambda: work(name, call))

        return act

    def _who(self, request: Request) -> tuple[str, str]:
        """Returns the token and the name of an annotator; "" for nobody, and where no feedback is taken."""
        if not self.feedback.enabled:
            return "", ""
        token = request.cookies.get(COOKIE, "")
        name = self.auth.identify(token)
        if not name and "session" in request.scope:
            name = token = self.auth.identify_hub_user(hub_name(request.session))
        return (token, name) if name else ("", "")

    def _closed(self) -> Response:
        if not (self.feedback.enabled and self.auth.is_enabled):
            return PlainTextResponse(CLOSED, 404, HEADERS)
        page = annotation_page.login("", bool(self.auth.password), bool(self.auth.hub_users))
        return HTMLResponse(page, 401, HEADERS)


async def _answered(work: Callable[[], Call]) -> Response:
    """Does the work in another thread, since it waits for the database."""
    result = await run_in_threadpool(attempt, work)
    if isinstance(result, Problem):
        return JSONResponse({"error": result.sentence}, 400 if result.bad_request else 500, HEADERS)
    return JSONResponse(result, headers=HEADERS)


def _stamps(call: Call) -> list[str]:
    stamps = call.get("stamps")
    return [str(stamp) for stamp in stamps[:2]] if isinstance(stamps, list) else []
