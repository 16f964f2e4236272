"""Measures what an onlooker notices while somebody sends a hundred calls at once, again and again.

    python -m benchmarks.server.direct_calls [--seconds 20]

Starts the studio as it ships in a process of its own. For each kind of attack: p50 and p95 of the front page and of a
live judgement for somebody else, how the attacker's calls were answered, whether a case was lost, whether the chain
verifies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

AT_ONCE = 100
ONLOOKER = {"x-forwarded-for": "198.51.100.7"}
CREATE = {"prompt": "a red apple"}
JOIN = "/gradio_api/queue/join"
ROOT = Path(__file__).parents[2]


@contextmanager
def studio(home: Path, warm_up: bool = True) -> Iterator[str]:
    """Serves the studio and yields its address. This machine counts as a proxy, so that callers can have addresses.

    Without `warm_up`, no model is loaded behind what is measured.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"HOME": str(home), "PORT": str(port), "PROXIES": "127.0.0.1"}
    settings |= {"WARM_UP": "yes" if warm_up else "no"}
    environment = os.environ | {f"SAFELIGHT_{name}": value for name, value in settings.items()}
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment) as server:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait(address)
            yield address
        finally:
            server.terminate()


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            httpx.get(address, timeout=5)
            return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit("The server did not start.")


def attack(kind: str, functions: dict[str, int]) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    """Yields path, body and headers of a hundred calls."""
    for number in range(AT_ONCE):
        address = "203.0.113.1" if kind != "each from an address of its own" else f"203.0.{number}.1"
        create = number % 2 == 0
        name, data = ("create", [CREATE]) if create else ("preview", ["gore " * 200, "general", ""])
        path = f"/gradio_api/run/{name}" if kind == "round the queue" else JOIN
        body = {"data": data, "fn_index": functions[name], "session_hash": uuid.uuid4().hex}
        yield path, body, {"x-forwarded-for": address}


async def keep_attacking(url: str, kind: str, functions: dict[str, int], until: float) -> Counter[int]:
    """Sends a hundred calls at once until the time is over; returns how often each status came back."""
    answers: Counter[int] = Counter()
    limits = httpx.Limits(max_connections=AT_ONCE, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        while time.monotonic() < until:
            calls = [client.post(path, json=body, headers=headers) for path, body, headers in attack(kind, functions)]
            for answer in await asyncio.gather(*calls, return_exceptions=True):
                answers[answer.status_code if isinstance(answer, httpx.Response) else 0] += 1
    return answers


def attack_for(url: str, kind: str, functions: dict[str, int], seconds: float) -> Counter[int]:
    """Attacks for so many seconds; returns how often each status came back."""
    return asyncio.run(keep_attacking(url, kind, functions, time.monotonic() + seconds))


async def look_on(url: str, judge: int, until: float) -> dict[str, list[float]]:
    """Returns the seconds that the front page and a live judgement took, of one browser after the other."""
    taken: dict[str, list[float]] = {"front page": [], "live judgement": []}
    async with httpx.AsyncClient(base_url=url, timeout=120, headers=ONLOOKER) as client:
        while time.monotonic() < until:
            start = time.monotonic()
            (await client.get("/")).raise_for_status()
            taken["front page"].append(time.monotonic() - start)
            start = time.monotonic()
            await _judge(client, judge)
            taken["live judgement"].append(time.monotonic() - start)
            await asyncio.sleep(0.2)
    return taken


async def _judge(client: httpx.AsyncClient, function: int) -> None:
    await _call(client, function, ["a red apple on a table", "general", ""])


async def _call(client: httpx.AsyncClient, function: int, data: list[Any]) -> None:
    """Joins the queue as a page does, and waits for the answer."""
    session = uuid.uuid4().hex
    body = {"data": data, "fn_index": function, "session_hash": session}
    (await client.post(JOIN, json=body)).raise_for_status()
    async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as messages:
        async for line in messages.aiter_lines():
            if line.startswith("data:") and json.loads(line[5:])["msg"] == "process_completed":
                return


def p(seconds: Sequence[float], share: int) -> float:
    """Returns a percentile of the seconds."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[share - 1]


def ends_in_order(home: Path) -> str:
    """Waits until no case is open; says how the cases ended and what `audit verify` says."""
    environment = os.environ | {"SAFELIGHT_HOME": str(home)}

    def run(*arguments: str) -> str:
        command = [sys.executable, "app.py", "audit", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stdout

    outcomes: Counter[str] = Counter()
    for _ in range(60):
        outcomes = Counter(json.loads(line)["outcome"] for line in run("list", "--limit", "100000").splitlines())
        if not outcomes["open"]:
            break
        time.sleep(2)
    return f"cases: {dict(outcomes)}; {run('verify').splitlines()[-1]}"


async def warm_up(url: str) -> None:
    """Has one picture made: the first one loads the models."""
    async with httpx.AsyncClient(base_url=url, timeout=300, headers=ONLOOKER) as client:
        await _call(client, functions_of(url)["create"], [CREATE])


def functions_of(url: str) -> dict[str, int]:
    """Returns the number of each endpoint by its name."""
    config = httpx.get(f"{url}/config", timeout=60).json()
    return {one["api_name"]: one["id"] for one in config["dependencies"] if one["api_name"]}


async def measure(url: str, kind: str, seconds: float) -> str:
    """Returns one line of results for one kind of attack."""
    functions = functions_of(url)
    until = time.monotonic() + seconds
    looking = look_on(url, functions["preview"], until)
    if kind == "nobody attacks":
        taken, answers = await looking, Counter[int]()
    else:
        # In a process of its own: the onlooker's clock must not wait for the attacker's work.
        with ProcessPoolExecutor(1) as pool:
            attacker = asyncio.get_running_loop().run_in_executor(pool, attack_for, url, kind, functions, seconds)
            taken, answers = await asyncio.gather(looking, attacker)
    times = "; ".join(f"{what} p50 {p(each, 50):.2f} s, p95 {p(each, 95):.2f} s" for what, each in taken.items())
    return f"{kind}: {times}; answers {dict(answers)}"


def main() -> None:
    """Prints a line for each kind of attack, and how the cases ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, studio(Path(folder)) as url:
        asyncio.run(warm_up(url))
        for kind in ("nobody attacks", "round the queue", "from one address", "each from an address of its own"):
            print(asyncio.run(measure(url, kind, seconds)), flush=True)
        print(ends_in_order(Path(folder)))


if __name__ == "__main__":
    main()
