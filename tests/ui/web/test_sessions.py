"""What one client can make the server keep: sessions by the thousand, long names, bodies without end."""

from __future__ import annotations

import gc
import json
import threading
import time
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ui.web.servers import serving
from tests.ui.web.test_attacks import JOIN
from tests.ui.web.test_page_http import named
from ui.web import admission
from ui.web.presence import MOST, Presence
from ui.web.sessions import IDLE, Sessions

queueing = pytest.importorskip("gradio.queueing")


def test_the_oldest_sessions_of_a_client_are_forgotten_and_never_anothers() -> None:
    sessions = Sessions(most=2)
    assert sessions.enter("a", "other", ()) == []
    assert [sessions.enter("b", name, ()) for name in ("1", "2", "1", "3", "1", "4")] == [[], [], [], ["2"], [], ["3"]]
    assert sessions.enter("a", "another", ()) == []


def test_a_session_that_waits_for_something_is_kept() -> None:
    sessions = Sessions(most=1)
    assert [sessions.enter("a", name, {"1", "2"}) for name in ("1", "2", "3")] == [[], [], []]
    assert sessions.enter("a", "4", {"2"}) == ["1", "3"]


def test_the_session_of_a_program_is_forgotten_and_that_of_a_page_stays() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    sessions.stays("page")
    sessions.known_as("event", "kept")
    for listener in ("page", "program", "event", "busy"):
        sessions.left(listener)
    assert sessions.over(()) == []
    now[0] = IDLE + 1
    assert sessions.over({"busy"}) == ["program", "kept"]
    assert sessions.over(()) == ["busy"]


def test_a_page_whose_first_answer_came_before_its_heartbeat_stays() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    sessions.left("page")
    sessions.stays("page")
    now[0] = IDLE + 1
    assert sessions.over(()) == []


def test_a_program_that_calls_again_keeps_its_session() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    sessions.left("program")
    sessions.enter("a", "program", ())
    now[0] = IDLE + 1
    assert sessions.over(()) == []


def test_presence_remembers_no_more_than_so_many() -> None:
    presence = Presence()
    for number in range(MOST + 100):
        presence.seen(str(number))
    assert len(presence._seen) <= MOST


@pytest.mark.slow
def test_a_client_with_thousands_of_sessions_takes_nobodys_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "Sessions", partial(Sessions, most=10))
    earlier = {id(one) for one in gc.get_objects() if type(one) is queueing.Queue}
    with serving(tmp_path) as served:
        served.engine.pause = 0.05
        # Gradio keeps 2,000 sessions: fewer show the same.
        [queue] = [one for one in gc.get_objects() if type(one) is queueing.Queue and id(one) not in earlier]
        queue.pending_messages_per_session.max_size = 20
        answers: list[Any] = []

        def person() -> None:
            body = {"data": [{"prompt": "an apple", "steps": 60}], "fn_index": named(served, "create")["id"]}
            with httpx.Client(base_url=served.url, timeout=60) as client:
                assert client.post(JOIN, json=body | {"session_hash": "person"}).status_code == 200
                address = "/gradio_api/queue/data?session_hash=person"
                with client.stream("GET", address) as messages:
                    lines = [json.loads(line[5:]) for line in messages.iter_lines() if line.startswith("data:")]
            answers.extend(line for line in lines if line["msg"] == "process_completed")

        waiting = threading.Thread(target=person)
        waiting.start()
        while not served.studio.list_cases(1):
            time.sleep(0.02)
        number = named(served, "stop")["id"]
        taken = 0
        while taken < 40:
            body = {"data": [], "fn_index": number, "session_hash": uuid.uuid4().hex}
            taken += httpx.post(f"{served.url}{JOIN}", json=body, timeout=60).status_code == 200
        assert len(queue.pending_messages_per_session) <= 12
        waiting.join(60)
        assert [answer["success"] for answer in answers] == [True]


@pytest.mark.slow
def test_no_call_is_read_without_end(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        lists, many = [[]] * 2000, b'{"session_hash": [' + b"[]," * 1_000_000 + b"[]]}"
        create = named(served, "create")["id"]
        bodies: list[tuple[str, bytes]] = [
            ("cancel", many),
            ("reset", many),
            ("cancel/", b'{"session_hash": {}, "fn_index": 0, "event_id": "x"}'),
            ("cancel", b'{"session_hash": "\\ud800", "fn_index": 0, "event_id": "x"}'),
            ("call/create", json.dumps({"data": [{"prompt": lists}]}).encode()),
            ("call/health", json.dumps({"data": [], "event_data": lists}).encode()),
            ("queue/join", json.dumps({"data": [{"x": [lists]}], "fn_index": create, "session_hash": "s"}).encode()),
        ]
        for session in ("", "x" * 65, "x" * 500_000, "\x00", "\ud800", "a b", 'a"', "ä"):
            body = {"data": [{"prompt": "an apple"}], "fn_index": create, "session_hash": session}
            bodies.append(("queue/join", json.dumps(body).encode()))
        for path, body_ in bodies:
            address, kind = f"{served.url}/gradio_api/{path}", {"content-type": "application/json"}
            answer = httpx.post(address, content=body_, headers=kind, timeout=60)
            assert answer.status_code == 400 and answer.json()["error"].endswith("."), (path, body_[:80])
        assert served.studio.list_cases(1) == []
        # What a call holds beside its parts goes no further.
        more = {"data": [], "event_data": lists[:100], "oauth_token": "x", "request": {"client": {"host": "192.0.2.1"}}}
        assert httpx.post(f"{served.url}/gradio_api/call/health", json=more, timeout=60).status_code == 200
