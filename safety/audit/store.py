"""The database: opened, made append-only, written in one transaction at a time."""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from safety.audit.chain import EXPORTED, START, Entry, Head, Keys, canonical
from safety.audit.reader import Reader
from safety.audit.tables import TRIGGERS, entry, head, meta, words
from safety.errors import AuditError

BUSY_SECONDS = 60
PRAGMAS = (f"busy_timeout={BUSY_SECONDS * 1000}", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")


class Writer(Reader):
    """Adds rows within one transaction."""

    def __init__(self, connection: sa.Connection, keys: Keys) -> None:
        super().__init__(connection)
        self._keys = keys

    def append(self, case_id: str, event: str, facts: Mapping[str, object]) -> None:
        """One row at the end of the chain. `stamp` and `sha256` among the facts become columns."""
        end = self._end()
        rest = dict(facts)
        stamp, sha256 = (rest.pop(name, None) if event == EXPORTED else None for name in ("stamp", "sha256"))
        row = Entry(
            seq=end.seq + 1,
            time=datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
            case_id=case_id,
            event=event,
            facts=canonical(rest),
            stamp=None if stamp is None else str(stamp),
            sha256=None if sha256 is None else str(sha256),
            previous=end.hash,
        )
        hash_ = self._keys.hash_of(row)
        self._connection.execute(sa.insert(entry).values({**asdict(row), "hash": hash_}))
        self._connection.execute(sa.update(head).values(asdict(self._keys.head(row.seq, hash_))))

    def keep_words(self, case_id: str, content: str) -> None:
        self._connection.execute(sa.insert(words).values(case_id=case_id, content=content))

    def _end(self) -> Head:
        # From the head and not from the last row: a row cut off at the end stays missing for ever.
        found = self._connection.execute(sa.select(head.c.seq, head.c.hash, head.c.seal).with_for_update()).first()
        if found is None or not self._keys.sealed(Head(*found)):
            raise AuditError(
                "The end of the audit log was changed by hand, or its key is not the one it was written with.",
                "Run `python app.py audit verify`, then move audit.sqlite3 away to start a new log.",
            )
        return Head(*found)


class Store:
    """Opens the database, makes the tables where there are none. Raises AuditError."""

    def __init__(self, place: str | Path, keys: Keys) -> None:
        self.keys = keys
        self.place = place
        self._lock = threading.Lock()  # one writer a process at a time spares SQLite's busy waiting
        with _sentences(place):
            self._engine = sa.create_engine(_url(place), pool_timeout=BUSY_SECONDS)
            if self._engine.dialect.name not in TRIGGERS:
                raise AuditError(f"The audit log cannot be kept in {self._engine.dialect.name}.", "Use SQLite.")
            file = Path(self._engine.url.database or "")
            self.folder = file.parent
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite itself would let others read it
            sa.event.listen(self._engine, "connect", _prepare)
            sa.event.listen(self._engine, "begin", _begin)
            with self._writable() as connection, connection.begin():
                self._make_tables(connection)

    def _make_tables(self, connection: sa.Connection) -> None:
        fresh = not sa.inspect(connection).has_table(entry.name)
        meta.create_all(connection)
        for name, sql in TRIGGERS[self._engine.dialect.name].items() if fresh else ():
            connection.exec_driver_sql(f"CREATE TRIGGER {name} {sql}")
        if fresh:
            connection.execute(sa.insert(head).values(id=1, **asdict(self.keys.head(0, START))))

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

    def close(self) -> None:
        self._engine.dispose()


def _url(place: str | Path) -> sa.URL:
    if isinstance(place, str) and "://" in place:
        return sa.make_url(place)
    return sa.URL.create("sqlite", database=str(place))


def _prepare(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3 begins nothing by itself
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _sentences(place: str | Path) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        why = getattr(error, "orig", None) or error
        advice = "Another program holds it: try again." if "locked" in str(why) else ""
        raise AuditError(f"The audit log {place} cannot be used: {why}.", advice) from error
