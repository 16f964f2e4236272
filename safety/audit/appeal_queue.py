"""The queue of appeals: an index of what the chain says, so that a reviewer's list is quick."""

from __future__ import annotations

import sqlalchemy as sa

from safety.audit.activity import Appeal
from safety.audit.tables import appeal


class Queue:
    """Within the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, one: Appeal) -> None:
        values = {"case_id": one.case_id, "time": one.time, "kind": one.kind, "state": one.state, "ticket": one.ticket}
        self._connection.execute(sa.insert(appeal).values(values))

    def set(self, case_id: str, state: str) -> None:
        self._connection.execute(sa.update(appeal).where(appeal.c.case_id == case_id).values(state=state))

    def all(self, *states: str) -> list[Appeal]:
        """Oldest first: who has waited longest is next. Without states, every one."""
        wanted = sa.select(appeal).order_by(appeal.c.time)
        found = self._connection.execute(wanted.where(appeal.c.state.in_(states)) if states else wanted)
        return [Appeal(*row) for row in found]

    def with_ticket(self, ticket: str) -> list[Appeal]:
        wanted = sa.select(appeal).where(appeal.c.ticket == ticket).order_by(appeal.c.time)
        return [Appeal(*row) for row in self._connection.execute(wanted)]
