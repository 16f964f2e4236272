"""What is read from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from safety.audit.chain import CLOSED, EXPORTED, OPENED, Entry, Head
from safety.audit.tables import TRIGGERS, entry, head, words


class Reader:
    """Reads within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def rows(self) -> Iterator[Entry]:
        """All of them, by number."""
        found = self._connection.execution_options(yield_per=1000).execute(sa.select(entry).order_by(entry.c.seq))
        return (Entry(*row) for row in found)

    def end(self) -> Head | None:
        found = self._connection.execute(sa.select(head.c.seq, head.c.hash, head.c.seal)).first()
        return None if found is None else Head(*found)

    def of_case(self, case_id: str) -> list[Entry]:
        found = self._connection.execute(sa.select(entry).where(entry.c.case_id == case_id).order_by(entry.c.seq))
        return [Entry(*row) for row in found]

    def open_cases(self) -> list[tuple[str, str]]:
        """(case, id of the process that opened it) of every case without a closing row."""
        closing = entry.alias()
        is_closed = sa.exists().where(closing.c.case_id == entry.c.case_id, closing.c.event == CLOSED)
        found = self._connection.execute(sa.select(entry).where(entry.c.event == OPENED, ~is_closed))
        return [(row.case_id, str(row.read().get("instance"))) for row in (Entry(*one) for one in found)]

    def recent(self, limit: int) -> list[tuple[Entry, Entry | None]]:
        """(opening row, closing row if there is one) of the newest cases, newest first."""
        opening = sa.select(entry).where(entry.c.event == OPENED).order_by(entry.c.seq.desc()).limit(limit)
        opened = [Entry(*row) for row in self._connection.execute(opening)]
        ids = [row.case_id for row in opened]
        closing = sa.select(entry).where(entry.c.event == CLOSED, entry.c.case_id.in_(ids))
        closed = {row.case_id: row for row in (Entry(*found) for found in self._connection.execute(closing))}
        return [(row, closed.get(row.case_id)) for row in opened]

    def exports(self, stamps: Sequence[str], sha256: str) -> list[Entry]:
        wanted = sa.or_(entry.c.sha256 == sha256, entry.c.stamp.in_(stamps))
        return [
            Entry(*row) for row in self._connection.execute(sa.select(entry).where(entry.c.event == EXPORTED, wanted))
        ]

    def kept_words(self, case_id: str) -> str:
        return self._connection.execute(sa.select(words.c.content).where(words.c.case_id == case_id)).scalar() or ""

    def all_words(self) -> dict[str, str]:
        return {case_id: content for case_id, content in self._connection.execute(sa.select(words))}

    def with_events(self, *events: str) -> list[Entry]:
        found = self._connection.execute(sa.select(entry).where(entry.c.event.in_(events)).order_by(entry.c.seq))
        return [Entry(*row) for row in found]

    def missing_triggers(self) -> list[str]:
        there = set(self._connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())
        return [name for name in TRIGGERS[self._connection.dialect.name] if name not in there]
