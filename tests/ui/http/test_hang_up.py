"""Clients that hang up, and processes that end: nothing goes on for nobody, and nothing is done twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from engines.testing import FakeEngine
from tests.ui.http.test_api import HERE, Served
from ui.http import idempotency
from ui.http.idempotency import Answers
from ui.http.problems import ApiError

pytestmark = pytest.mark.anyio
WAIT = 10.0  # seconds, at most


class Slow(FakeEngine):
    """Draws until it is stopped, or told to end."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.may_end, self.stopped = threading.Event(), threading.Event(), threading.Event()

    def generate(self, request: Any, seeds: Any, progress: Any, **options: Any) -> Any:
        self.began.set()
        while not self.may_end.wait(0.01):
            try:
                progress("drawing", 0, 1)
            except Exception:
                self.stopped.set()
                raise
        return super().generate(request, seeds, progress, **options)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    served.studio.engines["pocket"] = Slow()  # type: ignore[index]
    yield served
    served.studio.audit.close()


class Call:
    """One call whose client hangs up when it is told to."""

    def __init__(self, served: Served, body: dict[str, Any], *headers: tuple[bytes, bytes]) -> None:
        self.served, self.hung_up, self.told = served, anyio.Event(), list[Any]()
        self.parts = [{"type": "http.request", "body": json.dumps(body).encode()}]
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "method": "POST",
            "path": "/v1/images/generations",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), *headers],
            "client": HERE,
        }

    async def run(self) -> None:
        await self.served.app(self.scope, self.receive, self.send)

    async def receive(self) -> Any:
        if self.parts:
            return self.parts.pop()
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.told.append(message)


async def happens(event: threading.Event) -> bool:
    return await anyio.to_thread.run_sync(event.wait, WAIT)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_nothing_is_drawn_for_a_client_that_hung_up(served: Served, stream: bool) -> None:
    engine: Any = served.studio.engines["pocket"]
    call = Call(served, {"prompt": "a red apple", "stream": stream})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call.run)
        assert await happens(engine.began)
        call.hung_up.set()
        assert await happens(engine.stopped)
    with anyio.fail_after(WAIT):
        while served.app.state.context.waiting:
            await anyio.sleep(0.01)
    assert [case["outcome"] for case in served.studio.list_cases(9)] == ["cancelled"]


async def test_what_was_asked_for_with_a_key_is_made_and_waits_for_who_asks_again(served: Served) -> None:
    engine: Any = served.studio.engines["pocket"]
    body, key = {"prompt": "a red apple"}, (b"idempotency-key", b"order-1")
    call, second, third = (Call(served, body, key) for _ in range(3))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call.run)
        assert await happens(engine.began)
        call.hung_up.set()
        await second.run()
        engine.may_end.set()
    await third.run()
    assert second.told[0]["status"] == 409
    assert third.told[0]["status"] == 200
    assert (b"idempotent-replayed", b"true") in third.told[0]["headers"]
    assert (engine.drawn, len(served.studio.list_cases(9))) == (1, 1)


# ---- a process that ends in the middle ----


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answers:
    monkeypatch.setattr(idempotency, "WRITTEN", 0.0)
    return Answers(tmp_path / "answers")


async def test_a_call_whose_process_has_ended_may_be_sent_again_at_once(answers: Answers) -> None:
    assert answers.begin("name", "call") is None
    with pytest.raises(ApiError) as told:
        Answers(answers.folder).begin("name", "call")  # another worker, while this one works on it
    assert told.value.status == 409
    answers._open.pop("name").close()  # as the system does when a process ends
    assert answers.begin("name", "call") is None
    answers.end("name", "call", 500, [], b"")


async def test_a_file_that_a_process_left_half_written_is_in_nobodys_way(answers: Answers) -> None:
    assert answers.begin("name", "call") is None
    answers._open.pop("name").close()
    (answers.folder / "name.json").write_text('{"call": "ca')
    assert answers.begin("name", "another call") is None
    answers.end("name", "another call", 500, [], b"")


async def test_an_answer_is_kept_for_the_next_worker(answers: Answers) -> None:
    answers.begin("name", "call")
    answers.end("name", "call", 200, [], b"{}")
    kept = Answers(answers.folder).begin("name", "call")
    assert kept is not None and kept["status"] == 200
    with pytest.raises(ApiError):
        answers.begin("name", "another call")
