"""The database of the case store: opened, made append-only, read and written in transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from safety.audit.activity import ActivityTable
from safety.audit.appeal_queue import AppealQueue
from safety.audit.dialects import BUSY_SECONDS, HELD_SECONDS, dialect_of
from safety.audit.feedback_table import FeedbackTable
from safety.audit.hash_chain import (
    CLOSED,
    CONTENT_KINDS,
    ERASED,
    EXPORTED,
    OPENED,
    ChainHead,
    Entry,
    Keys,
    canonical,
    utc_now,
)
from safety.audit.library_table import LibraryTable
from safety.audit.liveness import ProcessLock
from safety.audit.manifest_table import ManifestTable
from safety.audit.migrate import migrate
from safety.audit.notice_table import NoticeTable
from safety.audit.tables import TRIGGERS, chain_head, content, entry
from safety.errors import AuditError, RequestError

# What to do, by words of the database's own message.
DAMAGED = "Put a copy of it back, move it away (a new one is begun), or set SAFELIGHT_HOME to another folder."
ADVICE = {
    "locked": "Another program holds it: try again.",
    "lock timeout": "Another program holds it: try again.",
    "not a database": DAMAGED,
    "malformed": DAMAGED,
    "disk is full": "Make room on the disk, then try again.",
}
# Of one statement alone: set on the connection, it would make a cursor of every later INSERT.
THOUSAND = {"yield_per": 1000}
DRIVER = "postgresql+pg8000"  # BSD, pure Python: docs/decisions


class DatabaseReader:
    """Reads within one transaction, which sees one state of the database whatever others write meanwhile."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.activity = ActivityTable(connection)
        self.appeal_queue = AppealQueue(connection)
        self.notices = NoticeTable(connection)
        self.library = LibraryTable(connection)
        self.manifests = ManifestTable(connection)
        self.feedback = FeedbackTable(connection)

    def entries(self) -> Iterator[Entry]:
        """Yields all rows of the chain by number, a thousand at a time in memory."""
        rows = self.connection.execute(sa.select(entry).order_by(entry.c.seq), execution_options=THOUSAND)
        return (Entry(*row) for row in rows)

    def chain_head(self) -> ChainHead | None:
        """Returns the end of the chain; None where somebody has deleted it."""
        row = self.connection.execute(sa.select(chain_head.c.seq, chain_head.c.hash, chain_head.c.seal)).first()
        return None if row is None else ChainHead(*row)

    def entries_of(self, case_id: str) -> list[Entry]:
        """Returns the rows of a case, oldest first; none for an unknown case."""
        return self._entries(sa.select(entry).where(entry.c.case_id == case_id).order_by(entry.c.seq))

    def entries_after(self, seq: int, events: Sequence[str], limit: int) -> list[Entry]:
        """Returns the next rows of these events behind the row `seq`, oldest first."""
        query = sa.select(entry).where(entry.c.seq > seq, entry.c.event.in_(events))
        return self._entries(query.order_by(entry.c.seq).limit(limit))

    def open_cases(self) -> list[tuple[str, str]]:
        """Returns (case, id of the process that opened it) for every case without a closing row."""
        closing = entry.alias()
        is_closed = sa.exists().where(closing.c.case_id == entry.c.case_id, closing.c.event == CLOSED)
        opened = self._entries(sa.select(entry).where(entry.c.event == OPENED, ~is_closed))
        return [(row.case_id, str(row.parse_facts().get("instance"))) for row in opened]

    def newest_cases(self, limit: int) -> list[tuple[Entry, Entry | None]]:
        """Returns (opening row, closing row if there is one) for the newest cases, newest first."""
        opened = self._entries(
            sa.select(entry).where(entry.c.event == OPENED).order_by(entry.c.seq.desc()).limit(limit)
        )
        case_ids = [row.case_id for row in opened]
        closing = self._entries(sa.select(entry).where(entry.c.event == CLOSED, entry.c.case_id.in_(case_ids)))
        closed = {row.case_id: row for row in closing}
        return [(row, closed.get(row.case_id)) for row in opened]

    def exports(self, stamps: Sequence[str], sha256: str) -> list[Entry]:
        """Returns the rows of exports with one of these stamps, or with this SHA-256."""
        matches = sa.or_(entry.c.sha256 == sha256, entry.c.stamp.in_(stamps))
        return self._entries(sa.select(entry).where(entry.c.event == EXPORTED, matches))

    def exported(self) -> Iterator[Entry]:
        """Yields the rows of all exports, oldest first, a thousand at a time in memory."""
        query = sa.select(entry).where(entry.c.event == EXPORTED).order_by(entry.c.seq)
        return (Entry(*row) for row in self.connection.execute(query, execution_options=THOUSAND))

    def content_of_kind(self, kind: str) -> dict[str, str]:
        """Returns what is kept under one kind: case -> content."""
        rows = self.connection.execute(sa.select(content.c.case_id, content.c.content).where(content.c.kind == kind))
        return {case_id: text for case_id, text in rows}

    def state_of_kind(self, kind: str) -> tuple[int, str]:
        """Returns how much is kept under one kind, and since when the newest: another value after every change."""
        query = sa.select(sa.func.count(), sa.func.max(content.c.time)).where(content.c.kind == kind)
        count, newest = self.connection.execute(query).one()
        return int(count), str(newest or "")

    def content_of(self, case_id: str) -> dict[str, str]:
        """Returns what is kept of a case beside the chain: kind -> content."""
        rows = self.connection.execute(sa.select(content.c.kind, content.c.content).where(content.c.case_id == case_id))
        return {kind: text for kind, text in rows}

    def cases_with_content_before(self, kind: str, time: str) -> list[str]:
        """Returns the cases that have kept content of this kind since before a timestamp."""
        older = sa.select(content.c.case_id).where(content.c.kind == kind, content.c.time < time)
        return list(self.connection.execute(older).scalars())

    def all_content(self) -> Iterator[tuple[str, str, str]]:
        """Yields (case, kind, content) for all that is kept, a hundred at a time in memory."""
        columns = sa.select(content.c.case_id, content.c.kind, content.c.content)
        for row in self.connection.execute(columns, execution_options={"yield_per": 100}):
            yield row[0], row[1], row[2]

    def _entries(self, query: sa.Select[Any]) -> list[Entry]:
        return [Entry(*row) for row in self.connection.execute(query)]


class DatabaseWriter(DatabaseReader):
    """Adds rows within one transaction that no other writer overlaps."""

    def __init__(self, connection: sa.Connection, keys: Keys) -> None:
        super().__init__(connection)
        self.keys = keys

    def append(self, case_id: str, event: str, facts: Mapping[str, object]) -> None:
        """Adds a row at the end of the chain. Of an export's facts, `stamp` and `sha256` become columns.

        Raises AuditError where the end of the chain was changed by hand.
        """
        head = self._genuine_head()
        others = dict(facts)
        stamp, sha256 = (others.pop(name, None) if event == EXPORTED else None for name in ("stamp", "sha256"))
        row = Entry(
            seq=head.seq + 1,
            time=utc_now(),
            case_id=case_id,
            event=event,
            facts=canonical(others),
            stamp=None if stamp is None else str(stamp),
            sha256=None if sha256 is None else str(sha256),
            previous=head.hash,
        )
        hash_ = self.keys.entry_hash(row)
        self.connection.execute(sa.insert(entry).values({**asdict(row), "hash": hash_}))
        self.connection.execute(sa.update(chain_head).values(asdict(self.keys.seal_head(row.seq, hash_))))

    def keep_content(self, case_id: str, kind: str, text: str) -> str:
        """Keeps deletable content beside the chain; returns the digest that a row must carry under the name `kind`."""
        values = {"case_id": case_id, "kind": kind, "content": text, "time": utc_now()}
        self.connection.execute(sa.insert(content).values(values))
        return self.keys.content_digest(kind, case_id, text)

    def erase_content(self, case_id: str, actor: str, *kinds: str) -> list[str]:
        """Deletes what is kept of a case (of these kinds, else all) and records who did it; returns the kinds."""
        erased = sorted(kind for kind in self.content_of(case_id) if kind in (kinds or CONTENT_KINDS))
        if erased:
            self.connection.execute(sa.delete(content).where(content.c.case_id == case_id, content.c.kind.in_(erased)))
            self.append(case_id, ERASED, {"kinds": erased, "by": actor})
        return erased

    def _genuine_head(self) -> ChainHead:
        # From the head and not from the last row: a row cut off at the end stays missing for ever.
        columns = sa.select(chain_head.c.seq, chain_head.c.hash, chain_head.c.seal)
        row = self.connection.execute(columns.with_for_update()).first()
        if row is None or not self.keys.is_sealed(ChainHead(*row)):
            raise AuditError(
                "The end of the audit log was changed by hand, or its key is not the one it was written with.",
                "Run `python app.py audit verify`, then move audit.sqlite3 away, or name another database.",
            )
        return ChainHead(*row)


class Database:
    """Opens the database and migrates it to the newest tables. Raises AuditError.

    `location` is a file (SQLite) or an address: sqlite:///file, postgresql://user:password@host/database.
    """

    def __init__(self, location: str | Path, keys: Keys) -> None:
        self.keys = keys
        self.location = without_password(location)
        # One writer a process at a time spares the database's busy waiting.
        self._lock = threading.Lock()
        self._commits = 0
        with _audit_errors(self.location):
            url = _url(location)
            self._dialect = dialect_of(url)
            self._engine = sa.create_engine(url, pool_timeout=BUSY_SECONDS)
            sa.event.listen(self._engine, "connect", self._prepare)
            sa.event.listen(self._engine, "checkout", self._check)
            sa.event.listen(self._engine, "begin", self._begin)
            with self._writable_connection() as connection, connection.begin():
                migrate(connection, keys)

    @contextmanager
    def write_transaction(self, patient: bool = True) -> Iterator[DatabaseWriter]:
        """Opens a transaction that no other writer overlaps; on disk when it ends.

        Raises AuditError; if not `patient`, after two seconds in which others held the database and nobody got on.
        """
        with _audit_errors(self.location), self._turn(patient):
            with self._writable_connection(patient) as connection, connection.begin():
                yield DatabaseWriter(connection, self.keys)
            self._commits += 1

    @contextmanager
    def read_transaction(self) -> Iterator[DatabaseReader]:
        """Opens a transaction on one state of the database. Raises AuditError."""
        with _audit_errors(self.location), self._engine.connect() as connection, connection.begin():
            yield DatabaseReader(connection)

    def triggers(self, reader: DatabaseReader) -> set[str]:
        """Returns the names of the triggers that are in force."""
        return self._dialect.active_triggers(reader.connection)

    def missing_triggers(self, reader: DatabaseReader) -> list[str]:
        """Returns the names of the triggers that guard the chain and are not in force."""
        active = self.triggers(reader)
        return [name for name in TRIGGERS[reader.connection.dialect.name] if name not in active]

    def process_lock(self) -> ProcessLock:
        """Returns a lock that shows this process to live, until `close` is called on it. Raises AuditError."""
        with _audit_errors(self.location):
            return self._dialect.process_lock(self._engine)

    def scrub(self) -> None:
        """Takes what was deleted out of the database's files, too. Raises AuditError."""
        with _audit_errors(self.location):
            self._dialect.scrub(self._engine)

    def close(self) -> None:
        """Closes all connections that are not in use."""
        self._engine.dispose()

    @contextmanager
    def _turn(self, patient: bool) -> Iterator[None]:
        """Waits until no other thread of this process writes."""
        commits = self._commits
        while not self._lock.acquire(timeout=HELD_SECONDS):
            if commits == self._commits and not patient:
                raise AuditError(f"The audit log {self.location} is held by another program.", "Try again.")
            commits = self._commits
        try:
            yield
        finally:
            self._lock.release()

    def _writable_connection(self, patient: bool = False) -> sa.Connection:
        return self._engine.connect().execution_options(writes=True, patient=patient)

    def _prepare(self, connection: object, _record: object) -> None:
        self._dialect.prepare(connection)

    def _check(self, connection: object, _record: object, _proxy: object) -> None:
        if not self._dialect.is_usable(connection):
            # The pool then connects anew.
            raise sa.exc.DisconnectionError

    def _begin(self, connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            self._dialect.begin(connection, options.get("writes", False), options.get("patient", True))


def without_password(location: str | Path) -> str:
    """Returns a location as people may read it: an address without its password, or a path."""
    return _url(location).render_as_string() if _is_url(location) else str(location)


def _is_url(location: str | Path) -> bool:
    return isinstance(location, str) and "://" in location


def _url(location: str | Path) -> sa.URL:
    if not _is_url(location):
        return sa.URL.create("sqlite", database=str(location))
    url = sa.make_url(str(location))
    return url.set(drivername=DRIVER) if url.drivername in ("postgresql", "postgres") else url


@contextmanager
def _audit_errors(location: str) -> Iterator[None]:
    """Turns errors of the database and of its files into AuditError: one sentence, and what to do."""
    try:
        yield
    except ModuleNotFoundError as error:
        # The driver, which SQLAlchemy imports by the address; only SQLite's comes with Python.
        advice = f"Run: python -m pip install {error.name}, or leave SAFELIGHT_STORE unset."
        raise AuditError(f"The audit log {location} needs the package {error.name}.", advice) from error
    except UnicodeEncodeError as error:
        # Half a pair of UTF-16 in a name from outside: no row has it, and none can.
        raise RequestError("This text has characters that cannot be read.", "Type it anew.") from error
    except (SQLAlchemyError, OSError) as error:
        why = _message(getattr(error, "orig", None) or error)
        advice = next((advice for words, advice in ADVICE.items() if words in why), "")
        if not advice and _is_url(location):
            advice = "Check SAFELIGHT_STORE, and that the database server runs and lets this user in."
        raise AuditError(f"The audit log {location} cannot be used: {why}.", advice) from error


def _message(error: BaseException) -> str:
    """Returns the database's own message; pg8000 raises a dictionary with it under M."""
    first = error.args[0] if error.args else ""
    return str(first.get("M", first) if isinstance(first, dict) else error).rstrip(".")
