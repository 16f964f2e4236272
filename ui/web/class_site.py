"""The addresses of a class, and who its learners are to everything behind: each a client and a person of its own.

/class is where learners join and send their answers, /class/teacher the teacher's page. The cookie of a learner is
signed for one class and worth nothing after it. Limits count by the address of a caller, so a learner's calls get an
address of the class's own (RFC 4193) in place of the one that the whole class shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.errors import LimitError, RequestError, StudioError
from safety.review.client import client_of
from studio.class_answers import AskedOf
from studio.class_record import person_of_learner
from studio.classroom import NO_CLASS, NO_CLASS_ADVICE, Classroom, Room
from ui.learn.class_page import ClassPages
from ui.learn.class_records import answer_of
from ui.learn.panel import Memory
from ui.results import Problem, attempt
from ui.sentences import in_language
from ui.texts import languages
from ui.web.class_teacher import TeacherSite, read_call, read_form, said
from ui.web.client_ip import client_ip
from ui.web.learn_site import HEADERS, PRIVATE, ROOM, asked_texts
from ui.web.person import PERSON

if TYPE_CHECKING:
    from studio import Studio

ROOT, COOKIE = "/class", "safelight_class"
GONE = 410
MAX_ANSWER = 1024  # bytes


class ClassSite:
    """Answers every request for /class and below, and hands on the rest, a learner's as those of the learner.

    `host`: where the server listens. `framed`: another site may show the page in a frame, as for `Persons`.
    """

    def __init__(self, app: ASGIApp, studio: Studio, host: str, memory: Memory, framed: bool = False) -> None:
        assert studio.classroom is not None
        self.app, self.studio, self.framed = app, studio, framed
        self.classroom: Classroom = studio.classroom
        teacher = TeacherSite(studio, self.classroom, host, memory)
        self.pages = Starlette(
            routes=[
                Route(ROOT, self.enter),
                Route(ROOT, self.join, methods=["POST"]),
                Route(f"{ROOT}/leave", self.leave, methods=["POST"]),
                Route(f"{ROOT}/state", self.state),
                Route(f"{ROOT}/answer", self.answer, methods=["POST"]),
                Route(f"{ROOT}/everybody", self.everybody),
                *teacher.routes,
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == ROOT or path.startswith(f"{ROOT}/")):
            await self.pages(scope, receive, send)
            return
        if scope["type"] == "http" and (address := self.classroom.address(_cookie(Request(scope)))):
            person = person_of_learner(client_of(address))
            scope = {**scope, "client": (address, 0), PERSON: person, ROOM: self.classroom.room}
        await self.app(scope, receive, send)

    # ---- joining ----

    def enter(self, request: Request) -> Response:
        """Returns the page with the field for the code; who is in the class is led on."""
        room = self.classroom.room
        if room and self.classroom.address(_cookie(request)):
            return RedirectResponse(_first(room), 303)
        if room is None:
            return self._page(request, self._pages(request).closed(_said(request, f"{NO_CLASS} {NO_CLASS_ADVICE}")))
        return self._page(request, self._pages(request).join())

    async def join(self, request: Request) -> Response:
        """Lets a learner in who types the code; 400 with a sentence for a wrong one, 429 after too many."""
        code = (await read_form(request)).get("code", "")
        try:
            cookie = self.classroom.join(code, client_ip(request))
        except StudioError as error:
            page = self._pages(request).join(_said(request, error.sentence))
            wait = {"Retry-After": str(error.seconds)} if isinstance(error, LimitError) else {}
            return HTMLResponse(page, 429 if wait else 400, {**HEADERS, **wait})
        room = self.classroom.require_room()
        answer = RedirectResponse(_first(room), 303, PRIVATE)
        answer.headers.append("set-cookie", f"{COOKIE}={cookie}; {self._attributes(request)}")
        return answer

    def leave(self, request: Request) -> Response:
        """Takes the cookie back: from here on the browser is in no class."""
        answer = RedirectResponse("../learn", 303, PRIVATE)
        answer.headers.append("set-cookie", f"{COOKIE}=; Max-Age=0; {self._attributes(request)}")
        return answer

    # ---- what a learner's page asks ----

    async def state(self, request: Request) -> Response:
        """Says what the teacher has opened; 410 once the class is over, and the cookie goes."""
        try:
            room = self.classroom.here(_cookie(request))
        except RequestError as error:
            answer = said(_said(request, error.sentence), GONE)
            answer.headers.append("set-cookie", f"{COOKIE}=; Max-Age=0; {self._attributes(request)}")
            return answer
        lesson = self.studio.lessons.get(room.lesson)
        title = lesson.text(asked_texts(request).tag).title if lesson else ""
        return JSONResponse({"lesson": room.lesson, "steps": room.steps, "title": title}, headers=PRIVATE)

    async def answer(self, request: Request) -> Response:
        """Takes an answer of a learner; 400 for one that the lesson does not ask, 410 once the class is over."""
        cookie = _cookie(request)
        if not self.classroom.address(cookie):
            return await self.state(request)
        call = await read_call(request, MAX_ANSWER)
        result = attempt(self._answer, cookie, call or {})
        if isinstance(result, Problem):
            return said(_said(request, result.sentence), 400 if self.classroom.address(cookie) else GONE)
        return JSONResponse({}, headers=PRIVATE)

    def _answer(self, cookie: str, call: dict[str, Any]) -> None:
        asked = AskedOf(*(str(call.get(name, ""))[:100] for name in AskedOf._fields))
        self.classroom.answer(cookie, asked, answer_of(self.studio.lessons.get(asked.lesson), asked, call.get("value")))

    async def everybody(self, request: Request) -> Response:
        """Returns what the class has recorded under a name: to a learner who has done so, too; 410 once it is over."""
        if not self.classroom.address(_cookie(request)):
            return await self.state(request)
        asked = AskedOf(*(request.query_params.get(name, "") for name in AskedOf._fields))
        return JSONResponse({"values": self.classroom.values_for(_cookie(request), asked)}, headers=PRIVATE)

    # ---- helpers ----

    def _pages(self, request: Request) -> ClassPages:
        return ClassPages(asked_texts(request), languages())

    def _page(self, request: Request, page: str) -> Response:
        return HTMLResponse(page, headers=HEADERS)

    def _attributes(self, request: Request) -> str:
        secure = request.url.scheme == "https"
        site = "SameSite=None; Secure; Partitioned" if self.framed and secure else "SameSite=Lax"
        # No age: it goes with the browser, and the class with the server.
        return f"Path=/; HttpOnly; {site}" + ("; Secure" if secure and not self.framed else "")


def _cookie(request: Request) -> str:
    return request.cookies.get(COOKIE, "")


def _first(room: Room) -> str:
    return f"learn/{room.lesson}" if room.lesson else "learn"


def _said(request: Request, sentence: str) -> str:
    return in_language(sentence, asked_texts(request).tag)
