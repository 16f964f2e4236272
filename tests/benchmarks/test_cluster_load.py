"""The load on a cluster, in miniature: a generator and a node are lost, and every promise is looked at."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pytest

from benchmarks.server import load_clients
from benchmarks.server.cluster_load import prompts
from benchmarks.server.load_clients import ERROR, PICTURE, REFUSED, TURNED_AWAY, UNCLEAR, WITHHELD, Call, Load, Wish
from benchmarks.server.load_report import Window, check, figures, table
from benchmarks.server.local_cluster import LocalCluster, Watch
from engines.testing import FakeEngine
from safety.generation import Delivered, GenerationRequest
from safety.marks.export import Exporter
from safety.marks.settings import MarkSettings
from safety.resources import PRESETS
from studio import Studio
from studio.api_keys import CREATE, ApiKeys
from tests.fakes import fake_studio
from tests.sources import ROOT
from ui.http.access import Access
from ui.http.application import make_app

STUDIO = "tests.benchmarks.test_cluster_load:marking_studio"


def marking_studio(home: str) -> Studio:
    """Makes the studio of a replica: fakes in the places of checks and engine, and the real marks."""
    marks = MarkSettings().marks(Path(home), PRESETS)
    return fake_studio(Path(home), FakeEngine(pause=0.01), Exporter(marks))


@pytest.mark.ray
@pytest.mark.slow
def test_every_promise_is_kept_in_miniature(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `serve`")
    arguments = [
        "--clients",
        "4",
        "--minutes",
        "0.5",
        "--steps",
        "8",
        "--harmful",
        "0.3",
        "--json",
        str(tmp_path / "f"),
    ]
    command = [sys.executable, "-m", "benchmarks.server.cluster_load", *arguments, "--studio", STUDIO]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    told = json.loads((tmp_path / "f").read_text())
    assert [row["name"] for row in told["windows"]] == ["before", "after a generator", "after the node"]
    assert all(row["pictures"] for row in told["windows"]) and told["windows"][0]["refused"]["number"]
    assert told["windows"][1]["recovery"] and told["on the second node"]
    assert all(not each["broken"] and each["looked_at"] for each in told["promises"])
    assert {"generator", "marks", "ingress", "clients"} <= told["cpu_seconds"].keys()


# ---- the clients ----


def served(monkeypatch: pytest.MonkeyPatch, *answers: httpx.Response) -> list[httpx.Request]:
    """Answers calls one after the other, the last one again and again; returns the list that calls are noted in."""
    calls: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        found = answers[min(len(calls), len(answers)) - 1]
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    real = httpx.AsyncClient
    monkeypatch.setattr(
        load_clients.httpx, "AsyncClient", lambda **named: real(transport=httpx.MockTransport(answer), **named)
    )
    return calls


def load(folder: Path, **more: Any) -> Load:
    return Load("http://studio", ["key"], folder, ["an apple"], ["gore"], **more)


ABOUT = {"stamp": "ab", "marks": ["visible", "invisible"]}
DRAWN = {"data": [{"b64_json": "aGVsbG8=", "safety": ABOUT}], "safety": {"case": "c1"}}
NO = {"error": {"code": "moderation_blocked", "message": "No.", "safety": {"case": "c2"}}}
BUSY = {"error": {"code": "queue_full", "message": "Come again."}}


@pytest.mark.parametrize(
    ("answer", "kind", "case"),
    [
        pytest.param(httpx.Response(200, json=DRAWN), PICTURE, "c1", id="a picture"),
        pytest.param(httpx.Response(200, json={**DRAWN, "data": []}), WITHHELD, "c1", id="a withheld picture"),
        pytest.param(httpx.Response(200, json={"data": [{}]}), UNCLEAR, "", id="an answer of another form"),
        pytest.param(httpx.Response(400, json=NO), REFUSED, "c2", id="a refusal"),
        pytest.param(httpx.Response(400, json={"error": {"message": "What?"}}), UNCLEAR, "", id="a wrong call"),
        pytest.param(httpx.Response(429, json=BUSY, headers={"Retry-After": "9"}), TURNED_AWAY, "", id="turned away"),
        pytest.param(httpx.Response(503, text="Full.", headers={"Retry-After": "9"}), TURNED_AWAY, "", id="by Serve"),
        pytest.param(httpx.Response(429, json=BUSY), UNCLEAR, "", id="turned away without a time"),
        pytest.param(httpx.Response(502, json=BUSY), ERROR, "", id="an error in a sentence"),
        pytest.param(httpx.Response(502), UNCLEAR, "", id="an error without one"),
        pytest.param(httpx.Response(500, text="Internal Server Error"), UNCLEAR, "", id="a crash"),
    ],
)
def test_each_answer_is_taken_for_what_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: httpx.Response, kind: str, case: str
) -> None:
    served(monkeypatch, answer)
    asked = load(tmp_path, share_harmful=0.0, patience=0.01)
    asked.run(0.1)
    assert (asked.calls[0].kind, asked.calls[0].case) == (kind, case)
    assert kind != PICTURE or (asked.calls[0].file or Path()).read_bytes() == b"hello"


def test_a_client_that_is_turned_away_comes_again_when_it_was_told_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    busy = httpx.Response(429, json=BUSY, headers={"Retry-After": "0.2"})
    calls = served(monkeypatch, busy, busy, httpx.Response(200, json=DRAWN))
    asked = load(tmp_path, share_harmful=0.0)
    asked.run(0.6)
    assert len(calls) >= 3 and asked.wishes[0].calls == 3 and asked.wishes[0].kind == PICTURE
    first, second, third = asked.calls[:3]
    assert second.began - first.ended >= 0.2 and third.began - second.ended >= 0.2


def test_a_client_whose_patience_is_over_gives_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    served(monkeypatch, httpx.Response(429, json=BUSY, headers={"Retry-After": "0.2"}))
    asked = load(tmp_path, patience=0.3)
    asked.run(0.7)
    assert {wish.kind for wish in asked.wishes} == {TURNED_AWAY} and all(wish.calls <= 2 for wish in asked.wishes)


def test_a_load_on_one_process_keeps_every_promise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    studio = marking_studio(str(tmp_path))
    keys = ApiKeys(tmp_path / "keys")
    app = make_app(studio, Access(keys), b"a secret of 32 bytes for testing")
    real = httpx.AsyncClient
    monkeypatch.setattr(
        load_clients.httpx, "AsyncClient", lambda **named: real(transport=httpx.ASGITransport(app), **named)
    )
    tokens = [keys.make(f"client {number}", (CREATE,))[1] for number in range(3)]
    (tmp_path / "answers").mkdir()
    asked = Load("http://localhost", tokens, tmp_path / "answers", ["a red apple"], ["gore"], 0.4, steps=2)
    asked.run(1.0)
    assert {call.kind for call in asked.calls} == {PICTURE, REFUSED}
    assert broken(studio, asked.calls) == {}
    harmless, harmful = prompts(studio)
    assert len(harmless) > 10 and harmful and all("gore" in prompt for prompt in harmful)
    studio.audit.close()


# ---- what is broken on purpose ----


@dataclass(eq=False)
class Node:
    """A node of Ray's, as far as its processes go: a raylet, and what that has started."""

    all_processes: dict[str, list[Any]]
    ended: bool = False

    def kill_all_processes(self, **_: Any) -> None:
        self.ended = True


RAYLET = """
import subprocess, sys
for name in sys.argv[1:]:
    subprocess.Popen([name, "-c", "input()"], executable=sys.executable, stdin=subprocess.PIPE)
print("started", flush=True)
input()
"""


@contextmanager
def raylet(*titles: str) -> Iterator[Node]:
    """Runs a process with children that are called as Ray calls replicas, and ends what is left of them."""
    command = [sys.executable, "-c", RAYLET, *titles]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "started\n"
        family = [process, *psutil.Process(process.pid).children()]
        yield Node({"raylet": [SimpleNamespace(process=process)]})
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()


@pytest.fixture
def nodes() -> Iterator[LocalCluster]:
    """Two nodes: an ingress and a generator on the first, a generator, marks and another program on the second."""
    ours = "ray::ServeReplica:safelight:"
    with (
        raylet(
            "ray::SERVE_REPLICA::safelight#ingress#k6:ServeReplica:safelight:ingress.__init__", f"{ours}generator.draw"
        ) as first,
        raylet(f"{ours}generator", f"{ours}marks.mark", "ray::ServeReplica:two:prompt-guard", "other") as second,
    ):
        yield LocalCluster(SimpleNamespace(head_node=first, worker_nodes=set()), second, "")


def parts_of(cluster: LocalCluster) -> Counter[str]:
    def runs(process: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess):
            return bool(process.status() != psutil.STATUS_ZOMBIE)
        return False

    return Counter(part for part, process in cluster.processes() if runs(process))


def test_replicas_are_known_by_their_names(nodes: LocalCluster) -> None:
    assert parts_of(nodes) == {"ray beside": 3, "generator": 2, "ingress": 1, "marks": 1, "two:prompt-guard": 1}
    assert nodes.on_second() == ["generator", "marks", "two:prompt-guard"]


def gone_after(cluster: LocalCluster, wanted: Counter[str]) -> bool:
    until = time.monotonic() + 20
    while parts_of(cluster) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    return parts_of(cluster) == wanted


def test_one_replica_is_killed_and_no_other(nodes: LocalCluster) -> None:
    before = parts_of(nodes)
    nodes.kill_replica("generator")
    assert gone_after(nodes, before - Counter(["generator"]))
    with pytest.raises(SystemExit, match="No replica of picture-guard"):
        nodes.kill_replica("picture-guard")


def test_the_second_node_goes_with_all_its_processes_and_the_first_stays(nodes: LocalCluster) -> None:
    second = nodes.second
    assert nodes.lose_second() == 5 and second.ended and nodes.on_second() == []
    assert gone_after(nodes, Counter(["ray beside", "ingress", "generator"]))


def test_processor_time_of_a_replica_that_ended_still_counts(nodes: LocalCluster) -> None:
    watch = Watch(nodes, iter([0.0, 1.0, 2.0]).__next__, lambda: {"marks": 1})
    watch.look()
    nodes.kill_replica("marks")
    assert gone_after(nodes, parts_of(nodes) - Counter(["marks"]))
    watch.look()
    watch.look()
    first, _, last = (totals for _, totals, _ in watch.looks)
    assert last["marks"] >= first["marks"] and watch.spent(0.0, 2.0)["marks"] == last["marks"] - first["marks"]
    assert watch.spent(0.0, 2.0).keys() == {"generator", "ingress", "marks", "ray beside", "two:prompt-guard"}


# ---- what is reported ----


def call(ended: float, kind: str = PICTURE, status: int = 200, **more: Any) -> Call:
    return Call(0, ended - 1, ended, status, kind, **more)


def test_a_window_counts_what_ended_within_it() -> None:
    calls = [call(1), call(2), call(4, REFUSED, 400), call(5, TURNED_AWAY, 429, sentence="Full."), call(11)]
    row = figures(Window("before", 0, 10), calls, [Wish(0, 2, 3, PICTURE), Wish(0, 11, 1, PICTURE)])
    assert (row["calls"], row["pictures"], row["per_second"]) == (4, 2, 0.2)
    assert (row["answered"]["p50"], row["refused"]["number"], row["wished"]["p99"]) == (1, 1, 2)
    assert row["statuses"] == {"200": 2, "400": 1, "429": 1} and row["sentences"] == {"429: Full.": 1}
    assert row["longest_without_a_picture"] == 8
    told = "\n".join(table([row]))
    assert "0.20 (2)" in told and "- before, 1 times 429: Full." in told


@pytest.mark.parametrize(
    ("runs", "recovery"),
    [
        pytest.param([2, 2, 2, 2], None, id="nothing was seen missing"),
        pytest.param([2, 1, 2, 2], 2.0, id="back after a look"),
        pytest.param([1, 2, 1, 2], 3.0, id="back for good"),
        pytest.param([2, 1, 1, 1], float("inf"), id="never back"),
    ],
)
def test_a_cluster_has_recovered_once_all_replicas_run_for_good(runs: list[int], recovery: float | None) -> None:
    looks = [(10.0 + number, {}, {"generator": running}) for number, running in enumerate(runs)]
    assert Watch(None, looks=looks).recovery(10.0, 20.0, {"generator": 2}) == recovery  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A studio with two pictures and a refusal on record, and the calls that they answered."""
    home = tmp_path_factory.mktemp("made")
    studio, calls = marking_studio(str(home)), []
    for seed in (1, 2):
        outcome = studio.create(GenerationRequest("a red apple", seed=seed))
        assert isinstance(outcome, Delivered) and (export := outcome.pictures[0].export)
        about = {"case": outcome.case, "stamp": str(export.stamp), "marks": export.marks, "file": export.path}
        calls.append(call(seed, **about))
    calls.append(call(3, REFUSED, 400, case=studio.create(GenerationRequest("gore")).case))
    yield studio, calls
    studio.audit.close()


def broken(studio: Studio, calls: list[Call]) -> dict[str, int]:
    return {each.promise: len(each.broken) for each in check(studio, calls) if each.broken}


def test_a_load_that_lost_nothing_keeps_every_promise(made: Any) -> None:
    assert broken(*made) == {}
    assert all(each.looked_at for each in check(*made))


def test_each_promise_that_is_broken_is_found(made: Any, tmp_path: Path) -> None:
    studio, calls = made
    (tmp_path / "other.png").write_bytes(calls[1].file.read_bytes())
    swapped = [replace(calls[0], file=tmp_path / "other.png"), *calls[1:]]
    assert broken(studio, swapped) == {"every picture carries its marks": 1}
    assert broken(studio, [replace(calls[0], marks=("visible",)), *calls[1:]]) == {"every picture carries its marks": 1}
    assert broken(studio, [*calls, call(9, UNCLEAR, 500)]) == {"every call got a picture or a clear error": 1}
    assert broken(studio, [*calls, calls[2]]) == {"no case is doubled": 1}
    assert broken(studio, [*calls, call(9, REFUSED, 400, case="none")]) == {"no case is lost": 1}
    assert broken(studio, [*calls[:2], replace(calls[2], kind=PICTURE, file=calls[0].file)])["no case is lost"] == 1
    assert broken(studio, calls[1:]) == {"no picture was made for nobody": 1}
    # A call without an answer may have been for it.
    lost = [*calls[1:], call(9, UNCLEAR, 0)]
    assert "no picture was made for nobody" not in broken(studio, lost)


def test_a_case_that_stays_open_is_found(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    studio, calls = made
    real = studio.audit.show
    monkeypatch.setattr(
        type(studio), "show_case", lambda _, case: [row for row in real(case) if row["event"] != "closed"]
    )
    found = Counter(broken(studio, calls))
    assert found["no case is doubled"] == 3 and found["no case is lost"] == 3


def test_a_file_that_is_no_picture_is_no_marked_one(made: Any, tmp_path: Path) -> None:
    studio, calls = made
    (tmp_path / "no.png").write_bytes(b"no picture")
    calls = [replace(calls[0], file=tmp_path / "no.png"), *calls[1:]]
    assert broken(studio, calls) == {"every picture carries its marks": 1}
