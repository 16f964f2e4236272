"""200 clients at once: no row lost or doubled, the chain holds; and what a client was told outlives kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from safety.audit import AuditLog

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
CLIENTS = 200
# Each client creates through the whole studio (every second one is refused) and is told its case only afterwards.
SERVER = """
import sys, threading
from pathlib import Path
from safety.generation import GenerationRequest
from tests.fakes import fake_studio
home, place, clients, forever = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "forever"
studio = fake_studio(home, place=place)
start, printing = threading.Barrier(clients), threading.Lock()
def client(number):
    prompt = "gore" if number % 2 else "a red apple"
    start.wait()
    while True:
        request = GenerationRequest(prompt, width=256, height=256, steps=1)
        case = studio.create(request, client=f"192.0.2.{number}").case
        with printing:
            print(case, flush=True)
        if not forever:
            return
threads = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(clients)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def address(place: str | Path) -> str:
    return f"sqlite:///{place}" if isinstance(place, Path) else place


def serve(home: Path, place: str | Path, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SERVER, str(home), address(place), str(CLIENTS), how]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def log_of(place: str | Path) -> AuditLog:
    return AuditLog(place, b"a secret of 32 bytes for testing")


def test_200_clients_at_once_lose_and_double_no_row(tmp_path: Path, place: str | Path) -> None:
    output, _ = serve(tmp_path, place, "once").communicate(timeout=300)
    cases = output.split()
    assert len(set(cases)) == len(cases) == CLIENTS
    log = log_of(place)
    assert log.verify() == []
    with log.read_transaction() as reader:
        rows = list(reader.entries())
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    of_case = Counter(row.case_id for row in rows)
    assert set(of_case) == set(cases)
    # refused: opened, judged, closed; delivered: opened, judged, generated, judged, exported, closed
    assert Counter(of_case.values()) == {3: CLIENTS // 2, 6: CLIENTS // 2}
    log.close()


def test_kill_9_under_load_loses_no_row_that_a_client_was_told_of(tmp_path: Path, place: str | Path) -> None:
    server = serve(tmp_path, place, "forever")
    assert server.stdout
    cases = [server.stdout.readline().strip() for _ in range(CLIENTS)]
    os.kill(server.pid, signal.SIGKILL)
    # Whole lines only: 12 digits and the line's end.
    cases += [line.strip() for line in server.stdout if len(line) == 13]
    server.wait()
    server.stdout.close()
    log = log_of(place)
    left = log.close_interrupted()
    outcomes = {row["case"]: row["outcome"] for row in log.list(100_000)}
    assert {outcomes[case] for case in cases} == {"refused", "delivered"}
    assert not set(left) & set(cases)
    assert {outcomes[case] for case in left} <= {"interrupted"}
    assert log.verify() == []
    log.close()
