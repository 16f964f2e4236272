"""The lessons' addresses: what is there, what is not, and what a panel is not sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from safety.resources import PRESETS
from studio.lessons import load_lessons
from tests.fakes import fake_studio
from ui.web import learn_site, request_body
from ui.web.learn_site import LearnSite

if TYPE_CHECKING:
    from tests.ui.conftest import Served

LESSONS = load_lessons(PRESETS)


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        yield client


def test_the_list_names_every_lesson(client: httpx.Client) -> None:
    page = client.get("/learn").text
    assert all(f"learn/{name}" in page for name in LESSONS)


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_and_its_worksheets_are_there_in_both_languages(client: httpx.Client, name: str) -> None:
    for language in ("en", "de"):
        title = LESSONS[name].text(language).title
        for path in ("", "/worksheet", "/worksheet?answers"):
            answer = client.get(f"/learn/{name}{path}", params={"language": language} if "?" not in path else None)
            assert answer.status_code == 200
            assert LESSONS[name].text("en").title in answer.text or title in answer.text


def test_a_language_that_was_chosen_stays(client: httpx.Client) -> None:
    client.get("/learn", params={"language": "de"})
    assert '<html lang="de">' in client.get("/learn").text


ABSENT = ("/learn/nothing", "/learn/two_kinds_of_error/panel/scores", "/learn/two_kinds_of_error/panel/x")
ABSENT += ("/learn/files/..%2F..%2Fapp.py", "/learn/files/nothing.js", "/learn/sets")


@pytest.mark.parametrize("path", ABSENT)
def test_what_there_is_not_is_not_found(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


CALLS = {
    "no JSON": (b"{", 400),
    "no object": (b"[1]", 400),
    "too long": (b"[" * 100_000, 413),
    "none taken": (b"{}", 400),
}


@pytest.mark.parametrize(("body", "status"), CALLS.values(), ids=CALLS)
def test_a_wrong_call_is_answered_with_a_sentence(client: httpx.Client, body: bytes, status: int) -> None:
    answer = client.post("/learn/two_kinds_of_error/panel/limit", content=body)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")


def test_a_page_runs_no_script_of_others(client: httpx.Client) -> None:
    policy = client.get("/learn/two_kinds_of_error").headers["content-security-policy"]
    assert "script-src 'self'" in policy and "default-src 'none'" in policy


def test_calls_that_are_never_ended_are_few_and_leave_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = LearnSite(nowhere, fake_studio(tmp_path))

    async def answers() -> list[int]:
        begun = asyncio.Semaphore(0)

        async def never() -> Any:
            begun.release()
            await asyncio.Event().wait()

        async def whole() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async with asyncio.TaskGroup() as group:
            slow = [group.create_task(status(site, never)) for _ in range(learn_site.AT_ONCE)]
            for _ in slow:
                await begun.acquire()
            further = await status(site, whole)
        return [further, *(task.result() for task in slow)]

    monkeypatch.setattr(request_body, "SENDING", 1.0)
    assert asyncio.run(answers()) == [429] + [400] * learn_site.AT_ONCE
    assert not site._running


def test_who_hangs_up_while_sending_is_no_failure(tmp_path: Path) -> None:
    async def gone() -> Any:
        return {"type": "http.disconnect"}

    assert asyncio.run(status(LearnSite(nowhere, fake_studio(tmp_path)), gone)) == 400


async def status(site: LearnSite, receive: Any) -> int:
    """Returns the status of a call of one client, whose body comes from `receive`."""
    sent: list[Any] = []
    scope = {"type": "http", "method": "POST", "path": "/learn/two_kinds_of_error/panel/limit", "query_string": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    await site({**scope, "headers": [], "client": ("192.0.2.1", 5)}, receive, send)
    return int(sent[0]["status"])


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("the lessons answer this")
