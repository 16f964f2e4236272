"""Where the audit log is kept: by path or by address, in the newest shape, with sentences for what goes wrong."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from safety.audit import AuditLog, migrate
from safety.audit.address import without_password
from safety.audit.database import Database
from safety.audit.hash_chain import Keys
from safety.audit.tables import REVISION, TRIGGERS, meta
from safety.errors import AuditError
from safety.generation import GenerationRequest
from safety.records import Decision, Stage, Verdict
from tests.conftest import POSTGRESQL, SQLITE
from tests.postgres import Cluster

SECRET = b"s" * 32
ROOT = Path(__file__).parents[3]
# The shape before alembic, as the first release wrote it.
OLD_SHAPE = """
CREATE TABLE entry (seq INTEGER NOT NULL PRIMARY KEY, time TEXT NOT NULL, case_id TEXT NOT NULL, event TEXT NOT NULL,
                    facts TEXT NOT NULL, stamp TEXT, sha256 TEXT, previous TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX ix_entry_case_id ON entry (case_id);
CREATE INDEX ix_entry_stamp ON entry (stamp);
CREATE INDEX ix_entry_sha256 ON entry (sha256);
CREATE TABLE head (id INTEGER NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, hash TEXT NOT NULL, seal TEXT NOT NULL);
CREATE TABLE words (case_id TEXT NOT NULL PRIMARY KEY, content TEXT NOT NULL);
"""


def test_the_steps_lead_to_the_tables_that_the_code_uses(place: str | Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = Database(place, Keys(SECRET))
    with database.read_transaction() as reader:
        assert compare_metadata(MigrationContext.configure(reader.connection), meta) == []
        assert migrate.current_revision(reader.connection) == REVISION == migrate.migration_scripts().get_current_head()
        assert database.triggers(reader) == set(TRIGGERS[reader.connection.dialect.name])
    database.close()


def test_a_log_from_before_the_migrations_is_taken_over_whole(tmp_path: Path) -> None:
    place = tmp_path / "audit.sqlite3"
    log = AuditLog(place, SECRET, keep_prompts=True)
    with log.case(GenerationRequest("a red apple")) as case:
        case.record_decision(Decision(Verdict.ALLOW, (), Stage.PROMPT, "general", "1", "digest", 0.0, {}, ()))
        case.close("delivered")
    end = log.end()
    log.close()
    old = sqlite3.connect(tmp_path / "old.sqlite3")
    old.executescript(OLD_SHAPE)
    old.execute("ATTACH ? AS new", (str(place),))
    for table, columns in (("entry", "*"), ("head", "*"), ("words", "case_id, content")):
        source = "kept" if table == "words" else table
        old.execute(f"INSERT INTO main.{table} SELECT {columns} FROM new.{source}")
    old.commit()
    old.close()
    taken = AuditLog(tmp_path / "old.sqlite3", SECRET, keep_prompts=True)
    assert taken.end() == end
    assert taken.show(case.id)[-1]["facts"]["words"]["prompt"] == "a red apple"
    assert [p for p in taken.verify() if "trigger" not in p] == []
    taken.close()


def test_a_log_of_a_newer_safelight_is_left_alone(place: str | Path) -> None:
    database = Database(place, Keys(SECRET))
    with database.write_transaction() as writer:
        writer.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(AuditError, match="'9999'") as caught:
        Database(place, Keys(SECRET))
    assert caught.value.sentence.endswith("Update Safelight.")


def test_alembic_is_imported_only_where_the_shape_changes(place: str | Path) -> None:
    Database(place, Keys(SECRET)).close()
    code = (
        "import sys; from safety.audit import AuditLog; log = AuditLog(sys.argv[1], b's' * 32); log.end(); log.close();"
        "sys.exit('alembic' in sys.modules)"
    )
    address = f"sqlite:///{place}" if isinstance(place, Path) else place
    assert subprocess.run([sys.executable, "-c", code, address], cwd=ROOT).returncode == 0


@pytest.mark.slow
def test_processes_that_start_at_once_make_one_set_of_tables(place: str | Path) -> None:
    code = (
        "import sys; from safety.audit import AuditLog; log = AuditLog(sys.argv[1], b's' * 32); log.end(); log.close()"
    )
    address = f"sqlite:///{place}" if isinstance(place, Path) else place
    started = [subprocess.Popen([sys.executable, "-c", code, address], cwd=ROOT) for _ in range(4)]
    assert [process.wait() for process in started] == [0, 0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "address",
    [
        pytest.param("postgresql://user:S3cret@host:S3cret/db", id="a port that is none"),
        pytest.param("postgresql://user:S3cret@[::1/db", id="half an address"),
        pytest.param("postgresql://user:x@:S3cret:y/db", id="signs that are not escaped"),
        pytest.param("postgresql://127.0.0.1:1/db?password=S3cret", id="nobody's"),
        pytest.param("postgresql://user@127.0.0.1:1/db?password=S3cret", id="password as an option"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_sentence_without_its_password(address: str) -> None:
    with pytest.raises(AuditError) as caught:
        AuditLog(address, SECRET).end()
    assert "S3cret" not in "".join(traceback.format_exception(caught.value)) + caught.value.advice


def test_no_sentence_shows_a_password(postgres_cluster: Cluster) -> None:
    address = postgres_cluster.new_database().replace(postgres_cluster.password, "wr0ng-secret")
    assert "wr0ng-secret" not in without_password(address)
    log = AuditLog(address, SECRET)
    with pytest.raises(AuditError, match="password authentication failed") as caught:
        log.end()
    assert "wr0ng-secret" not in caught.value.sentence
    assert "SAFELIGHT_STORE" in caught.value.sentence


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        pytest.param("postgresql://a:b@127.0.0.1:1/c", "SAFELIGHT_STORE", id="nobody listens"),
        pytest.param("mysql+pymysql://a:b@127.0.0.1/c", "Use SQLite, or a postgresql:// address", id="another kind"),
        pytest.param("postgresql+nothing://a:b@127.0.0.1/c", "SAFELIGHT_STORE", id="nonsense"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_in_one_sentence(address: str, advice: str) -> None:
    with pytest.raises(AuditError) as caught:
        AuditLog(address, SECRET).end()
    assert advice in caught.value.sentence


def test_a_driver_that_is_not_installed_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pg8000", None)
    with pytest.raises(AuditError) as caught:
        AuditLog("postgresql://a:b@127.0.0.1:1/c", SECRET).end()
    assert "python -m pip install pg8000" in caught.value.sentence
    assert ":b@" not in caught.value.sentence


def test_sqlite_can_be_named_by_address(tmp_path: Path) -> None:
    log = AuditLog(f"sqlite:///{tmp_path / 'here.sqlite3'}", SECRET)
    assert log.end()[0] == 0
    assert (tmp_path / "here.sqlite3").stat().st_mode & 0o077 == 0
    log.close()


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Tells whether something becomes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("kind", [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.slow)])
def test_a_process_that_dies_is_known_to_be_dead(kind: str, new_place: Callable[[str], str | Path]) -> None:
    database = Database(new_place(kind), Keys(SECRET))
    mine, other = database.process_lock(), database.process_lock()
    assert mine.is_alive(other.id) and other.is_alive(mine.id) and mine.is_alive(mine.id)
    other.close()
    assert eventually(lambda: not mine.is_alive(other.id))  # a server frees the lock when it notices, not at once
    assert not mine.is_alive("no number")
    mine.close()
    database.close()


@pytest.mark.slow
def test_a_lost_connection_is_made_anew(postgres_cluster: Cluster) -> None:
    database = Database(postgres_cluster.new_database(), Keys(SECRET))
    with database.read_transaction() as reader:
        pid = reader.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    connection = postgres_cluster.connect()
    connection.run(f"SELECT pg_terminate_backend({pid})")
    connection.close()
    with database.write_transaction() as writer:
        writer.append("c", "noted", {})
    database.close()


def test_readers_cannot_write(place: str | Path) -> None:
    database = Database(place, Keys(SECRET))
    if database.location.startswith("postgresql"):
        with pytest.raises(AuditError, match="read-only"), database.read_transaction() as reader:
            reader.connection.execute(sa.text("DELETE FROM act"))
    database.close()


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Another program that holds the write lock and does nothing with it."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def test_a_database_that_another_program_holds_is_said_to_be_held(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.sqlite3", b"a secret of 32 bytes for testing")
    assert log.end()[0] == 0
    with held(tmp_path / "audit.sqlite3"), pytest.raises(AuditError) as caught, log.write_transaction():
        pytest.fail("somebody else holds it")
    assert caught.value.sentence.endswith("Another program holds it: try again.")
    with log.write_transaction() as writer:
        assert writer.chain_head()
    log.close()


def test_work_that_is_done_waits_for_a_held_database(tmp_path: Path) -> None:
    file = tmp_path / "audit.sqlite3"
    log = AuditLog(file, b"a secret of 32 bytes for testing")
    log.end()
    freed = threading.Event()

    def hold() -> None:
        with held(file):
            freed.wait(3)

    holder = threading.Thread(target=hold)
    holder.start()
    with log.write_transaction(patient=True) as writer:
        assert writer.chain_head()
    holder.join()
    log.close()


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_database_is_named_with_what_to_do(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "audit.sqlite3"
    file.write_bytes(damage)
    log = AuditLog(file, b"a secret of 32 bytes for testing")
    with pytest.raises(AuditError) as caught:
        log.end()
    assert "cannot be used" in caught.value.sentence and "move it away" in caught.value.sentence


@pytest.mark.slow
def test_a_process_whose_database_was_restarted_still_counts_as_alive(postgres_cluster: Cluster) -> None:
    place = postgres_cluster.new_database()
    mine, other = AuditLog(place, SECRET), AuditLog(place, SECRET)
    with mine.case(GenerationRequest("a red apple")) as case:
        case.close("done")
    connection = postgres_cluster.connect(place.rpartition("/")[2])
    connection.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    connection.close()
    with mine.case(GenerationRequest("a green apple")) as case:
        assert other.close_interrupted() == []
        case.close("done")
    mine.close()
    other.close()
