"""The database: opened, made append-only, written in one transaction at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from safety.audit.activity import now
from safety.audit.dialects import BUSY_SECONDS, dialect_of
from safety.audit.hash_chain import ERASED, EXPORTED, KINDS, ChainHead, Entry, Keys, canonical
from safety.audit.liveness import ProcessLock
from safety.audit.migrate import migrate
from safety.audit.reader import Reader
from safety.audit.tables import TRIGGERS, entry, head, kept
from safety.errors import AuditError

DRIVER = "postgresql+pg8000"  # BSD, pure Python: docs/decisions


class Writer(Reader):
    """Adds rows within one transaction."""

    def __init__(self, connection: sa.Connection, keys: Keys) -> None:
        super().__init__(connection)
        self.keys = keys

    def append(self, case_id: str, event: str, facts: Mapping[str, object]) -> None:
        """One row at the end of the chain. `stamp` and `sha256` among the facts become columns."""
        end = self._end()
        rest = dict(facts)
        stamp, sha256 = (rest.pop(name, None) if event == EXPORTED else None for name in ("stamp", "sha256"))
        row = Entry(
            seq=end.seq + 1,
            time=now(),
            case_id=case_id,
            event=event,
            facts=canonical(rest),
            stamp=None if stamp is None else str(stamp),
            sha256=None if sha256 is None else str(sha256),
            previous=end.hash,
        )
        hash_ = self.keys.hash_of(row)
        self.connection.execute(sa.insert(entry).values({**asdict(row), "hash": hash_}))
        self.connection.execute(sa.update(head).values(asdict(self.keys.head(row.seq, hash_))))

    def keep(self, case_id: str, kind: str, content: str) -> str:
        """Puts deletable content beside the chain; the digest that a row must carry under the name of `kind`."""
        self.connection.execute(sa.insert(kept).values(case_id=case_id, kind=kind, content=content, time=now()))
        return self.keys.content(kind, case_id, content)

    def erase(self, case_id: str, by: str, *kinds: str) -> list[str]:
        """Deletes what is kept of a case (of these kinds, else all) and puts that on record; the kinds deleted."""
        there = sorted(kind for kind in self.kept(case_id) if kind in (kinds or KINDS))
        if there:
            self.connection.execute(sa.delete(kept).where(kept.c.case_id == case_id, kept.c.kind.in_(there)))
            self.append(case_id, ERASED, {"kinds": there, "by": by})
        return there

    def _end(self) -> ChainHead:
        # From the head and not from the last row: a row cut off at the end stays missing for ever.
        found = self.connection.execute(sa.select(head.c.seq, head.c.hash, head.c.seal).with_for_update()).first()
        if found is None or not self.keys.sealed(ChainHead(*found)):
            raise AuditError(
                "The end of the audit log was changed by hand, or its key is not the one it was written with.",
                "Run `python app.py audit verify`, then move audit.sqlite3 away, or name another database.",
            )
        return ChainHead(*found)


class Store:
    """Opens the database, brings it to the newest shape. Raises AuditError.

    `place` is a file (SQLite) or an address: sqlite:///file, postgresql://user:password@host/database.
    """

    def __init__(self, place: str | Path, keys: Keys) -> None:
        self.keys = keys
        self.place = shown(place)
        self._lock = threading.Lock()  # one writer a process at a time spares the database's busy waiting
        with _sentences(self.place):
            url = _url(place)
            self._dialect = dialect_of(url)
            self._engine = sa.create_engine(url, pool_timeout=BUSY_SECONDS)
            sa.event.listen(self._engine, "connect", self._prepare)
            sa.event.listen(self._engine, "checkout", self._check)
            sa.event.listen(self._engine, "begin", self._begin)
            with self._writable() as connection, connection.begin():
                migrate(connection, keys)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """One transaction that no other writer overlaps; on disk when it ends. Raises AuditError."""
        with _sentences(self.place), self._lock, self._writable() as connection, connection.begin():
            yield Writer(connection, self.keys)

    def _writable(self) -> sa.Connection:
        return self._engine.connect().execution_options(writes=True)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One state of the database, whatever others write meanwhile. Raises AuditError."""
        with _sentences(self.place), self._engine.connect() as connection, connection.begin():
            yield Reader(connection)

    def missing_triggers(self, reader: Reader) -> list[str]:
        there = self._dialect.triggers(reader.connection)
        return [name for name in TRIGGERS[reader.connection.dialect.name] if name not in there]

    def instance(self) -> ProcessLock:
        """This process, until `close` is called on it. Raises AuditError."""
        with _sentences(self.place):
            return self._dialect.instance(self._engine)

    def forget(self) -> None:
        """Takes what was deleted out of the database's files, too. Raises AuditError."""
        with _sentences(self.place):
            self._dialect.forget(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def _prepare(self, connection: object, _record: object) -> None:
        self._dialect.prepare(connection)

    def _check(self, connection: object, _record: object, _proxy: object) -> None:
        if not self._dialect.alive(connection):
            raise sa.exc.DisconnectionError  # the pool then connects anew

    def _begin(self, connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            self._dialect.begin(connection, options.get("writes", False))


def shown(place: str | Path) -> str:
    """The place without its password, for people."""
    return _url(place).render_as_string() if _is_url(place) else str(place)


def _is_url(place: str | Path) -> bool:
    return isinstance(place, str) and "://" in place


def _url(place: str | Path) -> sa.URL:
    if not _is_url(place):
        return sa.URL.create("sqlite", database=str(place))
    url = sa.make_url(str(place))
    return url.set(drivername=DRIVER) if url.drivername in ("postgresql", "postgres") else url


@contextmanager
def _sentences(place: str | Path) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        why = _why(getattr(error, "orig", None) or error)
        advice = "Another program holds it: try again." if "locked" in why or "lock timeout" in why else ""
        if not advice and _is_url(str(place)):
            advice = "Check SAFELIGHT_STORE, and that the database server runs and lets this user in."
        raise AuditError(f"The audit log {place} cannot be used: {why}.", advice) from error


def _why(error: BaseException) -> str:
    """The database's own message: pg8000 gives a table with it under M."""
    first = error.args[0] if error.args else ""
    return str(first.get("M", first) if isinstance(first, dict) else error).rstrip(".")
