"""Sends 1,000 generated hostile files to `verify` over HTTP, and asks what each costs and who notices.

    python -m benchmarks.files.hostile [--count 1000] [--seed 1] [--creates 12]

Starts the studio as it ships. The attacks of attacks.py come first, then files of mutations.py, each from an address of
its own, one after the other: processor time of the worker that read it and its memory, the server's own memory, how it
was answered. Then pictures are made alone, and beside somebody who sends such files without a pause, in turns.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.files.attacks import ATTACKS
from benchmarks.files.mutations import generate
from benchmarks.server.direct_calls import JOIN, functions_of, studio

MAX_SECONDS, MAX_MB, MAX_GROWTH_MB, MAX_SLOWER = 2.0, 1000, 200, 1.3
MEGABYTE = 1_000_000


def main() -> None:
    """Prints what the files cost and how they were answered, and how much slower pictures were made beside them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--creates", type=int, default=12)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, studio(Path(folder)) as url:
        caller = Caller(url)
        watch = Watch(psutil.Process().children()[0])
        try:
            # The first picture and the first file load what they need.
            caller.create(0)
            caller.verify(next(files(0)), 0)
            watch.settle()
            print_costs(caller, watch, arguments.count, arguments.seed)
            print_slowing(caller, arguments.creates, arguments.seed + 1)
        finally:
            watch.stop()


def files(seed: int) -> Iterator[bytes]:
    """Yields the attacks, then generated files without end."""
    for make in ATTACKS.values():
        yield make()
    rng = random.Random(seed)
    while True:
        yield generate(rng)


def print_costs(caller: Caller, watch: Watch, count: int, seed: int) -> None:
    """Prints how files were answered, and what they cost."""
    answers, seconds = Counter[str](), list[float]()
    before = watch.server_mb()
    for number, file in zip(range(count), files(seed), strict=False):
        watch.begin()
        answer = caller.verify(file, number)
        seconds.append(watch.cost())
        answers[answer] += 1
        if seconds[-1] > MAX_SECONDS:
            print(f"file {number} took {seconds[-1]:.2f} s")
        watch.settle()
        if len(seconds) % 100 == 0 or len(seconds) == count:
            print(f"{datetime.now(UTC):%Y-%m-%d}: {len(seconds)} files, seed {seed}: {dict(answers.most_common(12))}")
            print(f"processor time a file: median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s "
                  f"(at most {MAX_SECONDS}); memory of a worker: most {watch.worker_mb:.0f} MB (at most {MAX_MB})\n"
                  f"memory of the server: {before:.0f} MB before, {watch.server_mb():.0f} MB after, most "
                  f"{watch.most_server_mb:.0f} MB (may grow by {MAX_GROWTH_MB})", flush=True)  # fmt: skip


def print_slowing(caller: Caller, creates: int, seed: int) -> None:
    """Prints how long a picture takes alone, and beside somebody who sends two files at a time without a pause."""
    alone, beside = list[float](), list[float]()
    for number in range(creates):
        alone.append(caller.create(number + 1))
        ended = threading.Event()
        senders = [threading.Thread(target=_send, args=(caller, seed + each, ended)) for each in range(2)]
        for sender in senders:
            sender.start()
        time.sleep(1)
        beside.append(caller.create(number + 1001))
        ended.set()
        for sender in senders:
            sender.join()
    slower = statistics.median(beside) / statistics.median(alone)
    print(f"a picture: median {statistics.median(alone):.2f} s alone, {statistics.median(beside):.2f} s beside two "
          f"hostile files at a time: {slower:.2f} times as long (at most {MAX_SLOWER})")  # fmt: skip


def _send(caller: Caller, seed: int, ended: threading.Event) -> None:
    for number, file in enumerate(files(seed)):
        if ended.is_set():
            return
        caller.verify(file, 10_000 * seed + number)


@dataclass
class Caller:
    """Calls the server's endpoints as a browser does, each call from an address of its own."""

    url: str
    functions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.functions = functions_of(self.url)

    def verify(self, file: bytes, number: int) -> str:
        """Uploads a file and has it verified; returns how it was answered, without its numbers."""
        headers = {"x-forwarded-for": f"198.18.{number // 250 % 250}.{number % 250 + 1}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=120) as client:
            sent = client.post("/gradio_api/upload", files={"files": ("file.png", file)})
            if sent.status_code != 200:
                return f"upload: {sent.status_code}"
            given = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}, "orig_name": "file.png"}
            output = self._call(client, "verify", [given])
        row = output["data"][1] if output.get("data") else {"error": output.get("error") or "no answer"}
        row = row.get("value", row) if isinstance(row, dict) else {"error": str(row)}
        return "read" if "summary" in row else "".join(each for each in str(row["error"]) if not each.isdigit())

    def create(self, number: int) -> float:
        """Has one picture made; returns the seconds that took."""
        headers = {"x-forwarded-for": f"198.19.{number // 250}.{number % 250 + 1}"}
        start = time.monotonic()
        with httpx.Client(base_url=self.url, headers=headers, timeout=300) as client:
            output = self._call(client, "create", [{"prompt": "a red apple", "seed": number}])
        if not output["data"][0].get("pictures"):
            raise SystemExit(f"No picture was made: {output}")
        return time.monotonic() - start

    def _call(self, client: httpx.Client, name: str, data: list[Any]) -> dict[str, Any]:
        session = uuid.uuid4().hex
        body = {"data": data, "fn_index": self.functions[name], "session_hash": session}
        joined = client.post(JOIN, json=body)
        if joined.status_code != 200:
            return {"error": f"{joined.status_code}"}
        with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as messages:
            for line in messages.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    return dict(message["output"])
        return {"error": "the server hung up"}


class Watch:
    """Watches the server and its workers: processor time of one file, and the most memory of each."""

    def __init__(self, server: psutil.Process) -> None:
        self._server, self._ended = server, threading.Event()
        self.worker_mb = self.most_server_mb = 0.0
        self._before: dict[int, float] = {}
        self._reaped = 0.0
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def begin(self) -> None:
        """Remembers what the workers have used so far."""
        self._before, self._reaped = self._used(), self._of_ended()

    def cost(self) -> float:
        """Returns the seconds of processor time that workers have used since, those that were ended included.

        A worker that was started since counts for nothing: it loads its libraries.
        """
        now = self._used()
        gone = [number for number in self._before if number not in now]
        still = sum(now[number] - used for number, used in self._before.items() if number in now)
        # What an ended worker had used before this file is known; the rest of it is this file's.
        ended = self._of_ended() - self._reaped - sum(self._before[number] for number in gone) if gone else 0.0
        return still + ended

    def settle(self) -> None:
        """Waits until no worker is loading its libraries any more."""
        last: dict[int, float] = {}
        while (now := self._used()) != last:
            last = now
            time.sleep(0.1)

    def server_mb(self) -> float:
        """Returns the memory that the server itself has, in megabytes."""
        return float(self._server.memory_info().rss) / MEGABYTE

    def stop(self) -> None:
        """Stops watching."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.01) and self._server.is_running():
            self.most_server_mb = max(self.most_server_mb, self.server_mb())
            for worker in self._server.children():
                try:
                    self.worker_mb = max(self.worker_mb, worker.memory_info().rss / MEGABYTE)
                except psutil.Error:
                    continue

    def _used(self) -> dict[int, float]:
        used = {}
        for worker in self._server.children():
            try:
                times = worker.cpu_times()
            except psutil.Error:
                continue
            used[worker.pid] = times.user + times.system
        return used

    def _of_ended(self) -> float:
        times = self._server.cpu_times()
        return float(times.children_user + times.children_system)


if __name__ == "__main__":
    main()
