"""Differences between SQLite and PostgreSQL: connections, transactions, process locks, triggers, deleted rows."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from safety.audit.liveness import FileProcessLock, PartitionClaim, PostgreSQLProcessLock, ProcessLock
from safety.errors import AuditError

BUSY_SECONDS = 60
# After so long without any commit somebody is told that the database is held, unless work done would be lost.
HELD_SECONDS = 2
# One number for all processes; those of `PostgreSQLProcessLock` have 48 bits and never meet it.
WRITER_LOCK = 0x5AFE_11C7_0A0D_1700
# The number of a piece of regular work is added to it: 32 bits of its name.
WORK_LOCK = 0x5AFE_11C8_0000_0000
PRAGMAS = (f"busy_timeout={HELD_SECONDS * 1000}", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
SETTINGS = (f"lock_timeout = '{BUSY_SECONDS}s'", "synchronous_commit = on", "TIME ZONE 'UTC'")


class Dialect(Protocol):
    """Does what differs from one kind of database to the other."""

    def prepare(self, connection: Any) -> None:
        """Prepares a new DBAPI connection before its first use."""

    def is_usable(self, connection: Any) -> bool:
        """Tells whether a DBAPI connection from the pool still works."""

    def begin(self, connection: sa.Connection, writes: bool, patient: bool, alone: bool) -> None:
        """Begins a transaction: a writing one waits for all other writers, a reading one sees one state.

        One that is not `alone` waits for those that are, and for writers of its partition.

        Waits for BUSY_SECONDS; if not `patient`, for HELD_SECONDS where the others do not get on either.
        """

    def process_lock(self, engine: sa.Engine) -> ProcessLock:
        """Returns a lock by which others that use the same database see that this process lives."""

    def claim_partition(self, engine: sa.Engine) -> PartitionClaim | None:
        """Returns a partition that no other process writes to; None where all write to partition 0."""

    def turn_at(self, engine: sa.Engine, work: str) -> AbstractContextManager[bool]:
        """Tells whether no other process is at some work; none begins it until the block ends."""

    def active_triggers(self, connection: sa.Connection) -> set[str]:
        """Returns the names of the triggers that are in force."""

    def scrub(self, engine: sa.Engine) -> None:
        """Takes what was deleted out of the database's files, too."""


class SQLiteDialect:
    """Keeps the record in one SQLite file, which only its owner can read. Raises OSError where it cannot be written."""

    def __init__(self, file: Path) -> None:
        self.folder = file.parent
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite itself would make a file that others can read.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))

    def prepare(self, connection: Any) -> None:
        """Makes a connection durable, patient and without transactions of its own."""
        # Without this, sqlite3 begins transactions by itself.
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    def is_usable(self, connection: Any) -> bool:
        """Returns True: a file does not hang up."""
        return True

    def begin(self, connection: sa.Connection, writes: bool, patient: bool, alone: bool) -> None:
        """Begins a transaction; a writing one takes the write lock at once."""
        if not writes:
            connection.exec_driver_sql("BEGIN")
            return
        started, state = time.monotonic(), self._state(connection)
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except sa.exc.OperationalError:
                # What others have committed meanwhile shows that they work and do not merely hold the file.
                before, state = state, self._state(connection)
                late = time.monotonic() - started > BUSY_SECONDS
                if late or (before == state and not patient):
                    raise

    @staticmethod
    def _state(connection: sa.Connection) -> int:
        return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    def process_lock(self, engine: sa.Engine) -> ProcessLock:
        """Returns a locked file in the folder `instances` beside the database. Raises AuditError."""
        folder = self.folder / "instances"
        try:
            return FileProcessLock(folder)
        except OSError as error:
            raise AuditError(f"{folder} cannot be written: {error.strerror or error}.") from error

    def claim_partition(self, engine: sa.Engine) -> PartitionClaim | None:
        """Returns None: a file has one writer at a time, and gains nothing by partitions."""
        return None

    @contextmanager
    def turn_at(self, engine: sa.Engine, work: str) -> Iterator[bool]:
        """Yields True: the processes of one machine take turns at the file, and nothing here is done by halves."""
        yield True

    def active_triggers(self, connection: sa.Connection) -> set[str]:
        """Returns the names of all triggers; SQLite has no switch to disable one."""
        return set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())

    def scrub(self, engine: sa.Engine) -> None:
        """Empties the write-ahead log; `secure_delete` has overwritten the rows in the file itself."""
        # A checkpoint runs outside of any transaction.
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()


class PostgreSQLDialect:
    """Keeps the record in a PostgreSQL database that several machines may share."""

    def prepare(self, connection: Any) -> None:
        """Applies the settings of a session."""
        connection.autocommit = True
        cursor = connection.cursor()
        for setting in SETTINGS:
            cursor.execute(f"SET {setting}")
        cursor.close()
        connection.autocommit = False

    def is_usable(self, connection: Any) -> bool:
        """Tells whether the server answers on a connection."""
        # SQLAlchemy's own ping lets the OSError through that pg8000 raises where the server hung up.
        try:
            connection.autocommit = True
            connection.cursor().execute("SELECT 1")
            connection.autocommit = False
        except Exception:  # noqa: BLE001  whatever is wrong with it, it is not used
            return False
        return True

    def begin(self, connection: sa.Connection, writes: bool, patient: bool, alone: bool) -> None:
        """Begins a transaction: one writer at a time, or a reader's snapshot."""
        if writes:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS if patient else HELD_SECONDS}s'")
            # Freed by the end of the transaction, however it ends.
            lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
            connection.exec_driver_sql(f"SELECT {lock}({WRITER_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def process_lock(self, engine: sa.Engine) -> ProcessLock:
        """Returns an advisory lock in a session of its own."""
        return PostgreSQLProcessLock(engine)

    def claim_partition(self, engine: sa.Engine) -> PartitionClaim | None:
        """Returns the first partition that no living process has claimed."""
        return PartitionClaim(engine)

    @contextmanager
    def turn_at(self, engine: sa.Engine, work: str) -> Iterator[bool]:
        """Yields whether this process holds an advisory lock on the work, in a session of its own."""
        number = WORK_LOCK + zlib.crc32(work.encode())
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            mine = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({number})").scalar())
            try:
                yield mine
            finally:
                if mine:
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({number})")

    def active_triggers(self, connection: sa.Connection) -> set[str]:
        """Returns the names of the triggers that are not disabled."""
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        return set(connection.exec_driver_sql(query).scalars())

    def scrub(self, engine: sa.Engine) -> None:
        """Vacuums the table that content is deleted from."""
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM kept")


def dialect_of(url: sa.URL) -> Dialect:
    """Returns the dialect of a database's address.

    Raises AuditError for a database that is neither SQLite nor PostgreSQL; OSError where its folder cannot be written.
    """
    name = url.get_backend_name()
    if name == "sqlite":
        return SQLiteDialect(Path(url.database or ""))
    if name == "postgresql":
        return PostgreSQLDialect()
    raise AuditError(f"The audit log cannot be kept in {name}.", "Use SQLite, or a postgresql:// address.")


def as_texts(row: Iterable[Any]) -> Iterator[Any]:
    """Yields the values of a row; bytes in a column of text, which SQLite lets anybody write, in their spelling.

    So no hash and no signature is over them, and `audit verify` names the row.
    """
    return (repr(value) if isinstance(value, bytes) else value for value in row)
