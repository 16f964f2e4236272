"""The audit log is append-only, chained, empty of people's words, and honest about crashes."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pg8000.dbapi
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safety.audit import AuditLog
from safety.errors import AuditError, Cancelled, EngineFailed, RequestError
from safety.generation import Export, ExportRecord, GenerationRequest, KeptManifest, Stamp
from safety.records import Decision, Reason, Span, Stage, Verdict
from tests.conftest import POSTGRESQL, SQLITE

SECRET = b"s" * 32
REQUEST = GenerationRequest("a red apple", negative_prompt="a pear")
ROOT = Path(__file__).parents[3]


def decision(verdict: Verdict = Verdict.ALLOW, stage: Stage = Stage.PROMPT) -> Decision:
    reason = Reason(verdict, "nudity", "P202", "2.2", "lexicon", "", "apple", (Span(6, 11),), 0.5, 0.4)
    return Decision(
        verdict, (reason,) if verdict else (), stage, "general", "1", "digest", 0.5, {"nudity": 0.5}, ("a",)
    )


def export(stamp: int = 5, sha256: str = "ab" * 32) -> Export:
    return Export(Path("apple.png"), Stamp(stamp), sha256, 512, 512, ("visible", "invisible"))


@pytest.fixture
def open_log(place: str | Path) -> Iterator[Callable[..., AuditLog]]:
    logs: list[AuditLog] = []

    def make(keep_prompts: bool = False, secret: bytes = SECRET) -> AuditLog:
        logs.append(AuditLog(place, secret, keep_prompts))
        return logs[-1]

    yield make
    for log in logs:
        log.close()


@pytest.fixture
def log(open_log: Callable[..., AuditLog]) -> AuditLog:
    return open_log()


def make_case(log: AuditLog) -> str:
    """Makes a case of six rows: opened, judged, exported, closed, revealed, reported."""
    with log.case(REQUEST) as case:
        case.record_decision(decision())
        case.record_export(export())
        case.close_refused(decision(Verdict.BLOCK))
    log.append(case.id, "revealed", {"stamp": "5"})
    log.append(case.id, "reported", {})
    return case.id


def raw(log: AuditLog) -> Any:
    """Returns a connection past Safelight, each statement by itself."""
    if isinstance(log.location, Path):
        return sqlite3.connect(log.location, isolation_level=None)
    url = sa.make_url(log.location)
    connection = pg8000.dbapi.connect(url.username, url.host, url.database, url.port, url.password)
    connection.autocommit = True
    return connection


def at_once(log: AuditLog, *statements: str) -> list[Any]:
    connection = raw(log)
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    rows = cursor.fetchall() if statements[-1].startswith("SELECT") else []
    cursor.close()
    connection.close()
    return rows


def by_hand(log: AuditLog, *statements: str) -> None:
    """Does what somebody with the database and without the key can do: triggers put out of force and back."""
    if not isinstance(log.location, Path):
        at_once(log, "SET session_replication_role = replica", *statements)
        return
    triggers = at_once(log, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    at_once(log, *(f"DROP TRIGGER {name}" for name, _ in triggers), *statements, *(sql for _, sql in triggers))


def stored(log: AuditLog) -> bytes:
    """Returns every byte on disk, the write-ahead log included; of a server's database, every value of every row."""
    if isinstance(log.location, Path):
        return b"".join(path.read_bytes() for path in log.location.parent.glob("audit.sqlite3*"))
    tables = ("entry", "head", "kept", "appeal", "act")
    return repr([at_once(log, f"SELECT * FROM {table}") for table in tables]).encode()


SQLITE_ONLY = pytest.mark.parametrize("place", [SQLITE], indirect=True)
POSTGRESQL_ONLY = pytest.mark.parametrize("place", [pytest.param(POSTGRESQL, marks=pytest.mark.slow)], indirect=True)


def test_a_case_is_on_disk_before_the_work_begins(log: AuditLog, open_log: Callable[..., AuditLog]) -> None:
    with log.case(REQUEST) as case:
        assert [row["event"] for row in open_log().show(case.id)] == ["opened"]
        assert open_log().list()[0]["outcome"] == "open"
        case.close_refused(decision(Verdict.BLOCK))
    assert log.list()[0]["outcome"] == "refused"


def test_a_sound_log_has_no_problem(log: AuditLog) -> None:
    make_case(log)
    with log.mark_case() as case:
        case.record_export(export(6))
    assert log.verify() == []
    assert log.end()[0] == 9
    assert log.list()[0] == {**log.list()[0], "kind": "mark", "outcome": "delivered"}


@pytest.mark.parametrize(
    ("error", "outcome", "sentence"),
    [
        pytest.param(Cancelled("Stopped."), "cancelled", "Stopped.", id="the person stopped it"),
        pytest.param(EngineFailed("All black.", "Try again."), "failed", "All black. Try again.", id="our own error"),
        pytest.param(KeyboardInterrupt(), "cancelled", "", id="control and C"),
        pytest.param(ValueError("a red apple"), "failed", "", id="another's error, which may quote the prompt"),
    ],
)
def test_what_goes_wrong_closes_the_case_and_goes_on(
    log: AuditLog, error: BaseException, outcome: str, sentence: str
) -> None:
    with pytest.raises(type(error)), log.case(REQUEST):
        raise error
    row = log.show(log.list()[0]["case"])[-1]
    assert row["facts"] == {"outcome": outcome, "error": type(error).__name__, "sentence": sentence}


def test_a_case_without_an_outcome_is_a_failure(log: AuditLog) -> None:
    with log.case(REQUEST):
        pass
    assert log.list()[0]["outcome"] == "failed"


def refuses(log: AuditLog, statement: str) -> bool:
    with pytest.raises((sqlite3.IntegrityError, pg8000.dbapi.DatabaseError), match="append-only"):
        at_once(log, statement)
    return True


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE entry SET event = 'x' WHERE seq = 2", id="edit"),
        pytest.param("DELETE FROM entry WHERE seq = 2", id="delete"),
        pytest.param("INSERT INTO head VALUES (2, 0, '', '')", id="a second end"),
        pytest.param("DELETE FROM head", id="forget the end"),
        pytest.param("UPDATE kept SET content = 'x'", id="edit what is kept"),
    ],
)
def test_rows_can_only_be_added(open_log: Callable[..., AuditLog], statement: str) -> None:
    log = open_log(keep_prompts=True)
    make_case(log)
    assert refuses(log, statement)
    assert log.verify() == []


@SQLITE_ONLY
def test_no_row_can_be_put_over_another_one(log: AuditLog) -> None:
    make_case(log)
    assert refuses(log, "INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE seq = 2")
    assert refuses(log, "INSERT OR REPLACE INTO head VALUES (2, 0, '', '')")


@POSTGRESQL_ONLY
def test_tables_cannot_be_emptied_nor_a_row_put_over_another_one(log: AuditLog) -> None:
    make_case(log)
    over = "INSERT INTO entry SELECT * FROM entry WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET event = 'x'"
    for statement in ("TRUNCATE entry", "TRUNCATE head", over):
        assert refuses(log, statement)


COPY_3 = "SELECT 7, time, case_id, event, facts, stamp, sha256, previous, hash FROM entry WHERE seq = 3"
TAMPERING = [
    pytest.param(["UPDATE entry SET facts = '{}' WHERE seq = 3"], "Row 3 was edited", id="facts edited"),
    pytest.param(["UPDATE entry SET facts = 'x' WHERE seq = 1"], "Row 1 was edited", id="facts made unreadable"),
    pytest.param(["UPDATE entry SET time = '2020' WHERE seq = 1"], "Row 1 was edited", id="time edited"),
    pytest.param(["UPDATE entry SET stamp = 'f' WHERE seq = 3"], "Row 3 was edited", id="stamp edited"),
    pytest.param(["UPDATE entry SET stamp = NULL WHERE seq = 3"], "Row 3 was edited", id="stamp removed"),
    pytest.param(["UPDATE entry SET hash = 'f' WHERE seq = 4"], "Row 4 was edited", id="hash edited"),
    pytest.param(["UPDATE entry SET case_id = 'f' WHERE seq = 6"], "Row 6 was edited", id="last row edited"),
    pytest.param(["DELETE FROM entry WHERE seq = 1"], "Row 1 is missing", id="first row deleted"),
    pytest.param(["DELETE FROM entry WHERE seq = 3"], "Row 3 is missing", id="middle row deleted"),
    pytest.param(["DELETE FROM entry WHERE seq IN (3, 4)"], "Rows 3 to 4 are missing", id="two rows deleted"),
    pytest.param(["DELETE FROM entry WHERE seq = 6"], "Row 6 is missing", id="last row deleted"),
    pytest.param(["DELETE FROM entry WHERE seq > 4"], "Rows 5 to 6 are missing", id="tail cut off"),
    pytest.param(["DELETE FROM entry"], "Rows 1 to 6 are missing", id="all rows deleted"),
    pytest.param(
        ["DELETE FROM entry WHERE seq = 6", "UPDATE head SET seq = 5"],
        "The end of the chain was edited",
        id="end moved",
    ),
    pytest.param(["DELETE FROM head"], "The end of the chain is not on record", id="end deleted"),
    pytest.param([f"INSERT INTO entry {COPY_3}"], "Row 7 was edited, moved or put in", id="row copied to the end"),
    pytest.param(
        [f"UPDATE entry SET seq = {to} WHERE seq = {at}" for at, to in ((3, 99), (4, 3), (99, 4))],
        "Row 3 was edited, moved",
        id="two rows swapped",
    ),
    pytest.param(
        ["DELETE FROM entry WHERE seq = 3"] + [f"UPDATE entry SET seq = {n - 1} WHERE seq = {n}" for n in (4, 5, 6)],
        "Row 3 was edited, moved",
        id="deleted and closed up",
    ),
]


@pytest.mark.parametrize(("statements", "named"), TAMPERING)
def test_tampering_is_found_and_the_row_named(log: AuditLog, statements: list[str], named: str) -> None:
    make_case(log)
    by_hand(log, *statements)
    assert any(problem.startswith(named) for problem in log.verify()), log.verify()


def test_an_end_that_is_no_number_was_edited(log: AuditLog) -> None:
    if not isinstance(log.location, Path):
        pytest.skip("PostgreSQL lets nobody write it")
    make_case(log)
    by_hand(log, "UPDATE head SET seq = 'x'")
    assert [problem for problem in log.verify() if problem.startswith("The end of the chain was edited")]


def test_a_tail_cut_off_stays_missing_when_the_log_goes_on(log: AuditLog) -> None:
    make_case(log)
    by_hand(log, "DELETE FROM entry WHERE seq = 6")
    make_case(log)
    assert log.verify() == ["Row 6 is missing."]


def test_an_end_changed_by_hand_stops_the_work(log: AuditLog) -> None:
    make_case(log)
    by_hand(log, "UPDATE head SET seq = 3")
    with pytest.raises(AuditError, match="changed by hand"), log.case(REQUEST):
        pytest.fail("the work began without a record")


def test_another_key_finds_every_row_wrong_and_writes_none(log: AuditLog, open_log: Callable[..., AuditLog]) -> None:
    make_case(log)
    stranger = open_log(secret=b"t" * 32)
    assert len(stranger.verify()) == 7
    with pytest.raises(AuditError, match="key"), stranger.case(REQUEST):
        pytest.fail("the work began without a record")


def test_a_dropped_trigger_is_found(log: AuditLog) -> None:
    make_case(log)
    on = "" if isinstance(log.location, Path) else " ON entry"
    at_once(log, f"DROP TRIGGER entry_no_update{on}")
    assert log.verify() == ["The trigger entry_no_update is gone: rows can be changed."]


def test_no_word_of_a_prompt_is_on_disk(log: AuditLog) -> None:
    with log.case(REQUEST) as case:
        case.record_decision(decision(Verdict.WARN))
        case.close_refused(decision(Verdict.WARN))
    assert b"apple" not in stored(log)
    assert b"pear" not in stored(log)


def test_equal_prompts_have_equal_hashes_that_need_the_key(log: AuditLog) -> None:
    hashes = [log.show(make_case(log))[0]["facts"]["prompt"] for _ in range(2)]
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 64


def test_words_are_kept_where_the_settings_say_so(open_log: Callable[..., AuditLog]) -> None:
    log = open_log(keep_prompts=True)
    with log.case(REQUEST) as case:
        case.record_decision(decision(Verdict.WARN))
        assert b"apple" not in stored(log)  # the picture may still turn out a hard line
        case.close_refused(decision(Verdict.WARN))
    words = log.show(case.id)[-1]["facts"]["words"]
    assert (words["prompt"], words["negative_prompt"]) == ("a red apple", "a pear")
    assert words["reasons"][0]["evidence"] == "apple"
    assert words["reasons"][0]["spans"] == [[6, 11]]
    assert log.verify() == []


def test_an_unjudged_prompt_is_not_kept(open_log: Callable[..., AuditLog]) -> None:
    log = open_log(keep_prompts=True)
    with pytest.raises(ValueError), log.case(REQUEST):
        raise ValueError
    assert b"apple" not in stored(log)


@pytest.mark.parametrize("stage", [pytest.param(stage, id=str(stage)) for stage in Stage])
def test_a_hard_line_never_stores_words(open_log: Callable[..., AuditLog], stage: Stage) -> None:
    log = open_log(keep_prompts=True)
    with log.case(REQUEST) as case:
        case.record_decision(decision(Verdict.WARN))
        case.record_decision(decision(Verdict.HARD_BLOCK, stage))
        case.close_refused(decision(Verdict.HARD_BLOCK, stage))
    assert b"apple" not in stored(log)


@pytest.mark.parametrize(
    ("statements", "problems"),
    [
        pytest.param(["DELETE FROM kept"], 1, id="gone without an erasure on record"),
        pytest.param(["UPDATE kept SET content = '{}'"], 1, id="edited"),
        pytest.param(["INSERT INTO kept VALUES ('f', 'words', '{}', '')"], 1, id="put in"),
    ],
)
def test_words_hang_on_the_chain(open_log: Callable[..., AuditLog], statements: list[str], problems: int) -> None:
    log = open_log(keep_prompts=True)
    make_case(log)
    by_hand(log, *statements)
    assert len(log.verify()) == problems


def test_a_case_is_shown_whatever_was_done_to_it(open_log: Callable[..., AuditLog]) -> None:
    log = open_log(keep_prompts=True)
    case = make_case(log)
    by_hand(log, "UPDATE kept SET content = '{'", "UPDATE entry SET facts = '{'", "DELETE FROM entry WHERE seq = 4")
    assert log.show(case)[-1]["facts"] == {"words": "{"}
    assert log.list()[0]["outcome"] == "open"
    assert log.close_interrupted() == [case]


def test_words_can_be_erased_and_the_chain_still_holds(open_log: Callable[..., AuditLog]) -> None:
    log = open_log(keep_prompts=True)
    case = make_case(log)
    log.append(case, "erased", {"by": "its owner"})
    at_once(log, "DELETE FROM kept")
    assert log.verify() == []


def test_a_picture_is_found_by_its_bytes_or_by_its_stamp(log: AuditLog) -> None:
    with log.mark_case() as case:
        case.record_export(export(5, "ab" * 32))
        case.record_export(export(6, "cd" * 32))
    assert log.find([], "ab" * 32) == log.find([str(Stamp(5))], "")
    found = log.find([str(Stamp(6))], "ab" * 32)
    assert isinstance(found, ExportRecord)
    assert (found.stamp, found.case, found.sha256) == (str(Stamp(5)), case.id, "ab" * 32)
    assert log.find([str(Stamp(7))], "00" * 32) is None


def test_a_forged_registration_is_not_believed(log: AuditLog) -> None:
    with log.mark_case() as case:
        case.record_export(export())
    by_hand(log, f"UPDATE entry SET stamp = '{Stamp(9)}' WHERE event = 'exported'")
    assert log.find([str(Stamp(9))], "ab" * 32) is None


def kept(stamp: int = 5, store: bytes = b"a manifest") -> KeptManifest:
    return KeptManifest(str(Stamp(stamp)), "urn:c2pa:1", store, "an outline")


def test_the_manifest_of_a_picture_is_found_by_its_stamp_and_by_its_id(log: AuditLog) -> None:
    with log.mark_case() as case:
        case.record_export(replace(export(), manifest=kept()))
    found = log.find([str(Stamp(5))], "")

    assert found is not None and found.manifest == kept() == log.find_manifest(str(Stamp(5)))
    assert log.find_manifest(id_="urn:c2pa:1") == kept()
    assert log.find_manifest(str(Stamp(6))) is None and log.find_manifest(id_="urn:c2pa:2") is None
    assert log.verify() == []


def test_a_manifest_changed_by_hand_is_found_and_not_given_out(log: AuditLog) -> None:
    with log.mark_case() as case:
        case.record_export(replace(export(), manifest=kept()))
    by_hand(log, "UPDATE manifest SET store = 'another'")

    assert log.find_manifest(str(Stamp(5))) is None
    assert [sentence for sentence in log.verify() if str(Stamp(5)) in sentence]


def test_a_row_for_an_unknown_case_is_refused(log: AuditLog) -> None:
    with pytest.raises(RequestError, match="no case 'f'"):
        log.append("f", "revealed", {})
    with pytest.raises(RequestError, match="no case 'f'"):
        log.show("f")


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("file/audit.sqlite3", id="its folder is a file"),
        pytest.param("folder", id="it is a folder"),
        pytest.param("no-database", id="it is another file"),
    ],
)
def test_a_log_that_cannot_be_written_stops_the_work(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "no-database").write_text("This is a diary, and a long one." * 100)
    log = AuditLog(tmp_path / place, SECRET)
    with pytest.raises(AuditError) as caught, log.case(REQUEST):
        pytest.fail("the work began without a record")
    assert "SAFELIGHT_HOME" in caught.value.sentence
    log.close()


@SQLITE_ONLY
def test_a_full_disk_stops_the_work(log: AuditLog) -> None:
    make_case(log)

    def fill(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    sa.event.listen(sa.Pool, "checkout", fill)
    try:
        with pytest.raises(AuditError, match="full"):
            for _ in range(100):
                make_case(log)
    finally:
        sa.event.remove(sa.Pool, "checkout", fill)
    assert log.verify() == []


def test_a_crash_closes_its_cases_at_the_next_start(log: AuditLog, open_log: Callable[..., AuditLog]) -> None:
    crashed = open_log()
    unfinished = crashed.case(REQUEST)
    crashed_case = unfinished.__enter__()
    with log.case(REQUEST) as living:
        assert log.close_interrupted() == []  # both processes live
        crashed.close()
        assert log.close_interrupted() == [crashed_case.id]
        assert log.close_interrupted() == []
        living.close_refused(decision(Verdict.BLOCK))
    assert {row["case"]: row["outcome"] for row in log.list()} == {crashed_case.id: "interrupted", living.id: "refused"}
    assert log.verify() == []


def test_the_next_case_closes_what_a_crash_left(open_log: Callable[..., AuditLog]) -> None:
    crashed = open_log()
    unfinished = crashed.case(REQUEST)
    unfinished.__enter__()
    crashed.close()
    assert make_case(open_log())
    assert sorted(row["outcome"] for row in open_log().list()) == ["interrupted", "refused"]


@SQLITE_ONLY
def test_nothing_is_left_of_a_process_that_ended(log: AuditLog) -> None:
    make_case(log)
    folder = Path(log.location).parent / "instances"
    assert len(list(folder.iterdir())) == 1
    log.close()
    assert list(folder.iterdir()) == []


WRITER = """
import sys
from safety.audit import AuditLog
from pathlib import Path
log = AuditLog(sys.argv[1] if "://" in sys.argv[1] else Path(sys.argv[1]), b"s" * 32)
with log.mark_case() as case:
    for number in range(100):
        case.record("counted", number=number)
log.close()
"""


@pytest.mark.slow
def test_processes_and_threads_append_at_once_without_losing_a_row(log: AuditLog) -> None:
    command = [sys.executable, "-c", WRITER, str(log.location)]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    threads = [threading.Thread(target=make_case, args=(log,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert log.verify() == []
    assert log.end()[0] == 3 * 102 + 20 * 6


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.dictionaries(st.text(max_size=8), JSON, max_size=4), prompt=st.text())
def test_any_facts_and_any_prompt_come_back_and_hold(log: AuditLog, facts: dict[str, Any], prompt: str) -> None:
    with log.case(GenerationRequest(prompt)) as case:
        case.close_refused(decision(Verdict.BLOCK))
    log.append(case.id, "noted", facts)
    assert log.show(case.id)[-1]["facts"] == json.loads(json.dumps(facts))
    assert log.verify() == []
