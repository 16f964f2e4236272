"""The database of the case store: opened, made append-only, read and written in transactions."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safety.audit.activity import ActivityTable
from safety.audit.address import address_of, audit_errors, without_password
from safety.audit.appeal_queue import AppealQueue
from safety.audit.dialects import BUSY_SECONDS, HELD_SECONDS, as_texts, dialect_of
from safety.audit.feedback_table import FeedbackTable
from safety.audit.hash_chain import (
    CLOSED,
    CONTENT_KINDS,
    ERASED,
    EXPORTED,
    GENESIS_HASH,
    OPENED,
    ChainHead,
    Entry,
    Keys,
    canonical,
    utc_now,
)
from safety.audit.library_table import LibraryTable
from safety.audit.liveness import PartitionClaim, ProcessLock
from safety.audit.manifest_table import ManifestTable
from safety.audit.migrate import migrate
from safety.audit.notice_table import NoticeTable
from safety.audit.partitions import base, in_order, merged
from safety.audit.root_table import RootTable
from safety.audit.tables import TRIGGERS, chain_head, content, entry, partition_head
from safety.errors import AuditError

# Of one statement alone: set on the connection, it would make a cursor of every later INSERT.
THOUSAND = {"yield_per": 1000}
# Rows of the record about itself: under names that no case has.
PARTITIONS_CASE, PARTITION = "partitions", "partition"

# After which a thread of this process that writes is taken to hang. What waits for a lock of another program gives up
# by itself before; on a machine that is full, a transaction alone took more than two seconds.
HUNG_SECONDS = 20.0


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
        self.roots = RootTable(connection)

    def entries(self) -> Iterator[Entry]:
        """Yields all rows of the chain by number, a thousand at a time in memory."""
        rows = self.connection.execute(sa.select(entry).order_by(entry.c.seq), execution_options=THOUSAND)
        return (Entry(*as_texts(row)) for row in rows)

    def entries_in_order(self) -> Iterator[Entry]:
        """Yields all rows oldest first, those of several partitions by time."""
        return merged([self.entries_between(base(one), base(one + 1)) for one in self.chain_heads()])

    def entries_between(self, after: int, last: int) -> Iterator[Entry]:
        """Yields the rows behind the number `after`, up to `last`, by number, a thousand at a time in memory."""
        query = sa.select(entry).where(entry.c.seq > after, entry.c.seq <= last).order_by(entry.c.seq)
        return (Entry(*as_texts(row)) for row in self.connection.execute(query, execution_options=THOUSAND))

    def chain_head(self) -> ChainHead | None:
        """Returns the end of partition 0; None where somebody has deleted it."""
        return self.chain_heads().get(0)

    def chain_heads(self) -> dict[int, ChainHead]:
        """Returns the end of each partition, in the order of their numbers."""
        first = self.connection.execute(sa.select(chain_head.c.seq, chain_head.c.hash, chain_head.c.seal)).first()
        heads = {} if first is None else {0: ChainHead(*first)}
        rows = self.connection.execute(sa.select(partition_head).order_by(partition_head.c.partition))
        return heads | {partition: ChainHead(*head) for partition, *head in rows}

    def chain_end(self) -> tuple[int, str]:
        """Returns how many rows there are and the hash of the last one; of several partitions, one over their ends."""
        heads = self.chain_heads()
        if len(heads) < 2:
            return next(((head.seq, head.hash) for head in heads.values()), (0, ""))
        ends = canonical([[head.seq, head.hash] for head in heads.values()])
        return sum(head.seq - base(one) for one, head in heads.items()), hashlib.sha256(ends.encode()).hexdigest()

    def partitions_begun(self) -> list[Entry]:
        """Returns the rows by which further partitions were begun."""
        return self._entries(sa.select(entry).where(entry.c.event == PARTITION).order_by(entry.c.seq))

    def entries_of(self, case_id: str) -> list[Entry]:
        """Returns the rows of a case, oldest first; none for an unknown case."""
        return in_order(self._entries(sa.select(entry).where(entry.c.case_id == case_id)))

    def entries_after(self, reached: Mapping[int, int], events: Sequence[str], limit: int) -> list[Entry]:
        """Returns the next rows of these events, oldest first, at most `limit` of each partition.

        `reached` has the number of the last row that is known of a partition; of one that is not there, none is.
        """
        found: list[Entry] = []
        for partition in self.chain_heads():
            after = reached.get(partition, base(partition))
            query = sa.select(entry).where(entry.c.seq > after, entry.c.seq <= base(partition + 1))
            found += self._entries(query.where(entry.c.event.in_(events)).order_by(entry.c.seq).limit(limit))
        return in_order(found)

    def open_cases(self) -> list[tuple[str, str]]:
        """Returns (case, id of the process that opened it) for every case without a closing row."""
        closing = entry.alias()
        is_closed = sa.exists().where(closing.c.case_id == entry.c.case_id, closing.c.event == CLOSED)
        opened = self._entries(sa.select(entry).where(entry.c.event == OPENED, ~is_closed))
        return [(row.case_id, str(row.parse_facts().get("instance"))) for row in opened]

    def newest_cases(self, limit: int) -> list[tuple[Entry, Entry | None]]:
        """Returns (opening row, closing row if there is one) for the newest cases, newest first."""
        opened: list[Entry] = []
        for partition in self.chain_heads():
            query = sa.select(entry).where(entry.c.seq > base(partition), entry.c.seq <= base(partition + 1))
            opened += self._entries(query.where(entry.c.event == OPENED).order_by(entry.c.seq.desc()).limit(limit))
        opened = in_order(opened)[: -limit - 1 : -1]
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
        return (Entry(*as_texts(row)) for row in self.connection.execute(query, execution_options=THOUSAND))

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
        return [Entry(*as_texts(row)) for row in self.connection.execute(query)]


class DatabaseWriter(DatabaseReader):
    """Adds rows to one partition of the chain within one transaction."""

    def __init__(self, connection: sa.Connection, keys: Keys, partition: int = 0) -> None:
        super().__init__(connection)
        self.keys = keys
        self.partition = partition

    def append(self, case_id: str, event: str, facts: Mapping[str, object]) -> None:
        """Adds a row at the end of the partition. Of an export's facts, `stamp` and `sha256` become columns.

        Raises AuditError where the end of the chain was changed by hand.
        """
        head = self._genuine_head()
        others = dict(facts)
        stamp, sha256 = (others.pop(name, None) if event == EXPORTED else None for name in ("stamp", "sha256"))
        row = Entry(
            seq=head.seq + 1,
            time=max(utc_now(), self._newest_time(case_id)),
            case_id=case_id,
            event=event,
            facts=canonical(others),
            stamp=None if stamp is None else str(stamp),
            sha256=None if sha256 is None else str(sha256),
            previous=head.hash,
        )
        hash_ = self.keys.entry_hash(row)
        self.connection.execute(sa.insert(entry).values({**asdict(row), "hash": hash_}))
        head_table = chain_head if self.partition == 0 else partition_head
        change = sa.update(head_table).values(asdict(self.keys.seal_head(row.seq, hash_)))
        self.connection.execute(
            change.where(partition_head.c.partition == self.partition) if self.partition else change
        )

    def begin_partition(self, partition: int) -> None:
        """Begins a further partition, unless it is there, and puts that on record in partition 0."""
        if partition not in self.chain_heads():
            head = self.keys.seal_head(base(partition), GENESIS_HASH)
            self.connection.execute(sa.insert(partition_head).values(partition=partition, **asdict(head)))
            self.append(PARTITIONS_CASE, PARTITION, {"partition": partition})

    def _newest_time(self, case_id: str) -> str:
        """Returns when the newest row of a case was written; "" without one. Clocks of machines differ."""
        newest = sa.select(sa.func.max(entry.c.time)).where(entry.c.case_id == case_id)
        return str(self.connection.execute(newest).scalar() or "")

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
        table = partition_head if self.partition else chain_head
        columns = sa.select(table.c.seq, table.c.hash, table.c.seal)
        columns = columns.where(partition_head.c.partition == self.partition) if self.partition else columns
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
        self._claim: PartitionClaim | None = None
        with audit_errors(self.location):
            url = address_of(location)
            self._dialect = dialect_of(url)
            self._engine = sa.create_engine(url, pool_timeout=BUSY_SECONDS)
            sa.event.listen(self._engine, "connect", self._prepare)
            sa.event.listen(self._engine, "checkout", self._check)
            sa.event.listen(self._engine, "begin", self._begin)
            with self._writable_connection() as connection, connection.begin():
                migrate(connection, keys)

    @contextmanager
    def write_transaction(self, patient: bool = True, alone: bool = True) -> Iterator[DatabaseWriter]:
        """Opens a transaction that no other writer overlaps; on disk when it ends.

        Without `alone`, writers of other partitions may overlap it: for rows that ask nothing of what others write.
        Raises AuditError; if not `patient`, after two seconds in which others held the database and nobody got on.
        """
        with audit_errors(self.location), self._turn(patient):
            with self._writable_connection(patient, alone) as connection, connection.begin():
                yield DatabaseWriter(connection, self.keys, self._claim.partition if self._claim else 0)
            self._commits += 1

    def claim_partition(self) -> int:
        """Writes to a partition of its own from now on; returns its number. Of a file, that is partition 0."""
        with audit_errors(self.location):
            self._claim = self._claim or self._dialect.claim_partition(self._engine)
        if self._claim is None:
            return 0
        with audit_errors(self.location), self._writable_connection(patient=True) as connection, connection.begin():
            DatabaseWriter(connection, self.keys).begin_partition(self._claim.partition)
        return self._claim.partition

    @contextmanager
    def turn_at(self, work: str) -> Iterator[bool]:
        """Tells whether this process is the one to do some regular work now: no other one is at it."""
        with audit_errors(self.location), self._dialect.turn_at(self._engine, work) as mine:
            yield mine

    @contextmanager
    def read_transaction(self) -> Iterator[DatabaseReader]:
        """Opens a transaction on one state of the database. Raises AuditError."""
        with audit_errors(self.location), self._engine.connect() as connection, connection.begin():
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
        with audit_errors(self.location):
            return self._dialect.process_lock(self._engine)

    def hold(self, process_lock: ProcessLock) -> None:
        """Takes a lock of this process again where it was lost. Raises AuditError."""
        with audit_errors(self.location):
            process_lock.hold()

    def scrub(self) -> None:
        """Takes what was deleted out of the database's files, too. Raises AuditError."""
        with audit_errors(self.location):
            self._dialect.scrub(self._engine)

    def close(self) -> None:
        """Closes all connections that are not in use; its partition is free for another process."""
        if self._claim:
            self._claim.close()
            self._claim = None
        self._engine.dispose()

    @contextmanager
    def _turn(self, patient: bool) -> Iterator[None]:
        """Waits until no other thread of this process writes; if not `patient`, for so long that one of them hangs."""
        commits, since = self._commits, time.monotonic()
        while not self._lock.acquire(timeout=HELD_SECONDS):
            if commits != self._commits:
                commits, since = self._commits, time.monotonic()
            elif not patient and time.monotonic() - since > HUNG_SECONDS:
                raise AuditError(f"The audit log {self.location} is held by another program.", "Try again.")
        try:
            yield
        finally:
            self._lock.release()

    def _writable_connection(self, patient: bool = False, alone: bool = True) -> sa.Connection:
        return self._engine.connect().execution_options(writes=True, patient=patient, alone=alone)

    def _prepare(self, connection: object, _record: object) -> None:
        self._dialect.prepare(connection)

    def _check(self, connection: object, _record: object, _proxy: object) -> None:
        if not self._dialect.is_usable(connection):
            # The pool then connects anew.
            raise sa.exc.DisconnectionError

    def _begin(self, connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":
            patient, alone = options.get("patient", True), options.get("alone", True)
            self._dialect.begin(connection, options.get("writes", False), patient, alone)
