"""Migrates a database to the newest tables. alembic is imported only where there is something to do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from safety.audit.hash_chain import GENESIS_HASH, Keys
from safety.audit.tables import REVISION, chain_head, entry
from safety.errors import AuditError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"


def migrate(connection: sa.Connection, keys: Keys) -> None:
    """Runs the migrations that are missing, inside the caller's transaction: all of them or none.

    Raises AuditError for a database that a newer Safelight has written.
    """
    revision = current_revision(connection)
    if revision != REVISION:
        _upgrade(connection, revision)
    if connection.execute(sa.select(chain_head.c.id)).first() is None and not _has_entries(connection):
        connection.execute(sa.insert(chain_head).values(id=1, **asdict(keys.seal_head(0, GENESIS_HASH))))


def current_revision(connection: sa.Connection) -> str | None:
    """Returns the newest migration that the database has had, such as "0002"; None before the first."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()


def migration_scripts() -> ScriptDirectory:
    """Returns the migrations as alembic reads them."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    from alembic.config import Config

    # A percent sign starts an interpolation in alembic's settings.
    folder = str(MIGRATIONS).replace("%", "%%")
    config = Config()
    config.set_main_option("script_location", folder)
    config.set_main_option("version_locations", folder)
    # Without this, a folder whose name holds a colon or a space would be read as two.
    config.set_main_option("path_separator", "newline")
    return config


def _upgrade(connection: sa.Connection, revision: str | None) -> None:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.util import CommandError

    scripts = migration_scripts()

    def missing(current: Any, _: object) -> Any:
        return scripts._upgrade_revs("head", current)

    try:
        with EnvironmentContext(_config(), scripts, fn=missing) as environment:
            environment.configure(connection=connection, version_table=VERSION_TABLE)
            environment.run_migrations()
    except CommandError as error:
        raise AuditError(
            f"The audit log is at step {revision!r}, which this Safelight does not know.", "Update Safelight."
        ) from error


def _has_entries(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(entry.c.seq).limit(1)).first() is not None
