"""Which process a case belongs to where several machines share one PostgreSQL: a lock that its session holds.

The server frees the lock when the connection ends, however it ends.
"""

from __future__ import annotations

import secrets
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError


class Session:
    """This process, for as long as its connection lives. `id` is a 48-bit number as hex."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.id = secrets.token_hex(6)
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.detach()  # its end must close it, not give it back with the lock on
        self._connection.exec_driver_sql(f"SELECT pg_advisory_lock({int(self.id, 16)})")

    def alive(self, other: str) -> bool:
        """Whether the process with this id still holds its lock. Unreadable ids belong to nobody."""
        if other == self.id:
            return not self._connection.closed
        try:
            number = int(other, 16)
        except ValueError:
            return False
        with self._engine.connect() as connection:  # ends in a rollback, which frees the lock if it was free
            return not connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({number})").scalar()

    def sweep(self) -> None:
        """Nothing is left of a dead session."""

    def close(self) -> None:
        with suppress(SQLAlchemyError):  # the server may be gone, and the lock with it
            self._connection.close()
