"""Measures how soon a server answers after its start, and how long the first picture takes once it had time to load.

    python -m benchmarks.server.first_picture [--idle 15] [--runs 3]

Starts the studio as it ships, in a process and a home of its own, for each run; asks for pictures of the embedded model
over HTTP as a program does. On two quiet cores: an answer within 4 s, the first picture within 3 s, are aimed at.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
BODY = {"prompt": "a red apple on a blue background", "response_format": "b64_json"}
PATIENCE = 120.0  # seconds


def run(idle: float) -> dict[str, float]:
    """Returns the seconds to the first answer, of the first picture after `idle` seconds, and of the next one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        environment = os.environ | {"SAFELIGHT_HOME": home, "SAFELIGHT_PORT": str(port)}
        started = time.perf_counter()
        with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment) as server:
            try:
                _wait(address, started)
                answer = time.perf_counter() - started
                time.sleep(idle)
                return {"answer": answer, "first picture": _draw(address), "next picture": _draw(address)}
            finally:
                server.terminate()


def _wait(address: str, started: float) -> None:
    while time.perf_counter() - started < PATIENCE:
        try:
            httpx.get(address, timeout=PATIENCE).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise SystemExit("The server did not start.")


def _draw(address: str) -> float:
    started = time.perf_counter()
    httpx.post(f"{address}/v1/images/generations", json=BODY, timeout=PATIENCE).raise_for_status()
    return time.perf_counter() - started


def main() -> None:
    """Prints the median of each figure, and its range."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idle", type=float, default=15.0, help="seconds between the answer and the first picture")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    runs = [run(options.idle) for _ in range(options.runs)]
    for name in runs[0]:
        seconds = [each[name] for each in runs]
        print(f"{name:14} {statistics.median(seconds):6.2f} s  ({min(seconds):.2f} to {max(seconds):.2f})")


if __name__ == "__main__":
    main()
