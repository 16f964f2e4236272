"""Which process opened a case, and whether it still runs: each holds a lock that others can try.

The system, or the database server, frees the lock when the process ends, however it ends. Process ids would say
nothing: they are used again, and mean nothing on another machine.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from safety.audit.partitions import MOST_PARTITIONS
from safety.errors import AuditError

try:
    import fcntl
except ImportError:
    # Windows: a file that is open cannot be deleted there, which tells as much.
    fcntl = None  # type: ignore[assignment]


# The number of the partition is added to it.
PARTITION_LOCK = 0x5AFE_11C7_0A0E_0000


class ProcessLock(Protocol):
    """Signals to other processes that this one lives. `id` is 12 hex digits, drawn at random."""

    id: str

    def is_alive(self, id_: str) -> bool:
        """Tells whether the process with this id still runs."""

    def hold(self) -> None:
        """Takes the lock again where it was lost while this process went on."""

    def sweep(self) -> None:
        """Removes what dead processes have left behind."""

    def close(self) -> None:
        """Frees the lock: from here on this process counts as ended."""


class FileProcessLock:
    """Signals to the other processes of a machine that this one lives, by a locked file in a folder they share.

    Raises OSError where the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._file: int | None = None
        while self._file is None:
            self.id = secrets.token_hex(6)
            self._file = _create_locked(self._path(self.id))

    def is_alive(self, id_: str) -> bool:
        """Tells whether the process with this id still runs. Removes the file of one that does not."""
        if id_ == self.id:
            return self._file is not None
        path = self._path(id_)
        if not fcntl:
            return not _deleted(path)
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            if dead := _lock(file):
                # Removed while it is locked: see _create_locked.
                path.unlink(missing_ok=True)
            return not dead
        finally:
            os.close(file)

    def hold(self) -> None:
        """Does nothing: the system keeps a lock as long as the process lives."""

    def sweep(self) -> None:
        """Removes the files of all dead processes."""
        for path in self._folder.glob("*.lock"):
            self.is_alive(path.stem)

    def close(self) -> None:
        """Frees the lock and removes its file: from here on this process counts as ended."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._path(self.id).unlink(missing_ok=True)

    def _path(self, id_: str) -> Path:
        return self._folder / f"{id_}.lock"


class PostgreSQLProcessLock:
    """Signals to all machines that share one PostgreSQL that this process lives, by an advisory lock.

    The lock is on the number that `id` spells and belongs to a session of its own: the server frees it when the
    connection ends.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.id = secrets.token_hex(6)
        self._connection = self._connect()
        self._lock()

    def is_alive(self, id_: str) -> bool:
        """Tells whether the process with this id still holds its lock. Unreadable ids belong to nobody."""
        if id_ == self.id:
            return not self._connection.closed
        try:
            number = int(id_, 16)
        except ValueError:
            return False
        # The connection ends in a rollback, which frees the lock again if it was free.
        with self._engine.connect() as connection:
            return not connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({number})").scalar()

    def hold(self) -> None:
        """Takes the lock again where its session has ended, as by a restart of the server: others close our cases."""
        try:
            self._lock()
        except (SQLAlchemyError, OSError):
            with suppress(SQLAlchemyError, OSError):
                self._connection.close()
            self._connection = self._connect()
            self._lock()

    def _connect(self) -> sa.Connection:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # Detached from the pool: its end must close it, not give it back with the lock on.
        connection.detach()
        return connection

    def _lock(self) -> None:
        # A session may take it as often as it likes. Where the one before has not ended yet, it still holds it.
        self._connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({int(self.id, 16)})")

    def sweep(self) -> None:
        """Does nothing: of a dead session nothing is left."""

    def close(self) -> None:
        """Ends the session, and the lock with it: from here on this process counts as ended."""
        # The server may be gone, and the lock with it.
        with suppress(SQLAlchemyError):
            self._connection.close()


class PartitionClaim:
    """Claims a partition of the chain in a PostgreSQL for this process: the first, from 1 on, that no other one has.

    The server frees it when the connection ends. Rows are written under a lock on the partition's end all the same: two
    processes that wrote to one would only wait for each other. Raises AuditError where all are taken.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()
        for partition in range(1, MOST_PARTITIONS):
            claim = f"SELECT pg_try_advisory_lock({PARTITION_LOCK + partition})"
            if self._connection.exec_driver_sql(claim).scalar():
                self.partition = partition
                return
        self._connection.close()
        raise AuditError(f"{MOST_PARTITIONS} processes write to this record.", "Start fewer of them.")

    def close(self) -> None:
        """Gives the partition up: another process may go on with it."""
        with suppress(SQLAlchemyError):
            self._connection.close()


def _create_locked(path: Path) -> int | None:
    """Returns a new, locked file; None where another process has removed it at once."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    # A process that starts at this moment may have taken the new file for a dead one's and removed it.
    if not fcntl or (_lock(file) and path.exists()):
        return file
    os.close(file)
    return None


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _deleted(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
