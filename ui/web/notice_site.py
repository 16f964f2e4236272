"""The pages for people who are depicted, beside the studio's page: no script, no account, no cookie.

POST /report takes a notice and shows its receipt; POST /report/receipt says how it went; /report/removed tells the
maker of a picture what became of it. They stand before Gradio's routes, and are counted and bounded by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.audit.hash_chain import timestamp
from safety.errors import FileError, RequestError
from safety.review.notices import NoticeRequest, SentNotice
from studio.notice_intake import send_notice
from ui.html.notice_form import NoticePages
from ui.results import Problem, attempt
from ui.sentences import in_language
from ui.texts import all_texts, page_texts
from ui.web.client_ip import client_ip
from ui.web.person import person_of
from ui.web.reader import page_language

if TYPE_CHECKING:
    from studio import Studio

PATH = "/report"
MEGABYTE = 1024 * 1024
OVERHEAD = 256 * 1024  # bytes of a form around its file
MAX_FIELDS = 20
SLOWEST = 120.0  # seconds for a form to arrive: a phone on a train sends a photograph
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # Without a referrer a browser names no origin with a form, and a form without one is another site's.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language, Cookie",
}
TOO_LARGE = "This file is too large. Send one of at most {megabytes} MB, or the picture's stamp."
UNREADABLE = "This form did not arrive whole. Send it again."
Form = dict[str, Any]


def _send(studio: Studio, asked: NoticeRequest, file: bytes, client: str) -> SentNotice:
    try:
        return send_notice(studio, asked, file, client)
    except FileError as error:
        # The person's own file is at fault, as any other field may be.
        raise RequestError(str(error), error.advice, "file") from error


class _InMemory(MultiPartParser):
    """Reads a form without writing its file to disk: what is sent here may be what nobody should keep."""

    spool_max_size = 1 << 40


class NoticeSite:
    """Answers /report and what lies below it, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp, studio: Studio) -> None:
        self.app = app
        self.studio = studio
        self.megabytes = studio.review.rate_limiter.limits.uploads.megabytes
        routes = [
            Route(PATH, self.form),
            Route(PATH, self._target(self.send), methods=["POST"]),
            Route(f"{PATH}/receipt", self.form),
            Route(f"{PATH}/receipt", self._target(self.look), methods=["POST"]),
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
        return HTMLResponse(self._pages(request).form(), headers=HEADERS)

    def send(self, request: Request, form: Form) -> Response:
        """Takes a notice and shows its receipt; shows the form again, as it was filled in, with what is wrong."""
        file = form.pop("file", b"")
        names = {field.name for field in fields(NoticeRequest)} - {"good_faith"}
        words = {name: str(form.get(name, "")) for name in names}
        asked = NoticeRequest(**words, good_faith=bool(form.get("good_faith")))
        sent = attempt(_send, self.studio, asked, file, client_ip(request))
        pages = self._pages(request)
        if isinstance(sent, Problem):
            values = {**words, "good_faith": form.get("good_faith", "")}
            return self._again(replace(pages, values=values), sent, NoticePages.form)
        return HTMLResponse(pages.sent(sent), 201, HEADERS)

    def look(self, request: Request, form: Form) -> Response:
        """Shows how a notice went, by its receipt."""
        status = attempt(self.studio.review.notices.status, str(form.get("receipt", "")), client_ip(request))
        if isinstance(status, Problem):
            return self._again(self._pages(request), status, NoticePages.receipt)
        return HTMLResponse(self._pages(request).status(status), headers=HEADERS)

    def removed(self, request: Request) -> Response:
        """Shows the maker of removed pictures what became of them."""
        return HTMLResponse(self._removed_page(request, self._pages(request)), headers=HEADERS)

    def answer(self, request: Request, form: Form) -> Response:
        """Takes the answer of the maker of a removed picture."""
        words = str(form.get("stamp", "")), str(form.get("answer", ""))
        done = attempt(self.studio.review.notices.answer, person_of(request), *words, client_ip(request))
        if isinstance(done, Problem):
            return self._again(self._pages(request), done, lambda pages: self._removed_page(request, pages))
        return RedirectResponse(f"{PATH}/removed?answered=1", 303, HEADERS)

    # ---- around them ----

    def _target(self, work: Callable[[Request, Form], Response]) -> Callable[[Request], Any]:
        """Returns an endpoint that reads a form within bounds and then works in a thread."""

        async def take(request: Request) -> Response:
            try:
                async with asyncio.timeout(SLOWEST):
                    form = await self._read(request)
            except (TimeoutError, MultiPartException, ClientDisconnect, UnicodeDecodeError):
                problem = Problem(UNREADABLE, bad_request=True)
                return self._again(self._pages(request), problem, NoticePages.form)
            except RequestError as error:
                return self._again(self._pages(request), Problem.of(error), NoticePages.form)
            return await run_in_threadpool(work, request, form)

        return take

    async def _read(self, request: Request) -> Form:
        """Returns the fields of a form, its file as bytes. Raises RequestError for one that is too large."""
        most = self.megabytes * MEGABYTE + OVERHEAD

        async def bounded() -> AsyncGenerator[bytes, None]:
            size = 0
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise RequestError(TOO_LARGE.format(megabytes=self.megabytes))
                yield chunk

        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            parser = _InMemory(request.headers, bounded(), max_files=1, max_fields=MAX_FIELDS, max_part_size=OVERHEAD)
            data = await parser.parse()
        else:
            data = await FormParser(request.headers, bounded()).parse()
        form: Form = {}
        for name, value in data.items():
            form[name] = await value.read() if isinstance(value, UploadFile) else value
        await data.close()
        return form

    def _pages(self, request: Request) -> NoticePages:
        asked = request.query_params.get("language", "").partition("-")[0].lower()
        texts = page_texts(asked if asked in all_texts() else page_language(request))
        return NoticePages(texts, self.studio.retention, self.megabytes, "./" if request.url.path == PATH else "../")

    def _removed_page(self, request: Request, pages: NoticePages) -> str:
        notices = self.studio.review.notices
        answered = "answered" in request.query_params
        return pages.removed(notices.removed(person_of(request)), timestamp(notices.now()), answered)

    @staticmethod
    def _again(pages: NoticePages, problem: Problem, show: Callable[[NoticePages], str]) -> Response:
        status = 429 if problem.wait is not None else 400 if problem.bad_request else 500
        wait = {} if problem.wait is None else {"Retry-After": str(problem.wait)}
        sentence = in_language(problem.sentence, pages.texts.tag)
        return HTMLResponse(show(replace(pages, problem=sentence)), status, HEADERS | wait)
