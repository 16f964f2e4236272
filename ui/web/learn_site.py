"""The lessons' own addresses, beside the page's: the list, each lesson, its worksheet, scripts, and what panels ask.

They stand before Gradio's routes. A lesson keeps nothing of a learner on the server: what a panel is sent lives for
that one call.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.resources import ASSETS
from studio.classroom import Room
from studio.lessons import Lesson, StepPlan
from ui.learn.lesson_page import LessonPages, Seat
from ui.learn.panel import Desk, Memory
from ui.learn.panels import ON_PICTURES, PANELS, settings_of
from ui.results import Problem, attempt
from ui.sentences import in_language
from ui.texts import Texts, all_texts, languages, page_texts
from ui.web.client_ip import client_ip
from ui.web.person import YEAR, person_of
from ui.web.reader import COOKIE, accepted, page_language
from ui.web.request_body import read_body

if TYPE_CHECKING:
    from studio import Studio

ROOT = "/learn"
FILE = re.compile(r"[a-z_]+\.(?:js|css)")
TYPES = {".js": "text/javascript", ".css": "text/css"}
AT_ONCE = 4  # calls of one client
PICTURES_AT_ONCE, OTHERS_AT_ONCE = 3, 4  # calls of all clients that are computed, the others wait
RETRY = 2  # seconds after which a call that was turned away may pass
HEADERS = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
PRIVATE = {"Cache-Control": "no-store"}
# The key of a scope under which the class of a learner stands (ui/web/class_site.py).
ROOM = "safelight.class"
NOT_OPEN = "Your teacher has not opened this yet."
NO_LESSON = "There is no such lesson."
NOT_A_CALL = "This call has not the form that the panel takes."
TOO_LONG = "This file is too large for a lesson."
TOO_MANY = "Too many calls of yours are running. Wait for their answers, then try again."


class LearnSite:
    """Answers every request for /learn and below, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp, studio: Studio, memory: Memory | None = None) -> None:
        self.app = app
        self.studio, self.memory = studio, memory or Memory()
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._on_pictures, self._others = CapacityLimiter(PICTURES_AT_ONCE), CapacityLimiter(OTHERS_AT_ONCE)
        self.pages = Starlette(
            routes=[
                Route(ROOT, self.index),
                Route(f"{ROOT}/files/{{name}}", self.file),
                Route(f"{ROOT}/{{lesson}}", self.lesson),
                Route(f"{ROOT}/{{lesson}}/worksheet", self.worksheet),
                Route(f"{ROOT}/{{lesson}}/panel/{{step}}", self.panel, methods=["GET", "POST"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = scope["type"] == "http" and (path == ROOT or path.startswith(f"{ROOT}/"))
        await (self.pages if ours else self.app)(scope, receive, send)

    @property
    def lessons(self) -> dict[str, Lesson]:
        """Returns all lessons. Raises PresetError."""
        return self.studio.lessons

    # ---- pages ----

    def index(self, request: Request) -> Response:
        """Returns the list of lessons."""
        room, classroom = room_of(request), self.studio.classroom
        seat = Seat(room.id, 0) if room else None
        invites = room is None and classroom is not None and classroom.room is not None
        shown = [lesson for lesson in self.lessons.values() if room is None or room.is_open(lesson.name)]
        return self._html(request, LessonPages(asked_texts(request), languages(), seat, invites).index(shown))

    def lesson(self, request: Request) -> Response:
        """Returns one lesson."""
        lesson = self._lesson(request)
        if lesson is None:
            return _gone()
        room = room_of(request)
        if room and not room.is_open(lesson.name):
            return RedirectResponse(room.lesson, 303)
        names = [name for name in self.lessons if room is None or room.is_open(name)]
        after = names[names.index(lesson.name) + 1 :]
        following = self.lessons[after[0]] if after else None
        seat = Seat(room.id, room.steps if room.lesson else 0) if room else None
        return self._html(request, LessonPages(asked_texts(request), languages(), seat).lesson(lesson, following))

    def worksheet(self, request: Request) -> Response:
        """Returns a lesson to print; with `?answers` for the teacher."""
        lesson = self._lesson(request)
        if lesson is None:
            return _gone()
        answers, room = "answers" in request.query_params, room_of(request)
        if room and (answers or not room.is_open(lesson.name)):
            # What is right is told after the question, step by step.
            return RedirectResponse(f"../{room.lesson or lesson.name}", 303)
        return self._html(request, LessonPages(asked_texts(request), languages()).worksheet(lesson, answers))

    def file(self, request: Request) -> Response:
        """Returns a script or the style sheet of the lessons."""
        path = ASSETS / "learn" / request.path_params["name"]
        if not FILE.fullmatch(path.name) or not path.is_file():
            return PlainTextResponse("There is no such file.", 404)
        return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": "no-cache"})

    # ---- panels ----

    async def panel(self, request: Request) -> Response:
        """Opens the panel of a step (GET), or answers what a learner did in it (POST, a JSON object)."""
        lesson = self._lesson(request)
        step = lesson.step(request.path_params["step"]) if lesson else None
        if lesson is None or step is None or not step.panel:
            return _gone()
        room = room_of(request)
        if room and not room.is_open(lesson.name, [one.id for one in lesson.plan.step].index(step.id) + 1):
            return _problem(in_language(NOT_OPEN, asked_texts(request).tag), 403)
        most = PANELS[step.panel].most_bytes
        # Counted before it is read: what is sent in many calls fills the memory as well.
        with self._turn(client_ip(request)) as may:
            if not may:
                # A browser that is still sending would not see the answer.
                await read_body(request, most, kept=False)
                return _problem(in_language(TOO_MANY, asked_texts(request).tag), 429, RETRY)
            call: dict[str, Any] | None = None
            if request.method == "POST":
                body = await read_body(request, most)
                if body is None:
                    return _problem(in_language(TOO_LONG, asked_texts(request).tag), 413)
                call = _call(body)
                if call is None:
                    return _problem(NOT_A_CALL, 400)
            # A few at a time: a class that computes all at once keeps the processor from those who move a slider.
            places = self._on_pictures if step.panel in ON_PICTURES else self._others
            return await to_thread.run_sync(self._answer, request, lesson, step, call, limiter=places)

    def _answer(self, request: Request, lesson: Lesson, step: StepPlan, call: dict[str, Any] | None) -> Response:
        result = attempt(self._work, request, lesson, step, call)
        if isinstance(result, Problem):
            status = 429 if result.wait is not None else 400 if result.bad_request else 500
            return _problem(in_language(result.sentence, asked_texts(request).tag), status, result.wait)
        return JSONResponse(result, headers=PRIVATE)

    def _work(self, request: Request, lesson: Lesson, step: StepPlan, call: dict[str, Any] | None) -> dict[str, Any]:
        panel, settings = PANELS[step.panel], settings_of(lesson, step)
        messages = self.studio.messages(self.studio.nearest_language(accepted(request)))
        desk: Desk[Any] = Desk(
            self.studio, settings, asked_texts(request), messages, client_ip(request), person_of(request), self.memory
        )
        return panel.open(desk) if call is None else panel.answer(desk, call)

    @contextmanager
    def _turn(self, client: str) -> Iterator[bool]:
        """Counts a call of a client while it waits or runs; False where too many of them do already."""
        with self._lock:
            may = self._running[client] < AT_ONCE
            self._running[client] += may
        try:
            yield may
        finally:
            with self._lock:
                self._running[client] -= may
                if not self._running[client]:
                    del self._running[client]

    # ---- helpers ----

    def _lesson(self, request: Request) -> Lesson | None:
        return self.lessons.get(request.path_params["lesson"])

    def _html(self, request: Request, page: str) -> Response:
        response = HTMLResponse(page, headers=HEADERS)
        if (asked := request.query_params.get("language", "")) in all_texts():
            # As the menu of the page does: what the panels say comes in that language, too.
            response.set_cookie(COOKIE, asked, max_age=YEAR, samesite="lax")
        return response


def room_of(request: Request) -> Room | None:
    """Returns the class whose learner a call comes from; None for anybody else's."""
    room: Room | None = request.scope.get(ROOM)
    return room


def asked_texts(request: Request) -> Texts:
    """Returns the strings of the language that a page is asked for in."""
    asked = request.query_params.get("language", "")
    return page_texts(asked if asked in all_texts() else page_language(request))


def _call(body: bytes) -> dict[str, Any] | None:
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return call if isinstance(call, dict) else None


def _gone() -> Response:
    return PlainTextResponse(NO_LESSON, 404)


def _problem(sentence: str, status: int, wait: int | None = None) -> Response:
    headers = PRIVATE | ({"Retry-After": str(wait)} if wait is not None else {})
    return JSONResponse({"error": sentence}, status, headers=headers)
