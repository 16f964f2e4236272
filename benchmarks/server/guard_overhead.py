"""Measures what Safelight adds to a generator of somebody else's: in process, and as a gateway before its server.

    python -m benchmarks.server.guard_overhead [--pictures 30]

The generator is a fake that returns at once, so that all the time is Safelight's. In process: `check_prompt`,
`check_image` and `mark` of a Guard. Over HTTP: the same picture from the fake server alone, and through the gateway.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from safety import Guard, Provenance
from safety.resources import ASSETS, PRESETS
from studio.lesson_sets import load_set

ROOT = Path(__file__).parents[2]
SIDE = 512  # pixels
BODY = {"prompt": "a red apple", "size": f"{SIDE}x{SIDE}", "response_format": "b64_json"}


def sample() -> Image.Image:
    """Returns the picture that the fake generator gives."""
    with Image.open(ASSETS / "sample.webp") as image:
        return image.convert("RGB").resize((SIDE, SIDE))


def milliseconds(work: Callable[[int], Any], times: int) -> tuple[float, float]:
    """Returns median and 95th percentile of a piece of work, after one run that counts for nothing."""
    work(-1)
    taken = []
    for number in range(times):
        began = time.perf_counter()
        work(number)
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken), sorted(taken)[int(0.95 * len(taken))]


def in_process(pictures: int, folder: Path) -> Iterator[str]:
    """Yields a row for each of judge, look and mark."""
    guard, image = Guard.load(keys=folder / "keys"), sample()
    # Another one each time, as a generator's are.
    images = [image.rotate(number + 1) for number in range(pictures + 1)]
    prompts = [row.text for row in load_set(PRESETS, "everyday_and_risky")]
    works: list[tuple[str, Callable[[int], Any], int]] = [
        ("judge a prompt", lambda n: guard.check_prompt(prompts[n % len(prompts)]), 10 * pictures),
        (f"look at a picture of {SIDE} px", lambda n: guard.check_image(images[n], prompt="a red apple"), pictures),
        ("mark it", lambda n: guard.mark(image, folder / f"{n}.png", Provenance(engine="mine")), pictures),
    ]
    for name, work, times in works:
        middle, high = milliseconds(work, times)
        yield f"| {name} | {middle:.1f} ms | {high:.1f} ms |"


class Fake(BaseHTTPRequestHandler):
    """Answers every call with the same picture at once."""

    answer = b""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Lists one model."""
        self._send(b'{"object": "list", "data": [{"id": "fake"}]}')

    def do_POST(self) -> None:
        """Returns the picture."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send(self.answer)

    def _send(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def fake_server() -> Iterator[str]:
    """Serves the fake and yields its address."""
    file = BytesIO()
    sample().save(file, "PNG")
    Fake.answer = json.dumps({"data": [{"b64_json": base64.b64encode(file.getvalue()).decode()}]}).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Fake)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


@contextmanager
def gateway(upstream: str, home: Path) -> Iterator[str]:
    """Serves the gateway before `upstream` and yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "gateway", "--upstream", upstream, "--port", str(port)]
    environment = os.environ | {"SAFELIGHT_HOME": str(home)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=5)
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def over_http(pictures: int, home: Path) -> Iterator[str]:
    """Yields a row for the server alone, one for the gateway, and what lies between."""
    with fake_server() as alone, gateway(alone, home) as guarded, httpx.Client(timeout=120) as client:

        def ask(url: str) -> Callable[[int], Any]:
            return lambda n: client.post(
                f"{url}/images/generations", json=BODY | {"seed": max(n, 0)}
            ).raise_for_status()

        times = {name: milliseconds(ask(url), pictures) for name, url in (("alone", alone), ("gateway", guarded))}
    for name, (middle, high) in times.items():
        yield f"| one picture, {name} | {middle:.1f} ms | {high:.1f} ms |"
    yield f"| what the gateway adds | {times['gateway'][0] - times['alone'][0]:.1f} ms | |"


def main() -> None:
    """Measures and prints the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pictures", type=int, default=30, help="at most 50: a client has sixty an hour")
    args = ask.parse_args()
    print("| what | median | p95 |\n|---|--:|--:|")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for row in in_process(args.pictures, Path(folder)):
            print(row, flush=True)
        for row in over_http(args.pictures, Path(folder)):
            print(row, flush=True)


if __name__ == "__main__":
    main()
