"""The pages for people who are depicted, beside the studio's page: they need no script, no account and no cookie.

POST /report takes a notice and shows its receipt; POST /report/receipt says how it went; POST /report/language shows
the same page in another language; /report/removed tells the maker of a picture what became of it. They stand before
Gradio's routes, and are counted and bounded by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.audit.hash_chain import timestamp
from safety.errors import FileError, RequestError, StudioError
from safety.review.notices import NoticeRequest, SentNotice
from studio.notice_intake import send_notice
from ui.html.notice_form import SCRIPT_HASH, SENT, SENT_ALONE, NoticePages
from ui.http.arriving import Arriving
from ui.results import Problem, attempt
from ui.sentences import in_language
from ui.texts import all_texts, page_texts
from ui.web.client_ip import client_ip
from ui.web.form_body import FILE, MEGABYTE, Form, TooLargeError, read_form
from ui.web.person import person_of
from ui.web.reader import accepted, page_language

if TYPE_CHECKING:
    from studio import Studio

PATH = "/report"
YES = "yes"  # what the box of the form sends
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": PAGE_POLICY,
    # Without a referrer a browser names no origin with a form, and a form without one is another site's.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language, Cookie",
}


def _page(page: str, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    """Returns a page; where it has the script that adds the reader's own time, that one may run and no other."""
    headers = {**HEADERS, **(more or {})}
    if "<script>" in page:
        headers["Content-Security-Policy"] = f"{PAGE_POLICY}; script-src '{SCRIPT_HASH}'"
    return HTMLResponse(page, status, headers)


def _send(studio: Studio, asked: NoticeRequest, file: bytes, client: str) -> SentNotice:
    try:
        return send_notice(studio, asked, file, client)
    except FileError as error:
        # The person's own file is at fault, as any other field may be.
        raise RequestError(str(error), error.advice, "file") from error


class NoticeSite:
    """Answers /report and what lies below it, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp, studio: Studio) -> None:
        self.app = app
        self.studio = studio
        self.megabytes = studio.review.rate_limiter.limits.uploads.megabytes
        self.arriving = Arriving(2 * self.megabytes * MEGABYTE, 8 * self.megabytes * MEGABYTE)
        routes = [
            Route(PATH, self.form),
            Route(PATH, self._target(self.send), methods=["POST"]),
            Route(f"{PATH}/receipt", self.form),
            Route(f"{PATH}/receipt", self._target(self.look), methods=["POST"]),
            Route(f"{PATH}/language", self.form),
            Route(f"{PATH}/language", self._target(self.language), methods=["POST"]),
            Route(f"{PATH}/removed", self.removed),
            Route(f"{PATH}/removed", self._target(self.answer), methods=["POST"]),
        ]
        self.pages = Starlette(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = scope["type"] == "http" and (path == PATH or path.startswith(f"{PATH}/"))
        await (self.pages if ours else self.app)(scope, receive, send)

    def form(self, request: Request) -> Response:
        """Returns the form."""
        return _page(self._pages(request).form())

    def send(self, request: Request, form: Form) -> Response:
        """Takes a notice and shows its receipt; shows the form again, as it was filled in, with what is wrong."""
        sent_file = form.pop(FILE, b"")
        file = sent_file if isinstance(sent_file, bytes) else b""
        words = _words(form)
        asked = NoticeRequest(**words, good_faith=form.get("good_faith") == YES)
        sent = attempt(_send, self.studio, asked, file, client_ip(request))
        pages = self._pages(request)
        if isinstance(sent, Problem):
            values = {**words, "good_faith": form.get("good_faith", ""), "file": "chosen" if file else ""}
            return self._again(replace(pages, values=values), sent, NoticePages.form)
        return _page(pages.sent(sent, asked.reason), 201)

    def look(self, request: Request, form: Form) -> Response:
        """Shows how a notice went, by its receipt."""
        return self._by_receipt(request, form, "status")

    def language(self, request: Request, form: Form) -> Response:
        """Shows the page that a form was sent from in another language, with all that was written but a file."""
        shown = str(form.get("shown", ""))
        if shown in (SENT, SENT_ALONE, "status"):
            return self._by_receipt(request, form, shown)
        values = {**_words(form), "good_faith": form.get("good_faith", ""), "file": form.get("file", "")}
        values["receipt"] = str(form.get("receipt", ""))
        pages = replace(self._pages(request), values=values)
        return _page(pages.receipt() if shown == "receipt" else pages.form())

    def removed(self, request: Request) -> Response:
        """Shows the maker of removed pictures what became of them."""
        return _page(self._removed_page(request, self._pages(request)))

    def answer(self, request: Request, form: Form) -> Response:
        """Takes the answer of the maker of a removed picture."""
        words = str(form.get("stamp", "")), str(form.get("answer", ""))
        done = attempt(self.studio.review.notices.answer, person_of(request), *words, client_ip(request))
        if isinstance(done, Problem):
            return self._again(self._pages(request), done, lambda pages: self._removed_page(request, pages))
        return RedirectResponse(f"{PATH}/removed?answered=1", 303, HEADERS)

    # ---- around them ----

    def _by_receipt(self, request: Request, form: Form, shown: str) -> Response:
        """Shows how the notice of a receipt went, or (SENT, SENT_ALONE) the receipt itself once more."""
        receipt, about, pages = str(form.get("receipt", "")), str(form.get("about", "")), self._pages(request)
        status = attempt(self.studio.review.notices.status, receipt, client_ip(request))
        if isinstance(status, Problem):
            return self._again(replace(pages, values={"receipt": receipt}), status, NoticePages.receipt)
        if shown in (SENT, SENT_ALONE):
            return _page(pages.sent(SentNotice(receipt, status, shown == SENT), about))
        return _page(pages.status(status, receipt, about))

    def _target(self, work: Callable[[Request, Form], Response]) -> Callable[[Request], Any]:
        """Returns an endpoint that reads a form within bounds and then works in a thread."""

        async def take(request: Request) -> Response:
            with self.arriving.body(client_ip(request)) as count:
                try:
                    form = await read_form(request, self.megabytes, count)
                except StudioError as error:
                    status = 413 if isinstance(error, TooLargeError) else None
                    return self._again(self._pages(request), Problem.of(error), NoticePages.form, status)
                return await run_in_threadpool(work, request, form)

        return take

    def _pages(self, request: Request) -> NoticePages:
        asked = request.query_params.get("language", "").partition("-")[0].lower()
        texts = page_texts(asked if asked in all_texts() else page_language(request))
        country = self.studio.messages(self.studio.nearest_language(accepted(request))).country
        messages = self.studio.messages(f"{texts.tag}-{country}" if country else texts.tag)
        root = "./" if request.url.path == PATH else "../"
        address = f"{str(request.base_url).rstrip('/')}{PATH}"
        return NoticePages(texts, messages, self.studio.retention, self.megabytes, root, address)

    def _removed_page(self, request: Request, pages: NoticePages) -> str:
        notices = self.studio.review.notices
        answered = "answered" in request.query_params
        return pages.removed(notices.removed(person_of(request)), timestamp(notices.now()), answered)

    @staticmethod
    def _again(
        pages: NoticePages, problem: Problem, show: Callable[[NoticePages], str], status: int | None = None
    ) -> Response:
        status = status or (429 if problem.wait is not None else 400 if problem.bad_request else 500)
        wait = {} if problem.wait is None else {"Retry-After": str(problem.wait)}
        sentence = in_language(problem.sentence, pages.texts.tag)
        return _page(show(replace(pages, problem=sentence)), status, wait)


def _words(form: Form) -> dict[str, str]:
    """Returns what a form says of a notice, but for the word of good faith."""
    names = {field.name for field in fields(NoticeRequest)} - {"good_faith"}
    return {name: str(form.get(name, "")) for name in names}
