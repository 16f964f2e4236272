"""Brings a database to the newest shape. alembic is imported only where there is something to do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from safety.audit.hash_chain import START, Keys
from safety.audit.tables import REVISION, entry, head
from safety.errors import AuditError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

STEPS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"


def migrate(connection: sa.Connection, keys: Keys) -> None:
    """Runs the steps that are missing, inside the caller's transaction: all of them or none.

    Raises AuditError for a database that a newer Safelight has written.
    """
    at = revision(connection)
    if at != REVISION:
        _upgrade(connection, at)
    if connection.execute(sa.select(head.c.id)).first() is None and not _rows(connection):
        connection.execute(sa.insert(head).values(id=1, **asdict(keys.head(0, START))))


def revision(connection: sa.Connection) -> str | None:
    """The step that the database is at; None before the first."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()


def steps() -> ScriptDirectory:
    """The steps under migrations/, as alembic reads them."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    from alembic.config import Config

    folder = str(STEPS).replace("%", "%%")
    config = Config()
    config.set_main_option("script_location", folder)
    config.set_main_option("version_locations", folder)
    config.set_main_option("path_separator", "newline")
    return config


def _upgrade(connection: sa.Connection, at: str | None) -> None:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.util import CommandError

    scripts = steps()

    def missing(revision: Any, _: object) -> Any:
        return scripts._upgrade_revs("head", revision)

    try:
        with EnvironmentContext(_config(), scripts, fn=missing) as environment:
            environment.configure(connection=connection, version_table=VERSION_TABLE)
            environment.run_migrations()
    except CommandError as error:
        raise AuditError(
            f"The audit log is at step {at!r}, which this Safelight does not know.", "Update Safelight."
        ) from error


def _rows(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(entry.c.seq).limit(1)).first() is not None
