"""What is read from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from safety.audit.acts import ActivityTable
from safety.audit.appeal_queue import Queue
from safety.audit.hash_chain import CLOSED, EXPORTED, OPENED, ChainHead, Entry
from safety.audit.tables import entry, head, kept


class Reader:
    """Reads within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.acts = ActivityTable(connection)
        self.queue = Queue(connection)

    def rows(self) -> Iterator[Entry]:
        """All of them, by number."""
        found = self.connection.execution_options(yield_per=1000).execute(sa.select(entry).order_by(entry.c.seq))
        return (Entry(*row) for row in found)

    def end(self) -> ChainHead | None:
        found = self.connection.execute(sa.select(head.c.seq, head.c.hash, head.c.seal)).first()
        return None if found is None else ChainHead(*found)

    def of_case(self, case_id: str) -> list[Entry]:
        found = self.connection.execute(sa.select(entry).where(entry.c.case_id == case_id).order_by(entry.c.seq))
        return [Entry(*row) for row in found]

    def open_cases(self) -> list[tuple[str, str]]:
        """(case, id of the process that opened it) of every case without a closing row."""
        closing = entry.alias()
        is_closed = sa.exists().where(closing.c.case_id == entry.c.case_id, closing.c.event == CLOSED)
        found = self.connection.execute(sa.select(entry).where(entry.c.event == OPENED, ~is_closed))
        return [(row.case_id, str(row.read().get("instance"))) for row in (Entry(*one) for one in found)]

    def recent(self, limit: int) -> list[tuple[Entry, Entry | None]]:
        """(opening row, closing row if there is one) of the newest cases, newest first."""
        opening = sa.select(entry).where(entry.c.event == OPENED).order_by(entry.c.seq.desc()).limit(limit)
        opened = [Entry(*row) for row in self.connection.execute(opening)]
        ids = [row.case_id for row in opened]
        closing = sa.select(entry).where(entry.c.event == CLOSED, entry.c.case_id.in_(ids))
        closed = {row.case_id: row for row in (Entry(*found) for found in self.connection.execute(closing))}
        return [(row, closed.get(row.case_id)) for row in opened]

    def exports(self, stamps: Sequence[str], sha256: str) -> list[Entry]:
        wanted = sa.or_(entry.c.sha256 == sha256, entry.c.stamp.in_(stamps))
        return [
            Entry(*row) for row in self.connection.execute(sa.select(entry).where(entry.c.event == EXPORTED, wanted))
        ]

    def kept(self, case_id: str) -> dict[str, str]:
        """What is kept of a case beside the chain: kind -> content."""
        found = self.connection.execute(sa.select(kept.c.kind, kept.c.content).where(kept.c.case_id == case_id))
        return {kind: content for kind, content in found}

    def kept_before(self, kind: str, time: str) -> list[str]:
        """The cases that have kept something of this kind since before a time."""
        old = sa.select(kept.c.case_id).where(kept.c.kind == kind, kept.c.time < time)
        return list(self.connection.execute(old).scalars())

    def all_kept(self) -> Iterator[tuple[str, str, str]]:
        """(case, kind, content)."""
        columns = sa.select(kept.c.case_id, kept.c.kind, kept.c.content)
        for row in self.connection.execution_options(yield_per=100).execute(columns):
            yield row[0], row[1], row[2]

    def with_events(self, *events: str) -> list[Entry]:
        found = self.connection.execute(sa.select(entry).where(entry.c.event.in_(events)).order_by(entry.c.seq))
        return [Entry(*row) for row in found]
