"""Bodies of calls in memory: so many bytes of one caller, and of all together, until each call is answered."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from ui.http.body import MEGABYTE, Bodies

FILE = "/v1/safety/verify"


class Calls:
    """Bodies in front of a program that answers once it may."""

    def __init__(self, megabytes: int = 1) -> None:
        self.go = asyncio.Event()
        self.inside = 0
        self.bodies = Bodies(self.answer, (FILE,), (), megabytes)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def call(self, size: int, client: str = "192.0.2.1", length: str = "") -> tuple[int, dict[str, Any]]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-length", (length or str(size)).encode())]
        scope = {"type": "http", "method": "POST", "path": FILE, "headers": headers, "client": (client, 1)}
        await self.bodies(scope | {"query_string": b"", "root_path": ""}, receive, send)
        told = sent[1]["body"]
        return sent[0]["status"], json.loads(told) if told else {}


def test_what_one_caller_sends_at_once_is_bounded_and_the_room_is_free_after_the_answer() -> None:
    async def work() -> None:
        calls = Calls()
        waiting = [asyncio.create_task(calls.call(MEGABYTE)) for _ in range(4)]
        while calls.inside < 4:
            await asyncio.sleep(0)
        status, told = await calls.call(MEGABYTE)
        assert status == 429 and "at once" in told["detail"] and told["wait"] > 0
        other = asyncio.create_task(calls.call(MEGABYTE, "192.0.2.2"))
        while calls.inside < 5:
            await asyncio.sleep(0)
        calls.go.set()
        assert [status for status, _ in await asyncio.gather(*waiting, other)] == [200] * 5
        assert (await calls.call(MEGABYTE))[0] == 200

    asyncio.run(work())


def test_what_all_send_at_once_is_bounded() -> None:
    async def work() -> None:
        calls = Calls()
        waiting = [asyncio.create_task(calls.call(MEGABYTE, f"192.0.2.{number}")) for number in range(16)]
        while calls.inside < 16:
            await asyncio.sleep(0)
        assert (await calls.call(1, "192.0.2.200"))[0] == 429
        calls.go.set()
        await asyncio.gather(*waiting)

    asyncio.run(work())


@pytest.mark.parametrize(
    "length", ["9" * 5000, "2000000", "-1", "ten"], ids=["5,000 digits", "too much", "less", "none"]
)
def test_a_length_that_cannot_be_is_answered_before_anything_is_read(length: str) -> None:
    async def work() -> None:
        status, told = await Calls().call(1, length=length)
        assert status == 413 and "larger than 1 MB" in told["detail"]

    asyncio.run(work())
