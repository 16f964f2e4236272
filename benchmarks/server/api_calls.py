"""Measures the HTTP API under load, beside the same work in process: judging by many clients, and drawing by many.

    python -m benchmarks.server.api_calls [--seconds 60] [--keys 100] [--clients 50]

Starts the studio as it ships in a process of its own, with so many keys. First one client judges prompts, one after the
other, over HTTP and in process in turns: the difference is what HTTP costs. Then all clients judge at once; then all
want pictures at once, and every answer is compared with the cases on record.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.server.direct_calls import studio as serve
from safety.resources import PRESETS
from studio.api_keys import CREATE, JUDGE, ApiKeys
from studio.factory import make_studio
from studio.lesson_sets import load_set
from studio.settings import Settings

JUDGE_PATH, CREATE_PATH = "/v1/safety/judge", "/v1/images/generations"
ALTERNATED = 300  # prompts that are judged over HTTP and in process


class Connection:
    """One connection that stays open: as little as possible beside the server's own work."""

    def __init__(self, url: str, key: str) -> None:
        place = urlsplit(url)
        self._host, self._port, self._key = place.hostname or "", place.port or 80, key

    async def __aenter__(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Returns status, headers and body of the answer."""
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAuthorization: Bearer {self._key}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        self._writer.write(head.encode() + data)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), headers, await self._reader.readexactly(int(headers["content-length"]))


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the value that so large a share lies below."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


async def one_client(url: str, key: str, prompts: Sequence[str]) -> list[float]:
    """Judges prompts one after the other; returns the seconds of each."""
    taken = []
    async with Connection(url, key) as connection:
        for prompt in prompts:
            began = time.perf_counter()
            status, _, _ = await connection.post(JUDGE_PATH, {"prompt": prompt})
            taken.append(time.perf_counter() - began)
            assert status == 200
    return taken


async def many_clients(
    url: str, keys: Sequence[str], clients: int, path: str, bodies: Sequence[dict[str, Any]], seconds: float
) -> tuple[list[float], Counter[int], int]:
    """Calls from all clients until the time is over; returns seconds of each 200, statuses, and 429s without a time."""
    taken: list[float] = []
    answers: Counter[int] = Counter()
    without_time, number, until = 0, count(), time.monotonic() + seconds

    async def client(place: int) -> None:
        nonlocal without_time
        async with Connection(url, keys[place % len(keys)]) as connection:
            while time.monotonic() < until:
                began = time.perf_counter()
                status, headers, _ = await connection.post(path, bodies[next(number) % len(bodies)])
                answers[status] += 1
                if status == 200:
                    taken.append(time.perf_counter() - began)
                if status == 429:
                    without_time += "retry-after" not in headers
                    await asyncio.sleep(min(float(headers.get("retry-after", 1)), 2.0))

    await asyncio.gather(*(client(place) for place in range(clients)))
    return taken, answers, without_time


def cost_of_http(url: str, key: str, home: Path, prompts: Sequence[str]) -> str:
    """Judges over HTTP and in process in turns, a hundred at a time; returns a row of the table."""
    own = make_studio(Settings(home / "beside"))
    messages = own.messages()
    http, here = [], []
    for start in range(0, len(prompts), 50):
        part = prompts[start : start + 50]
        http += asyncio.run(one_client(url, key, part))
        for prompt in part:
            began = time.perf_counter()
            own.check(prompt, "general")
            here.append(time.perf_counter() - began)
    assert messages
    over, own_time = (1000 * statistics.median(times) for times in (http, here))
    return f"| one client | {over:.1f} ms over HTTP, {own_time:.1f} in process | HTTP costs {over - own_time:.1f} ms |"


def main() -> None:
    """Measures and prints the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seconds", type=float, default=60.0)
    ask.add_argument("--keys", type=int, default=100)
    ask.add_argument("--clients", type=int, default=50)
    args = ask.parse_args()
    written = [row.text for row in load_set(PRESETS, "everyday_and_risky")]
    prompts = [f"{text}, no. {number}" for number in range(40) for text in written]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        store = ApiKeys(home / "keys")
        keys = [store.make(f"client {n}", (JUDGE, CREATE), per_hour=100_000)[1] for n in range(args.keys)]
        with serve(home, warm_up=False) as url:
            asyncio.run(one_client(url, keys[0], prompts[-50:]))
            print("| what | measured | beside |\n|---|---|---|")
            print(cost_of_http(url, keys[0], home, prompts[:ALTERNATED]), flush=True)
            bodies = [{"prompt": prompt} for prompt in prompts]
            judging = many_clients(url, keys, args.clients, JUDGE_PATH, bodies, args.seconds)
            print(_row(f"{args.clients} clients judge", *asyncio.run(judging), args.seconds), flush=True)
            drawing = many_clients(url, keys, args.clients, CREATE_PATH, [{"prompt": "a red apple"}], args.seconds)
            taken, answers, without = asyncio.run(drawing)
            print(_row(f"{args.clients} clients want pictures", taken, answers, without, args.seconds), flush=True)
        print(_cases(home, answers))


def _row(what: str, taken: Sequence[float], answers: Counter[int], without: int, seconds: float) -> str:
    told = ", ".join(f"{number} times {status}" for status, number in sorted(answers.items()))
    middle, high = (1000 * percentile(taken, share) for share in (0.5, 0.95))
    rate = len(taken) / seconds
    measured = f"{rate:.1f} a second; p50 {middle:.0f} ms, p95 {high:.0f} ms"
    return f"| {what} | {measured} | {told}; 429 without a time: {without} |"


def _cases(home: Path, answers: Counter[int]) -> str:
    """Returns whether each answer with a picture has its case, delivered, and the chain holds."""
    own = make_studio(Settings(home))
    closed = [own.show_case(row["case"])[-1]["facts"].get("outcome") for row in own.list_cases(limit=100_000)]
    broken = own.verify_audit()
    own.audit.close()
    return f"| cases | {closed.count('delivered')} delivered for {answers[200]} answers | chain: {broken or 'whole'} |"


if __name__ == "__main__":
    main()
