"""Worker processes: what they read comes back, what they must not do ends them, and who waits for whom."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from safety.errors import BusyError, CostlyFileError, FileError
from safety.files.limits import ReadingLimits
from safety.files.pool import WorkerPool
from safety.files.wire import BrokenMessage, load_records
from safety.generation import Stamp
from tests import readings

TIGHT = ReadingLimits(processor_seconds=0.4, seconds=5, memory=900_000_000, result=1_000_000, picture=1000)
linux = pytest.mark.skipif(sys.platform != "linux", reason="The operating system holds no such limit.")


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(TIGHT)
    yield pool
    pool.close()


def test_what_a_reading_returns_comes_back(pool: WorkerPool, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(1000))

    assert pool.run(readings.length, b"four")[0] == 4
    assert pool.run(readings.length, (file, 2000))[0] == 1000
    assert pool.run(readings.length, (file, 10))[0] == 11
    assert pool.run(readings.picture, b"") == (Stamp(5), ((3, 2), bytearray(range(18))))


def test_what_a_reading_raises_is_raised(pool: WorkerPool, tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        pool.run(readings.refuse, b"")
    assert caught.value.sentence == "No picture. Take another."
    with pytest.raises(FileError, match="No such file"):
        pool.run(readings.length, (tmp_path / "nowhere", 10))
    with pytest.raises(RuntimeError, match="a bug of ours"):
        pool.run(readings.fail, b"")


MISBEHAVIOUR = [
    pytest.param(readings.spin, (), id="computes without end", marks=linux),
    pytest.param(readings.sleep, (60,), id="waits without end"),
    pytest.param(readings.hoard, (), id="takes 2 GB", marks=linux),
    pytest.param(readings.chatter, (), id="answers with 10 MB"),
    pytest.param(readings.crash, (), id="crashes"),
    pytest.param(readings.leave, (), id="leaves"),
    pytest.param(readings.forge, (), id="answers with a call"),
]


@pytest.mark.parametrize(("reading", "arguments"), MISBEHAVIOUR)
def test_a_worker_past_its_limits_is_replaced(reading: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    limits = ReadingLimits(0.4, 1.5 if reading is readings.sleep else 20, 900_000_000, 1_000_000, 1000)
    pool = WorkerPool(limits, workers=1)
    try:
        before = pool.run(readings.process, b"")[0]
        with pytest.raises(CostlyFileError) as caught:
            pool.run(reading, b"", *arguments)
        assert "more time or memory" in caught.value.sentence and caught.value.advice
        assert pool.run(readings.process, b"")[0] != before
    finally:
        pool.close()


def test_what_a_library_prints_is_no_answer(pool: WorkerPool) -> None:
    assert pool.run(readings.printing, b"")[0] == "said"


@linux
def test_a_worker_writes_no_file(pool: WorkerPool, tmp_path: Path) -> None:
    assert pool.run(readings.write, b"", str(tmp_path / "file"))[0] == "not written"


def test_a_worker_that_was_ended_while_it_waited_is_not_noticed() -> None:
    pool = WorkerPool(TIGHT, workers=1)
    try:
        os.kill(pool.run(readings.process, b"")[0], signal.SIGTERM)
        wait_until(lambda: not pool._idle[0].usable)
        for _ in range(3):
            assert pool.run(readings.length, b"four")[0] == 4
    finally:
        pool.close()


def test_a_worker_that_cannot_be_started_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    pool = WorkerPool(TIGHT, workers=1)
    try:
        with pytest.raises(RuntimeError, match="can be started with"):
            pool.run(readings.length, b"four")
    finally:
        pool.close()


def test_a_worker_is_replaced_after_its_share_of_readings() -> None:
    pool = WorkerPool(ReadingLimits(readings=2), workers=1)
    try:
        assert len({pool.run(readings.process, b"")[0] for _ in range(4)}) == 2
    finally:
        pool.close()


def test_of_one_client_only_so_many_files_are_read_at_once_and_others_are_served(tmp_path: Path) -> None:
    pool = WorkerPool(TIGHT, workers=3, per_client=2)
    go = tmp_path / "go"
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(pool.run, readings.wait_for, b"", str(go), client="first") for _ in range(2)]
        wait_until(lambda: pool._busy == 2)
        with pytest.raises(BusyError) as caught:
            pool.run(readings.length, b"", client="first")
        assert caught.value.seconds == 2 and "2 of your files" in caught.value.sentence
        assert pool.run(readings.length, b"four", client="second")[0] == 4
        assert pool.run(readings.length, b"four")[0] == 4
        go.touch()
        assert [each.result()[0] for each in running] == ["there", "there"]
    assert pool.run(readings.length, b"four", client="first")[0] == 4
    assert not pool._of_client
    pool.close()


def test_so_many_files_wait_in_all_and_the_rest_is_told_when_to_come_again(tmp_path: Path) -> None:
    pool = WorkerPool(TIGHT, workers=1, max_waiting=2)
    go = tmp_path / "go"
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(pool.run, readings.wait_for, b"", str(go), client="0")]
        wait_until(lambda: pool._busy == 1)
        running += [threads.submit(pool.run, readings.wait_for, b"", str(go), client=str(each)) for each in (1, 2)]
        wait_until(lambda: pool._waiting == 2)
        with pytest.raises(BusyError, match="Too many files wait"):
            pool.run(readings.length, b"", client="3")
        # This program's own files wait for as long as it takes.
        running.append(threads.submit(pool.run, readings.wait_for, b"", str(go)))
        wait_until(lambda: pool._waiting == 3)
        go.touch()
        assert [each.result()[0] for each in running] == ["there"] * 4
    pool.close()


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(3000):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("It never came to that.")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(os.system, id="a function"),
        pytest.param(Path("/"), id="another library's class"),
        pytest.param(TIGHT, id="one of our records"),
        pytest.param(FileError("a"), id="one of our errors"),
        pytest.param(WorkerPool, id="a class that is no record"),
        pytest.param(load_records, id="a function of ours"),
    ],
)
def test_of_a_worker_nothing_is_believed_but_plain_values_and_our_records(value: object) -> None:
    message = pickle.dumps((value, 1))
    if isinstance(value, ReadingLimits | FileError):
        assert load_records(message)[1] == 1
    else:
        with pytest.raises(BrokenMessage):
            load_records(message)
