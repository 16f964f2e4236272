"""A class over HTTP: the code, the cookie, answers that come once or again, and the teacher's page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from safety.generation import GenerationRequest
from studio.class_answers import AskedOf
from studio.class_record import ClassRecord, person_of_learner
from studio.classroom import Classroom, Room
from studio.library import OWNER
from tests.fakes import fake_studio
from tests.safety.review.conftest import SMALL
from tests.studio.test_classroom import taught
from tests.ui.conftest import Served
from tests.ui.web.servers import serving
from ui.learn.panel import Memory
from ui.web.class_site import COOKIE, ClassSite
from ui.web.learn_site import ROOM
from ui.web.person import PERSON

PASSWORD = "a password for teachers"
LESSON = "be_the_moderator"
GUESS = {"lesson": LESSON, "step": "decide", "name": "predict", "value": 14}
OWN = {"blocked": 2, "missed": 1, "harmless": 12, "harmful": 8}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("school"), teacher=PASSWORD) as served:
        yield served


@pytest.fixture
def room(school: Served) -> Iterator[Room]:
    classroom = school.studio.classroom
    assert classroom is not None
    yield classroom.open(35)
    school.studio.close_class()


def browser(school: Served, language: str = "en") -> httpx.Client:
    return httpx.Client(base_url=school.url, timeout=60, headers={"accept-language": language})


@contextmanager
def learner(school: Served, room: Room) -> Iterator[httpx.Client]:
    with browser(school) as client:
        answer = client.post("/class", data={"code": room.code})
        assert answer.status_code == 303 and answer.headers["location"] in ("learn", f"learn/{LESSON}")
        yield client


@contextmanager
def teacher(school: Served) -> Iterator[httpx.Client]:
    with browser(school) as client:
        assert client.post("/class/teacher/login", data={"password": PASSWORD}).status_code == 303
        yield client


def state(client: httpx.Client, step: str = "decide") -> Any:
    return client.get("/class/teacher/state", params={"lesson": LESSON, "step": step}).json()


# ---- without a class ----


def test_a_studio_without_the_setting_knows_no_class(served: Served) -> None:
    for path in ("/class", "/class/teacher", "/class/state"):
        assert httpx.get(f"{served.url}{path}", timeout=60).status_code == 404
    assert 'href="class"' not in httpx.get(f"{served.url}/learn", timeout=60).text
    assert "class.js" not in httpx.get(f"{served.url}/learn/{LESSON}", timeout=60).text


def test_before_the_teacher_opens_a_class_there_is_none(school: Served) -> None:
    with browser(school, "de") as client:
        assert "Hier ist keine Klasse offen." in client.get("/class").text
        assert client.post("/class", data={"code": "BCDFGH"}).status_code == 400
        assert client.get("/class/state").status_code == 410


# ---- learners ----


def test_the_list_of_lessons_leads_to_the_class_that_is_open(school: Served, room: Room) -> None:
    with browser(school) as client:
        assert 'href="class"' in client.get("/learn").text


def test_a_wrong_code_is_said_in_the_learners_language(school: Served, room: Room) -> None:
    with browser(school, "de-AT") as client:
        answer = client.post("/class", data={"code": "AAAAAA"})
        assert answer.status_code == 400 and "Das ist nicht der Code der Klasse." in answer.text
        assert COOKIE not in client.cookies


@pytest.mark.parametrize("body", [b"", b"code=" + b"B" * 9000, b"\xff\xfe"], ids=["nothing", "too long", "no text"])
def test_what_is_no_form_is_a_wrong_code(school: Served, room: Room, body: bytes) -> None:
    with browser(school) as client:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post("/class", content=body, headers=headers).status_code == 400


def test_after_too_many_wrong_codes_one_waits(tmp_path: Path) -> None:
    with serving(tmp_path, teacher=PASSWORD, classroom={"code_tries": 2}) as school, browser(school) as client:
        assert school.studio.classroom is not None
        room = school.studio.classroom.open(35)
        codes = [client.post("/class", data={"code": code}) for code in ("AAAAAA", "AAAAAB", room.code)]
        assert [answer.status_code for answer in codes] == [400, 400, 429]
        assert int(codes[2].headers["retry-after"]) > 0


def test_the_cookie_goes_with_the_browser_and_no_script_reads_it(school: Served, room: Room) -> None:
    with browser(school) as client:
        cookie = client.post("/class", data={"code": room.code}).headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
        assert "Max-Age" not in cookie and "Expires" not in cookie


def test_an_answer_that_is_sent_again_counts_once(school: Served, room: Room) -> None:
    with learner(school, room) as ann, learner(school, room) as ben, teacher(school) as board:
        for _ in range(3):
            assert ann.post("/class/answer", json=GUESS).status_code == 200
        assert ann.post("/class/answer", json=GUESS | {"value": 3}).status_code == 200
        ben.post("/class/answer", json=GUESS)
        chart = state(board)["charts"][0]
        assert chart["answered"] == 2 and sum(chart["counts"]) == 2 and chart["counts"][7] == 2


WRONG = {
    "no JSON": b"{",
    "a list": b"[]",
    "too long": b'{"lesson": "' + b"a" * 5000 + b'"}',
    "another name": b'{"lesson": "be_the_moderator", "step": "decide", "name": "insult", "value": 1}',
    "words": b'{"lesson": "be_the_moderator", "step": "decide", "name": "predict", "value": "Ann"}',
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_the_lesson_does_not_ask_is_not_gathered(school: Served, room: Room, body: bytes) -> None:
    with learner(school, room) as ann:
        answer = ann.post("/class/answer", content=body)
        assert answer.status_code == 400 and answer.json()["error"].endswith(".")
        assert room.answers.counts() == {}


def test_nobody_answers_without_having_joined(school: Served, room: Room) -> None:
    with browser(school) as stranger:
        assert stranger.post("/class/answer", json=GUESS).status_code == 410
        assert stranger.get("/class/everybody", params=GUESS).status_code == 410
        assert room.answers.counts() == {}


def test_a_learner_gets_everybodys_points_after_its_own(school: Served, room: Room) -> None:
    errors = GUESS | {"name": "errors"}
    with learner(school, room) as ann, learner(school, room) as ben:
        ann.post("/class/answer", json=errors | {"value": OWN})
        assert ben.get("/class/everybody", params=errors).json() == {"values": []}
        ben.post("/class/answer", json=errors | {"value": OWN | {"blocked": 0}})
        values = ben.get("/class/everybody", params=errors).json()["values"]
        assert [value["blocked"] for value in values] == [0, 2]


def test_a_class_that_is_closed_says_so_and_takes_its_cookie_back(school: Served, room: Room) -> None:
    with learner(school, room) as ann:
        assert ann.get("/class/state").json() == {"lesson": "", "steps": 0, "title": ""}
        school.studio.close_class()
        answer = ann.post("/class/answer", json=GUESS)
        assert answer.status_code == 410 and answer.json()["error"].startswith("This class is over.")
        assert COOKIE not in ann.cookies


def test_who_leaves_is_in_no_class(school: Served, room: Room) -> None:
    with learner(school, room) as ann:
        assert "in-class" in ann.get("/learn").text
        ann.post("/class/leave")
        assert "in-class" not in ann.get("/learn").text


def test_learners_see_what_the_teacher_has_opened(school: Served, room: Room) -> None:
    with learner(school, room) as ann, browser(school) as stranger:
        assert school.studio.classroom is not None
        school.studio.classroom.change(LESSON, 1, True, 35)
        assert ann.get("/class/state").json()["title"] == "Be the moderator"
        assert ann.get("/learn/context").headers["location"] == LESSON
        assert 'data-steps="1"' in ann.get(f"/learn/{LESSON}").text
        assert "learn/context" not in ann.get("/learn").text
        assert ann.get(f"/learn/{LESSON}/panel/decide").status_code == 200
        assert ann.get("/learn/context/panel/modes").status_code in (403, 404)
        assert stranger.get("/learn/context").status_code == 200
        school.studio.classroom.change("two_kinds_of_error", 1, True, 35)
        closed = ann.get("/learn/two_kinds_of_error/panel/limit")
        assert closed.status_code == 403 and closed.json()["error"] == "Your teacher has not opened this yet."


def test_a_learner_prints_what_is_open_and_no_answers(school: Served, room: Room) -> None:
    with learner(school, room) as ann, browser(school) as stranger:
        assert ann.get(f"/learn/{LESSON}/worksheet").status_code == 200
        assert ann.get(f"/learn/{LESSON}/worksheet?answers").headers["location"] == f"../{LESSON}"
        assert school.studio.classroom is not None
        school.studio.classroom.change(LESSON, 1, True, 35)
        assert ann.get("/learn/context/worksheet").headers["location"] == f"../{LESSON}"
        assert stranger.get(f"/learn/{LESSON}/worksheet?answers").status_code == 200


def test_a_learner_sees_no_picture_of_another(school: Served, room: Room) -> None:
    with learner(school, room) as ann, learner(school, room) as ben:
        classroom = school.studio.classroom
        assert classroom is not None
        client = classroom.client(room, 1)
        made = school.studio.create(
            GenerationRequest("a red apple", **SMALL), client=client, person=person_of_learner(client)
        )
        stamp = made.pictures[0].export.stamp  # type: ignore[union-attr]
        assert ann.get(f"/library/one/{stamp}").status_code == 200
        assert ben.get(f"/library/one/{stamp}").status_code == 404


# ---- the teacher ----


def test_the_teachers_page_opens_with_the_password_alone(school: Served, room: Room) -> None:
    with learner(school, room) as ann:
        for client in (ann, browser(school)):
            page = client.get("/class/teacher")
            assert page.status_code == 401 and room.code not in page.text
            assert client.get("/class/teacher/state").status_code == 401
            for name in ("open", "set", "code", "close"):
                answer = client.post(f"/class/teacher/{name}", json={"places": 1, "locked": False})
                assert answer.status_code == 401
        assert ann.get("/class/state").status_code == 200


def test_a_wrong_password_is_slowed_down(tmp_path: Path) -> None:
    login = {"tries": 2, "within_minutes": 15, "first_seconds": 60, "most_seconds": 60}
    with serving(tmp_path, teacher=PASSWORD, login=login) as school, browser(school) as client:
        tried = [client.post("/class/teacher/login", data={"password": "wrong"}).status_code for _ in range(3)]
        assert tried == [401, 401, 429]


def test_a_teacher_opens_a_class_and_closes_it(tmp_path: Path) -> None:
    with serving(tmp_path, teacher=PASSWORD) as school, teacher(school) as board:
        assert board.get("/class/teacher/state").json() == {"open": False}
        opened = board.post("/class/teacher/open", json={"places": 2, "locked": True}).json()
        assert (opened["joined"], opened["places"], opened["locked"]) == (0, 2, True)
        assert school.studio.locked_mode == "general"
        with browser(school) as ann:
            assert ann.post("/class", data={"code": opened["code"]}).status_code == 303
            changed = board.post("/class/teacher/code", json={}).json()
            assert changed["code"] != opened["code"] and changed["joined"] == 1
            wanted = {"lesson": LESSON, "steps": 2, "locked": False, "places": 3}
            assert board.post("/class/teacher/set", json=wanted).json().items() >= wanted.items()
            assert board.post("/class/teacher/close", json={}).json() == {"open": False}
            assert ann.get("/class/state").status_code == 410
        assert board.post("/class/teacher/set", json=wanted).status_code == 400


CALLS = {
    "nothing": {},
    "no number": {"places": "many", "locked": True},
    "too many": {"places": 5000, "locked": True},
    "no truth": {"places": 35, "locked": "yes"},
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_class_of_no_form_is_not_opened(school: Served, call: Any) -> None:
    with teacher(school) as board:
        answer = board.post("/class/teacher/open", json=call)
        assert answer.status_code == 400 and answer.json()["error"].endswith(".")
        assert board.get("/class/teacher/state").json() == {"open": False}


@pytest.mark.parametrize("name", ["x", None, [], {}], ids=["a name", "nothing", "a list", "a table"])
def test_a_lesson_that_there_is_not_is_not_opened(school: Served, room: Room, name: Any) -> None:
    with teacher(school) as board:
        call = {"lesson": name, "steps": 0, "locked": True, "places": 35}
        assert board.post("/class/teacher/set", json=call).status_code == 400


def test_the_teacher_gets_no_trace_of_a_learner(school: Served, room: Room) -> None:
    with learner(school, room) as ann, learner(school, room), teacher(school) as board:
        ann.post("/class/answer", json=GUESS)
        shown = board.get("/class/teacher/state", params=GUESS).text
        cookie = ann.cookies[COOKIE]
        assert cookie.partition(".")[2] not in shown and room.network not in shown


def test_learners_points_come_with_the_curve_of_the_studio(school: Served, room: Room) -> None:
    with learner(school, room) as ann, learner(school, room) as ben, teacher(school) as board:
        for one in (ann, ben):
            one.post("/class/answer", json=GUESS | {"name": "errors", "value": OWN})
        shown = state(board)
        assert shown["charts"][-1]["points"] == [[2 / 12, 1 - 1 / 8]] * 2
        assert shown["curve"][0] == [0, 0] and shown["curve"][-1] == [1, 1]


# ---- who a learner is to everything behind ----


def test_a_learner_is_a_client_and_a_person_of_its_own(tmp_path: Path) -> None:
    studio = taught(tmp_path)
    assert studio.classroom is not None
    room = studio.classroom.open(35)
    cookies = [studio.classroom.join(room.code, "192.0.2.1") for _ in range(2)]
    seen = [called(studio, cookie) for cookie in (*cookies, "", f"1.{'0' * 64}")]
    addresses = [scope["client"][0] for scope in seen]
    assert len(set(addresses[:2])) == 2 and all(address.startswith("fd") for address in addresses[:2])
    assert addresses[2:] == ["192.0.2.1"] * 2
    assert [scope[PERSON] == OWNER for scope in seen] == [False, False, True, True]
    assert [scope.get(ROOM) is room for scope in seen] == [True, True, False, False]


def called(studio: Any, cookie: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)

    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": headers,
        "client": ("192.0.2.1", 5),
        PERSON: OWNER,
    }
    asyncio.run(ClassSite(app, studio, "127.0.0.1", Memory())(scope, None, None))  # type: ignore[arg-type]
    return seen


def test_what_a_class_holds_goes_with_it(tmp_path: Path) -> None:
    """The same object serves the page and the class, also where the API has replaced a part of the studio."""
    studio = fake_studio(tmp_path)
    lock, limiter = studio.policy.class_lock, studio.review.rate_limiter
    classroom = Classroom(PASSWORD, limiter, lock, ClassRecord(tmp_path / "class.txt"))
    cookie = classroom.join(classroom.open(2).code, "192.0.2.1")
    classroom.answer(cookie, AskedOf(LESSON, "decide", "predict"), 3.0)
    room = classroom.room
    assert room is not None
    classroom.close()
    assert room.answers.counts() == {} and not limiter.learners and not lock.mode
