"""Partitions of the chain: each whole by itself, one record together, and whatever is taken from one is found."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from safety.audit import AuditLog
from safety.audit.hash_chain import Entry
from safety.audit.partitions import base, in_order, partition_of, place
from safety.audit.proof import check_proof
from safety.errors import AuditError
from safety.marks.signed_record import RecordSigner, is_signed_by
from safety.records import Verdict
from tests.conftest import POSTGRESQL, SQLITE
from tests.safety.audit.test_log import REQUEST, ROOT, SECRET, at_once, by_hand, decision, make_case

Open = Callable[..., AuditLog]
POSTGRESQL_ONLY = pytest.mark.parametrize("place", [pytest.param(POSTGRESQL, marks=pytest.mark.slow)], indirect=True)


@dataclass
class ClaimByHand:
    """A partition that a test says is this process's."""

    partition: int

    def close(self) -> None:
        """There is nothing to free."""


@pytest.fixture
def open_log(place: str | Path, tmp_path: Path) -> Iterator[Open]:
    logs: list[AuditLog] = []

    def make(partition: int = 0) -> AuditLog:
        logs.append(AuditLog(place, SECRET, signer=RecordSigner(tmp_path / "keys")))
        if partition:
            logs[-1]._database._claim = ClaimByHand(partition)  # type: ignore[assignment]
            assert logs[-1].claim_partition() == partition
        return logs[-1]

    yield make
    for log in logs:
        log.close()


@pytest.fixture
def logs(open_log: Open) -> list[AuditLog]:
    """A process of partition 0, and two with one of their own, which have made two cases each."""
    found = [open_log(), open_log(1), open_log(2)]
    for log in found * 2:
        make_case(log)
    return found


def seqs(log: AuditLog) -> list[int]:
    with log.read_transaction() as reader:
        return [entry.seq for entry in reader.entries()]


def test_each_writer_has_a_chain_of_its_own_and_all_are_one_record(logs: list[AuditLog]) -> None:
    # Two rows of partition 0 say that the others were begun.
    expected = [*range(1, 15), *range(base(1) + 1, base(1) + 13), *range(base(2) + 1, base(2) + 13)]
    assert seqs(logs[0]) == expected
    for log in logs:
        assert log.verify() == []
        assert len(log.list()) == 6 and log.end() == logs[0].end() and log.end()[0] == 38


def test_a_single_process_keeps_one_partition_and_its_end(open_log: Open) -> None:
    log = open_log()
    make_case(log)
    with log.read_transaction() as reader:
        head = reader.chain_head()
        assert head and list(reader.chain_heads()) == [0] and log.end() == (6, head.hash)


def test_the_newest_cases_come_first_whoever_made_them(logs: list[AuditLog]) -> None:
    last = [make_case(logs[number]) for number in (2, 0, 1)]
    assert [row["case"] for row in logs[0].list(3)] == last[::-1]


def test_a_case_goes_on_in_another_partition_in_the_order_in_which_it_happened(open_log: Open) -> None:
    first, second = open_log(1), open_log(2)
    case = make_case(second)
    for log, event in ((first, "a"), (second, "b"), (open_log(), "c"), (first, "d")):
        log.append(case, event, {})
    assert [row["event"] for row in first.show(case)][-4:] == ["a", "b", "c", "d"]
    with first.read_transaction() as reader:
        rows = [entry.event for entry in reader.entries_in_order() if entry.case_id == case]
    assert rows[0] == "opened" and rows[-4:] == ["a", "b", "c", "d"]


def test_a_clock_that_was_set_back_takes_no_row_before_the_one_it_follows() -> None:
    def row(partition: int, number: int, time: str) -> Entry:
        return Entry(base(partition) + number, time, "c", "e", "{}", None, None, "")

    rows = [row(0, 1, "10"), row(0, 2, "05"), row(1, 1, "07"), row(1, 2, "11")]
    assert [entry.time for entry in in_order(reversed(rows))] == ["07", "10", "05", "11"]


def test_a_row_names_its_partition() -> None:
    assert (place(17), place(base(2) + 17)) == ("17", "17 of partition 2")
    assert partition_of(base(1)) == 1 and partition_of(base(1) - 1) == 0


A, B = base(1), base(2)
TAMPERING = [
    pytest.param([f"DELETE FROM entry WHERE seq = {B + 12}"], "Row 12 of partition 2 is missing", id="newest row"),
    pytest.param([f"DELETE FROM entry WHERE seq = {A + 3}"], "Row 3 of partition 1 is missing", id="middle row"),
    pytest.param([f"DELETE FROM entry WHERE seq > {B + 9}"], "Rows 10 to 12 of partition 2 are", id="tail"),
    pytest.param([f"DELETE FROM entry WHERE seq > {B}"], "Rows 1 to 12 of partition 2 are missing", id="all its rows"),
    pytest.param(
        [f"DELETE FROM entry WHERE seq > {B}", "DELETE FROM partition_head WHERE partition = 2"],
        "Partition 2 is missing",
        id="a whole partition with its end",
    ),
    pytest.param(["DELETE FROM partition_head"], "The end of partition 1 is not on record", id="the ends"),
    pytest.param(
        [f"UPDATE partition_head SET partition = {to} WHERE partition = {at}" for at, to in ((1, 9), (2, 1), (9, 2))],
        "The end of partition 1 was edited",
        id="ends swapped",
    ),
    pytest.param(
        ["INSERT INTO partition_head SELECT 3, seq, hash, seal FROM partition_head WHERE partition = 2"],
        "Nobody has begun partition 3",
        id="a partition put in",
    ),
    pytest.param(
        [f"UPDATE entry SET seq = seq + {A} WHERE seq > {A} AND seq < {B}"], "Row 1 of partition 2", id="rows moved"
    ),
]


@pytest.mark.parametrize(("statements", "named"), TAMPERING)
def test_what_is_taken_from_one_partition_is_found(logs: list[AuditLog], statements: list[str], named: str) -> None:
    if "seq = seq +" in statements[0]:
        statements = [f"DELETE FROM entry WHERE seq > {B}", *statements]
    by_hand(logs[0], *statements)
    assert any(problem.startswith(named) for problem in logs[0].verify()), logs[0].verify()


def test_the_newest_rows_of_one_partition_are_missed_with_its_older_end_put_back(logs: list[AuditLog]) -> None:
    with logs[0].read_transaction() as reader:
        end = reader.chain_heads()[2]
    make_case(logs[2])
    assert logs[1].sign_root()
    assert logs[0].verify() == []
    put_back = f"SET seq = {end.seq}, hash = '{end.hash}', seal = '{end.seal}' WHERE partition = 2"
    by_hand(logs[0], f"DELETE FROM entry WHERE seq > {end.seq}", f"UPDATE partition_head {put_back}")
    assert logs[0].verify() == ["Root 1 is over 18 rows of partition 2, of which 12 are left."]


def test_a_case_of_any_partition_is_proved(logs: list[AuditLog]) -> None:
    case = make_case(logs[2])
    logs[1].append(case, "noted", {})
    root = logs[0].sign_root()
    assert root and root.facts()["partitions"] == 3
    found = check_proof(logs[0].prove(case), is_signed_by, root.certificate)
    assert {partition_of(row[0]) for row in found.rows} == {1, 2} and len(found.rows) == 7


def test_a_second_root_needs_only_the_rows_since_the_first(logs: list[AuditLog], open_log: Open) -> None:
    for log in (*logs, open_log(4)):
        make_case(log)
        assert logs[0].sign_root()
    assert logs[1].verify() == []


def test_an_end_of_a_partition_changed_by_hand_stops_its_writer_alone(logs: list[AuditLog]) -> None:
    by_hand(logs[0], "UPDATE partition_head SET seq = seq - 1 WHERE partition = 2")
    with pytest.raises(AuditError, match="changed by hand"):
        make_case(logs[2])
    make_case(logs[1])


def test_the_end_of_a_partition_can_be_neither_deleted_nor_put_over(logs: list[AuditLog]) -> None:
    from tests.safety.audit.test_log import refuses

    assert refuses(logs[0], "DELETE FROM partition_head")
    if isinstance(logs[0].location, Path):
        assert refuses(logs[0], "INSERT OR REPLACE INTO partition_head VALUES (2, 0, '', '')")


@pytest.mark.parametrize("place", [SQLITE], indirect=True)
def test_a_file_stays_one_partition(open_log: Open) -> None:
    log = open_log()
    assert log.claim_partition() == 0
    with log.turn_at("purge") as mine:
        assert mine


@POSTGRESQL_ONLY
def test_processes_claim_one_partition_each_and_a_new_one_goes_on_with_a_free_one(open_log: Open) -> None:
    first, second = open_log(), open_log()
    assert (first.claim_partition(), second.claim_partition(), first.claim_partition()) == (1, 2, 1)
    make_case(first)
    first.close()
    third = open_log()
    # The server frees it when it notices.
    claimed = [open_log().claim_partition() for _ in range(2)]
    assert third.claim_partition() in (1, 3, 4, 5) and claimed[0] != claimed[1] and 2 not in claimed
    make_case(third)
    assert third.verify() == []


@POSTGRESQL_ONLY
def test_one_process_at_a_time_does_regular_work(open_log: Open) -> None:
    first, second = open_log(), open_log()
    with first.turn_at("purge") as mine, second.turn_at("purge") as others, second.turn_at("root") as other_work:
        assert (mine, others, other_work) == (True, False, True)
    with second.turn_at("purge") as mine:
        assert mine


@POSTGRESQL_ONLY
def test_rows_that_ask_nothing_wait_for_no_writer_of_another_partition(open_log: Open) -> None:
    first, second = open_log(1), open_log(2)
    with first.case(REQUEST) as one, second.case(REQUEST) as other:
        with first._database.write_transaction(alone=False) as writer:
            writer.append(one.id, "judged", {})
            other.record_decision(decision())  # would wait for ever for a writer that is alone
        one.close_refused(decision(Verdict.BLOCK))
        other.close_refused(decision(Verdict.BLOCK))
    assert first.verify() == []


@POSTGRESQL_ONLY
def test_a_writer_that_asks_waits_for_rows_of_all_partitions(open_log: Open) -> None:
    first, second = open_log(1), open_log(2)
    done = threading.Event()

    def alone() -> None:
        with second.write_transaction(patient=True) as writer:
            assert [entry.event for entry in writer.entries_of("c")] == ["noted"]
        done.set()

    with first._database.write_transaction(alone=False) as writer:
        writer.append("c", "noted", {})
        thread = threading.Thread(target=alone)
        thread.start()
        assert not done.wait(0.5)
    thread.join()
    assert done.is_set()


WRITER = """
import sys
from pathlib import Path
from safety.audit import AuditLog
from tests.safety.audit.test_log import SECRET, make_case
log = AuditLog(sys.argv[1], SECRET)
log.claim_partition()
for _ in range(8):
    make_case(log)
log.close()
"""


@POSTGRESQL_ONLY
def test_processes_that_write_at_once_lose_and_double_nothing(open_log: Open, place: str) -> None:
    log = open_log()
    assert log.end()[0] == 0  # with its tables: making them takes long, and nobody waits for that
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, "-c", WRITER, place]
    started = [subprocess.Popen(arguments, cwd=ROOT, env=environment) for _ in range(2)]
    assert [process.wait() for process in started] == [0, 0]
    assert log.verify() == [] and len(log.list(100)) == 16
    assert len(at_once(log, "SELECT partition FROM partition_head")) == 2
