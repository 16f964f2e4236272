"""What SQLite and PostgreSQL need said differently: how a connection is prepared and how a transaction begins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from safety.audit.liveness import Instance, ProcessLock
from safety.audit.sessions import Session
from safety.errors import AuditError

BUSY_SECONDS = 60
WRITER_LOCK = 0x5AFE_11C7_0A0D_1700  # one number for all processes; those of `Session` have 48 bits
PRAGMAS = (f"busy_timeout={BUSY_SECONDS * 1000}", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
SETTINGS = (f"lock_timeout = '{BUSY_SECONDS}s'", "synchronous_commit = on", "TIME ZONE 'UTC'")


class Dialect(Protocol):
    """One kind of database."""

    def prepare(self, connection: Any) -> None:
        """A new DBAPI connection, before its first use."""

    def alive(self, connection: Any) -> bool:
        """Whether a connection from the pool still works."""

    def begin(self, connection: sa.Connection, writes: bool) -> None:
        """Begins a transaction: a writing one waits for all others, a reading one sees one state."""

    def instance(self, engine: sa.Engine) -> ProcessLock:
        """This process, as others that use the same database can see it."""

    def triggers(self, connection: sa.Connection) -> set[str]:
        """The names of those that are in force."""

    def forget(self, engine: sa.Engine) -> None:
        """Takes what was deleted out of the files, too."""


class SQLite:
    def __init__(self, file: Path) -> None:
        self.folder = file.parent
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite itself would let others read it

    def prepare(self, connection: Any) -> None:
        connection.isolation_level = None  # sqlite3 begins nothing by itself
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    def alive(self, connection: Any) -> bool:
        return True

    def begin(self, connection: sa.Connection, writes: bool) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    def instance(self, engine: sa.Engine) -> ProcessLock:
        folder = self.folder / "instances"
        try:
            return Instance(folder)
        except OSError as error:
            raise AuditError(f"{folder} cannot be written: {error.strerror or error}.") from error

    def triggers(self, connection: sa.Connection) -> set[str]:
        return set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())

    def forget(self, engine: sa.Engine) -> None:
        raw = engine.raw_connection()  # a checkpoint runs outside of any transaction
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()


class PostgreSQL:
    def prepare(self, connection: Any) -> None:
        connection.autocommit = True
        cursor = connection.cursor()
        for setting in SETTINGS:
            cursor.execute(f"SET {setting}")
        cursor.close()
        connection.autocommit = False

    def alive(self, connection: Any) -> bool:
        # SQLAlchemy's own ping lets the OSError through that pg8000 raises where the server hung up.
        try:
            connection.autocommit = True
            connection.cursor().execute("SELECT 1")
            connection.autocommit = False
        except Exception:  # noqa: BLE001  whatever is wrong with it, it is not used
            return False
        return True

    def begin(self, connection: sa.Connection, writes: bool) -> None:
        if writes:  # freed by the end of the transaction, however it ends
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def instance(self, engine: sa.Engine) -> ProcessLock:
        return Session(engine)

    def triggers(self, connection: sa.Connection) -> set[str]:
        effective_mode = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        return set(connection.exec_driver_sql(effective_mode).scalars())

    def forget(self, engine: sa.Engine) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM kept")


def dialect_of(url: sa.URL) -> Dialect:
    """Raises AuditError for a database that is neither; OSError where its folder cannot be written."""
    name = url.get_backend_name()
    if name == "sqlite":
        return SQLite(Path(url.database or ""))
    if name == "postgresql":
        return PostgreSQL()
    raise AuditError(f"The audit log cannot be kept in {name}.", "Use SQLite, or a postgresql:// address.")
