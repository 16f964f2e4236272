"""The teacher's addresses: a page and what it asks, for whoever has the password."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from safety.errors import LimitError, RequestError, StudioError
from safety.review.auth import ReviewerAuth
from studio.classroom import Classroom
from studio.lessons import Lesson, StepPlan
from ui.learn.class_charts import charts
from ui.learn.class_page import ClassPages
from ui.learn.moderate import curve
from ui.learn.panel import Desk, Json, Memory
from ui.learn.panels import settings_of
from ui.learn.scored_set import scored_rows
from ui.results import Problem, attempt
from ui.sentences import in_language
from ui.texts import languages
from ui.web.client_ip import client_ip
from ui.web.learn_site import HEADERS, PRIVATE, asked_texts
from ui.web.origins import LOOPBACK_NAMES
from ui.web.picture_slot import forget
from ui.web.request_body import read_body

if TYPE_CHECKING:
    from studio import Studio

ROOT, COOKIE = "/class/teacher", "safelight_teacher"
MAX_FORM = 4096  # bytes
NOT_A_CALL = "This call has not the form that the page sends."
NO_TEACHER = "Only the teacher can do this. Log in again."
# What was being drawn when a class ended is deleted once it is done: looked for so often, for so long (seconds).
SWEEP_EVERY, SWEEP_FOR = 2.0, 300.0


class TeacherSite:
    """Answers the teacher. `host`: where the server listens; `memory` keeps the scores of sets, for the curve."""

    def __init__(self, studio: Studio, classroom: Classroom, host: str, memory: Memory) -> None:
        self.studio, self.classroom, self.host, self.memory = studio, classroom, host, memory
        self.auth = ReviewerAuth(studio.review.rate_limiter, classroom.password)
        self.routes = [
            Route(ROOT, self.page),
            Route(f"{ROOT}/login", self.login, methods=["POST"]),
            Route(f"{ROOT}/logout", self.logout, methods=["POST"]),
            Route(f"{ROOT}/state", self.state),
            *(
                Route(f"{ROOT}/{name}", self._action(name), methods=["POST"])
                for name in ("open", "set", "code", "close")
            ),
        ]

    # ---- the page ----

    def page(self, request: Request) -> Response:
        """Returns the teacher's page; to anybody else, 401 with the field for the password."""
        pages = ClassPages(asked_texts(request), languages())
        if not self._is_teacher(request):
            return HTMLResponse(pages.login(), 401, HEADERS)
        most = self.studio.review.rate_limiter.limits.classroom.learners
        lessons, alone = self.studio.lessons.values(), self.host in LOOPBACK_NAMES
        return HTMLResponse(pages.teacher(lessons, most, self._address(request), not alone), headers=HEADERS)

    async def login(self, request: Request) -> Response:
        """Sets the session cookie for the right password; 401 for a wrong one, 429 after too many."""
        form = await read_form(request)
        try:
            token = await run_in_threadpool(self.auth.login, form.get("password", ""), "teacher", client_ip(request))
        except StudioError as error:
            texts = asked_texts(request)
            page = ClassPages(texts, languages()).login(in_language(error.sentence, texts.tag))
            wait = {"Retry-After": str(error.seconds)} if isinstance(error, LimitError) else {}
            return HTMLResponse(page, 429 if wait else 401, {**HEADERS, **wait})
        answer = RedirectResponse("../teacher", 303, PRIVATE)
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, path=ROOT, httponly=True, samesite="strict", secure=secure)
        return answer

    def logout(self, request: Request) -> Response:
        """Ends the session. The class stays open."""
        self.auth.logout(request.cookies.get(COOKIE, ""))
        return RedirectResponse("../teacher", 303, PRIVATE)

    # ---- what the page asks ----

    async def state(self, request: Request) -> Response:
        """Says who is there and what has been answered, with the charts of one step."""
        if not self._is_teacher(request):
            return said(in_language(NO_TEACHER, asked_texts(request).tag), 401)
        return await run_in_threadpool(self._state, request)

    def _state(self, request: Request) -> Response:
        lesson = self.studio.lessons.get(request.query_params.get("lesson", ""))
        step = lesson.step(request.query_params.get("step", "")) if lesson else None
        result = attempt(self._shown, request, lesson, step)
        return _answered(result, request)

    def _action(self, name: str) -> Any:
        async def act(request: Request) -> Response:
            if not self._is_teacher(request):
                return said(in_language(NO_TEACHER, asked_texts(request).tag), 401)
            call = await read_call(request, MAX_FORM)
            return _answered(await run_in_threadpool(attempt, self._act, name, call or {}), request)

        return act

    def _act(self, name: str, call: dict[str, Any]) -> Json:
        match name:
            case "open":
                self.classroom.open(_whole(call, "places"), _truth(call, "locked"))
            case "set":
                lesson, steps = self._lesson(call.get("lesson")), _whole(call, "steps")
                self.classroom.change(lesson, steps, _truth(call, "locked"), _whole(call, "places"))
            case "code":
                self.classroom.renew_code()
            case _:
                self._close()
        return self._shown(None, None, None)

    def _close(self) -> None:
        """Ends the class. What is still being drawn for a learner is deleted as soon as it is done."""
        deleted, left = self.studio.close_class()
        forget(name for name in deleted if "." in name)
        if left:
            threading.Thread(target=self._sweep, daemon=True).start()

    def _sweep(self) -> None:
        until = time.monotonic() + SWEEP_FOR
        while time.monotonic() < until:
            time.sleep(SWEEP_EVERY)
            found = attempt(self.studio.forget_classes)
            if isinstance(found, Problem):
                continue
            forget(name for name in found[0] if "." in name)
            if not found[1]:
                return

    def _shown(self, request: Request | None, lesson: Lesson | None, step: StepPlan | None) -> Json:
        classroom, room = self.classroom, self.classroom.room
        if room is None:
            return {"open": False}
        counts: Counter[str] = Counter()
        for asked, many in classroom.counts().items():
            place = f"{asked.lesson}/{asked.step}"
            counts[place] = max(counts[place], many)
        about: Json = {"open": True, "code": room.code, "joined": room.joined, "here": classroom.present(room)}
        about |= {"places": room.places, "lesson": room.lesson, "steps": room.steps}
        about |= {"locked": classroom.is_mode_locked, "counts": counts}
        if request is None or lesson is None or step is None:
            return about
        drawn = charts(lesson, step, classroom.values, asked_texts(request))
        return about | {"charts": drawn, "curve": self._curve(request, lesson, step, drawn)}

    def _curve(self, request: Request, lesson: Lesson, step: StepPlan, drawn: list[Json]) -> list[Any] | None:
        """Returns the studio's own curve, where learners are points beside it."""
        if not any(chart["kind"] == "points" and chart["answered"] for chart in drawn):
            return None
        settings = settings_of(lesson, step)
        desk: Desk[Any] = Desk(
            self.studio, settings, asked_texts(request), self.studio.messages(), client_ip(request), "", self.memory
        )
        return curve(scored_rows(desk, desk.settings.set, desk.settings.mode))

    # ---- helpers ----

    def _is_teacher(self, request: Request) -> bool:
        return bool(self.auth.identify(request.cookies.get(COOKIE, "")))

    def _lesson(self, name: object) -> str:
        if not isinstance(name, str) or (name and name not in self.studio.lessons):
            raise RequestError("There is no such lesson.")
        return name

    def _address(self, request: Request) -> str:
        """Returns what learners type to get here: as the teacher did, but for the name of this machine."""
        url = request.url
        host = url.hostname or ""
        if host in LOOPBACK_NAMES and self.host not in LOOPBACK_NAMES:
            host = _own_address() or host
        port = f":{url.port}" if url.port else ""
        return f"{'https://' if url.scheme == 'https' else ''}{host}{port}/class"


def _own_address() -> str:
    """Returns the address of this machine in its network; "" without one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # An address of the documentation (RFC 5737): choosing a way to it says which address is ours.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def said(sentence: str, status: int) -> Response:
    """Returns one sentence as the answer to a script."""
    return JSONResponse({"error": sentence}, status, headers=PRIVATE)


def _answered(result: Json | Problem, request: Request) -> Response:
    if isinstance(result, Problem):
        return said(in_language(result.sentence, asked_texts(request).tag), 400 if result.bad_request else 500)
    return JSONResponse(result, headers=PRIVATE)


async def read_call(request: Request, most: int) -> dict[str, Any] | None:
    """Returns the JSON object of a call; None for what is none, or longer than `most` bytes."""
    try:
        call = json.loads(await read_body(request, most) or b"")
    except (ValueError, RecursionError):
        return None
    return call if isinstance(call, dict) else None


async def read_form(request: Request) -> dict[str, str]:
    """Returns an urlencoded form, the last value of each name; an empty one if it is too long or no form."""
    body = (await read_body(request, MAX_FORM) or b"").decode("utf-8", "replace")
    return {name: values[-1] for name, values in parse_qs(body).items()}


def _whole(call: dict[str, Any], name: str) -> int:
    value = call.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10_000:
        raise RequestError(NOT_A_CALL)
    return value


def _truth(call: dict[str, Any], name: str) -> bool:
    value = call.get(name)
    if not isinstance(value, bool):
        raise RequestError(NOT_A_CALL)
    return value
