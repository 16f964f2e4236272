"""The notices about pictures and the pictures they removed, as an index of what the chain says of them.

Nothing is decided by it: where a notice stands is read from the chain (notice_state.py). To count notices for a report,
read `reader.notices.list()` and, of each, `read_notice_state(reader.entries_of(notice.case_id), audit.keys)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from safety.audit.notice_state import QueuedNotice, Removal
from safety.audit.tables import content, notice, removal

MOST_VALUES = 500  # in one question: databases bound that


class NoticeTable:
    """Reads and writes the index within the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, queued: QueuedNotice) -> None:
        """Adds a notice."""
        self._connection.execute(sa.insert(notice).values(asdict(queued)))

    def set_state(self, case_id: str, state: str) -> None:
        """Sets the state of a notice."""
        self._connection.execute(sa.update(notice).where(notice.c.case_id == case_id).values(state=state))

    def list(self, *states: str) -> Sequence[QueuedNotice]:
        """Returns the notices in these states, the one that is due first at the top; without states, all of them."""
        wanted = sa.select(*_NOTICE).order_by(notice.c.due, notice.c.case_id)
        return self._notices(wanted.where(notice.c.state.in_(states)) if states else wanted)

    def get(self, case_id: str) -> QueuedNotice | None:
        """Returns a notice; None where the case is none."""
        return next(iter(self._notices(sa.select(*_NOTICE).where(notice.c.case_id == case_id))), None)

    def by_receipt(self, digest: str) -> QueuedNotice | None:
        """Returns the notice of a receipt, given as its keyed hash; None for an unknown one."""
        return next(iter(self._notices(sa.select(*_NOTICE).where(notice.c.receipt == digest))), None)

    def kept_files(self) -> int:
        """Returns of how many notices a copy of the file is kept that was sent with them."""
        counted = sa.select(sa.func.count()).select_from(notice.join(content, content.c.case_id == notice.c.case_id))
        return int(self._connection.execute(counted.where(content.c.kind == "picture")).scalar_one())

    # ---- removed pictures ----

    def add_removals(self, removals: Sequence[Removal]) -> None:
        """Notes pictures as removed."""
        if removals:
            numbers = [{name: int(getattr(one, name)) for name in ("near", "pending")} for one in removals]
            rows = [asdict(one) | flags for one, flags in zip(removals, numbers, strict=True)]
            self._connection.execute(sa.insert(removal), rows)

    def removed(self, stamps: Sequence[str]) -> set[str]:
        """Returns those of these stamps whose picture was removed before."""
        found: set[str] = set()
        for start in range(0, len(stamps), MOST_VALUES):
            some = sa.select(removal.c.stamp).where(removal.c.stamp.in_(list(stamps[start : start + MOST_VALUES])))
            found.update(self._connection.execute(some).scalars())
        return found

    def removal_of(self, stamp: str) -> Removal | None:
        """Returns how a picture was removed; None for one that was not."""
        return next(iter(self._removals(sa.select(*_REMOVAL).where(removal.c.stamp == stamp))), None)

    def pending(self) -> Sequence[Removal]:
        """Returns the removed pictures whose files are still to be deleted, oldest first."""
        return self._removals(sa.select(*_REMOVAL).where(removal.c.pending == 1).order_by(removal.c.time))

    def removed_since(self, time: str) -> Sequence[str]:
        """Returns the stamps of the pictures that were removed at or after a timestamp."""
        return list(self._connection.execute(sa.select(removal.c.stamp).where(removal.c.time >= time)).scalars())

    def set_deleted(self, stamps: Sequence[str]) -> None:
        """Notes that nothing is left of removed pictures."""
        for stamp in stamps:
            self._connection.execute(sa.update(removal).where(removal.c.stamp == stamp).values(pending=0))

    def set_person(self, stamp: str, person: str) -> None:
        """Notes whose a removed picture is, where nobody knew yet."""
        unknown = sa.update(removal).where(removal.c.stamp == stamp, removal.c.person == "")
        self._connection.execute(unknown.values(person=person))

    def removals_of(self, person: str) -> Sequence[Removal]:
        """Returns what was removed of a person's, newest first."""
        mine = sa.select(*_REMOVAL).where(removal.c.person == person)
        return self._removals(mine.order_by(removal.c.time.desc(), removal.c.stamp)) if person else []

    def removals_by(self, case_id: str) -> Sequence[Removal]:
        """Returns what a notice removed."""
        return self._removals(sa.select(*_REMOVAL).where(removal.c.notice == case_id).order_by(removal.c.stamp))

    def removals_from(self, target: str) -> Sequence[Removal]:
        """Returns what was removed of a case's pictures."""
        return self._removals(sa.select(*_REMOVAL).where(removal.c.target == target).order_by(removal.c.stamp))

    def forget_person(self, person: str) -> int:
        """Forgets whose the removed pictures were; returns how many there were."""
        whose = sa.update(removal).where(removal.c.person == person).values(person="")
        return self._connection.execute(whose).rowcount if person else 0

    def forget_people_before(self, time: str) -> int:
        """Forgets whose the pictures were that were removed before a timestamp; returns how many there were."""
        old = sa.update(removal).where(removal.c.time < time, removal.c.person != "").values(person="")
        return self._connection.execute(old).rowcount

    def _notices(self, query: sa.Select[Any]) -> Sequence[QueuedNotice]:
        return [QueuedNotice(*row) for row in self._connection.execute(query)]

    def _removals(self, query: sa.Select[Any]) -> Sequence[Removal]:
        return [Removal(*row[:5], *map(bool, row[5:])) for row in self._connection.execute(query)]


_NOTICE: Sequence[sa.Column[Any]] = [notice.c[field.name] for field in fields(QueuedNotice)]
_REMOVAL: Sequence[sa.Column[Any]] = [removal.c[field.name] for field in fields(Removal)]
