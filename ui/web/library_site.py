"""The library's own addresses, beside the page's: cards, small and whole pictures, one ZIP, and what people do.

Each answers the person of the call, as ui/web/person.py has written it into the scope, and nobody else: a picture of
another person's is not there. They stand before Gradio's routes, whose files are anybody's who knows their names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.audit.library_table import LibraryEntry, LibraryFilter
from safety.errors import RequestError
from safety.records import Stage, Verdict
from studio.library import MAX_AT_ONCE, NOT_THERE
from studio.library_zip import zip_of
from studio.thumbnails import thumbnail
from ui.html import library_cards as html
from ui.html.feedback_bar import under_entry
from ui.results import Problem, attempt
from ui.sentences import in_language
from ui.texts import Texts, page_texts
from ui.web.headers import FILE_POLICY
from ui.web.person import person_of
from ui.web.picture_slot import forget
from ui.web.reader import accepted, page_language
from ui.web.request_body import read_body

if TYPE_CHECKING:
    from studio import Studio

PREFIX = "/library/"
PAGE = 60  # cards in one answer
MAX_BODY = 32 * 1024  # bytes of one call
MAX_START = 10_000_000
MAX_WORDS = 200  # characters that are searched for
PIECE = 256 * 1024  # bytes
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
# Asked for anew each time, by its tag: who sees it may have changed, or it may be deleted.
PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Cookie"}
FILE = {**PRIVATE, "Content-Security-Policy": FILE_POLICY, "X-Content-Type-Options": "nosniff"}
ONE_ZIP = "Another ZIP file is being put together just now."
NOT_A_CALL = "This call has not the form that the library takes."


class LibrarySite:
    """Answers every request whose path begins with /library/, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp, studio: Studio) -> None:
        self.app = app
        self.studio, self.library = studio, studio.library
        self._zipping = Lock()
        get = {"frame": self.frame, "thumb/{stamp}": self.thumb, "picture/{stamp}": self.picture}
        get |= {"one/{stamp}": self.one, "compare": self.compare}
        # Words that are searched for stand in no address: proxies write those down.
        post: dict[str, Callable[[Request, dict[str, Any]], Any]] = {"cards": self.cards}
        post |= {"act": self.act, "zip": self.zip}
        self.pages = Starlette(
            routes=[
                *(Route(PREFIX + path, _getter(work)) for path, work in get.items()),
                *(Route(PREFIX + path, _poster(work), methods=["POST"]) for path, work in post.items()),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope.get("path", "").startswith(PREFIX)
        await (self.pages if ours else self.app)(scope, receive, send)

    # ---- what is asked for ----

    def frame(self, request: Request) -> Response:
        """Returns the tools, with the filters that this person's pictures have."""
        person, texts = person_of(request), self._texts(request)
        facets, total = self.library.facets(person), self.library.page(person, LibraryFilter(), 0, 1).total
        return _html(html.frame(texts, facets, self._names(request), self._keeps(person), total))

    def cards(self, request: Request, call: dict[str, Any]) -> Response:
        """Returns some cards, from number `start` on."""
        start = call.get("start", 0)
        start = start if isinstance(start, int) and 0 <= start < MAX_START else 0
        page = self.library.page(person_of(request), _filter(call), start, PAGE)
        gone = [entry.stamp for entry in page.entries if not self.library.pictures.has(self.library.path(entry))]
        cards = html.cards(page.entries, gone, self._texts(request))
        return JSONResponse({"html": str(cards), "total": page.total, "page": PAGE}, headers=PRIVATE)

    def thumb(self, request: Request) -> Response:
        """Returns a small picture."""
        entry = self._entry(request)
        tag = f'"{entry.stamp}{"-veil" if entry.veiled else ""}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={**FILE, "ETag": tag})
        return Response(thumbnail(self.library, entry), headers={**FILE, "ETag": tag}, media_type="image/webp")

    def picture(self, request: Request) -> Response:
        """Returns a marked file as it is; of a veiled picture, nothing."""
        entry = self._entry(request)
        if entry.veiled:
            raise RequestError("This picture is veiled.", "Reveal it first.")
        kind = TYPES.get("." + entry.path.rpartition(".")[2].lower(), "application/octet-stream")
        return Response(self.library.file(entry), headers=FILE, media_type=kind)

    def one(self, request: Request) -> Response:
        """Returns one picture large, with its facts."""
        return self._view(request, self._entry(request))

    def compare(self, request: Request) -> Response:
        """Returns two pictures over each other."""
        chosen = self.library.entries(person_of(request), request.query_params.get("stamps", "").split(",")[:2])
        if len(chosen) != 2 or any(entry.veiled for entry in chosen):
            raise RequestError("Two pictures that are not veiled can be compared.", "Choose two.")
        return _html(html.compared(chosen, self._texts(request)))

    # ---- what is done ----

    def act(self, request: Request, call: dict[str, Any]) -> Response:
        """Does one thing with some pictures, and says in one sentence what came of it."""
        person, texts, stamps = person_of(request), self._texts(request), _stamps(call)
        match call.get("do"):
            case "reveal" if len(stamps) == 1:
                return self._view(request, self.library.reveal(person, stamps[0]))
            case "keep":
                self.library.keep_prompts(person, call.get("on") is True)
                return _said(texts[f"library.keeps_{'person' if call.get('on') is True else 'no'}"])
            case "star":
                done = self.library.favour(person, stamps, call.get("on") is True)
            case "move":
                done = self.library.move(person, stamps, str(call.get("folder") or ""))
            case "delete":
                names = [Path(entry.path).name for entry in self.library.entries(person, stamps)]
                done = self.library.delete(person, stamps)
                forget(names)
            case _:
                raise RequestError(NOT_A_CALL)
        # Another tab may have deleted some of them in the meantime.
        missing = len(set(stamps)) - done
        sentence = texts.say("library.done", count=done)
        return _said(f"{sentence} {texts.say('library.not_there', count=missing)}" if missing else sentence)

    def zip(self, request: Request, call: dict[str, Any]) -> Response:
        """Returns the marked files of some pictures."""
        entries = self.library.entries(person_of(request), _stamps(call))
        # Up to 1 GB is read and written: one after the other, so that nobody fills the disk or takes all the threads.
        if not self._zipping.acquire(blocking=False):
            raise RequestError(ONE_ZIP, "Try again in a moment.")
        try:
            file = zip_of(self.library, entries)
        finally:
            self._zipping.release()
        headers = {**FILE, "Content-Disposition": 'attachment; filename="safelight-library.zip"'}
        return StreamingResponse(_pieces(file), headers=headers, media_type="application/zip")

    # ---- helpers ----

    def _entry(self, request: Request) -> LibraryEntry:
        return self.library.entry(person_of(request), request.path_params["stamp"])

    def _view(self, request: Request, entry: LibraryEntry) -> Response:
        found = attempt(self.library.file, entry)
        gone = found.sentence if isinstance(found, Problem) else ""
        messages = self.studio.messages(self._tag(request))
        rows = self.studio.show_case(entry.case_id)
        view = html.view(entry, rows, gone, self._names(request), messages, self._texts(request))
        return _html(view + under_entry(self.studio.review.feedback, entry))

    def _keeps(self, person: str) -> str:
        if not person:
            return "nobody"
        if self.studio.audit.keep_prompts:
            return "operator"
        return "person" if self.library.keeps_prompts(person) else "no"

    def _tag(self, request: Request) -> str:
        return self.studio.nearest_language(accepted(request))

    def _texts(self, request: Request) -> Texts:
        return page_texts(page_language(request))

    def _names(self, request: Request) -> dict[str, str]:
        """Returns the titles of modes, engines and verdicts, for the filters."""
        messages = self.studio.messages(self._tag(request))
        names = {f"mode.{name}": messages.mode(name).title for name in self.studio.policy.mode}
        names |= {f"engine.{name}": card.title for name, card in self.studio.engine_cards().items()}
        verdicts = {verdict.name: messages.verdict(Stage.PICTURE, verdict).title for verdict in Verdict}
        names |= {f"verdict.{name}": title for name, title in verdicts.items()}
        return names | {"verdict.REVIEWED": self._texts(request)["library.reviewed"]}


def _getter(work: Callable[[Request], Response]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        return await _response(work, request)

    return answer


def _poster(work: Callable[[Request, dict[str, Any]], Response]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        body = await read_body(request, MAX_BODY)
        if body is None:
            return _problem(NOT_A_CALL, 413)
        try:
            call = json.loads(body)
        except (ValueError, RecursionError):
            call = None
        if not isinstance(call, dict):
            return _problem(NOT_A_CALL, 400)
        return await _response(work, request, call)

    return answer


async def _response(work: Callable[..., Response], *args: Any) -> Response:
    """Does the work in another thread, since it waits for the database and the disk."""
    result = await run_in_threadpool(attempt, work, *args)
    if not isinstance(result, Problem):
        return result
    status = 404 if result.sentence == NOT_THERE else 400 if result.bad_request else 500
    return _problem(in_language(result.sentence, page_language(args[0])), status)


def _problem(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status, headers=PRIVATE)


def _said(sentence: str) -> Response:
    return JSONResponse({"said": sentence}, headers=PRIVATE)


def _html(text: str) -> Response:
    # As JSON: the headers of a page are for whole pages.
    return JSONResponse({"html": str(text)}, headers=PRIVATE)


def _filter(call: dict[str, Any]) -> LibraryFilter:
    texts = {field.name: str(call.get(field.name) or "")[:MAX_WORDS] for field in fields(LibraryFilter)}
    return LibraryFilter(**{**texts, "favourite": bool(call.get("favourite"))})  # type: ignore[arg-type]


def _stamps(call: dict[str, Any]) -> list[str]:
    stamps = call.get("stamps", [])
    if not isinstance(stamps, list) or len(stamps) > MAX_AT_ONCE or not all(isinstance(one, str) for one in stamps):
        raise RequestError(NOT_A_CALL, f"Choose at most {MAX_AT_ONCE} pictures.")
    return stamps


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
