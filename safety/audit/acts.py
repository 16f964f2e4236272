"""Who did what when, on the table that limits are counted on. `client` is a keyed hash of an address."""

from __future__ import annotations

import sqlalchemy as sa

from safety.audit.activity import Activity
from safety.audit.tables import act


class ActivityTable:
    """Within the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, client: str, kind: str, case_id: str, time: str) -> None:
        values = {"client": client, "kind": kind, "case_id": case_id, "time": time, "outcome": ""}
        self._connection.execute(sa.insert(act).values(values))

    def settle(self, case_id: str, outcome: str) -> None:
        self._connection.execute(sa.update(act).where(act.c.case_id == case_id).values(outcome=outcome))

    def of(self, client: str, kind: str, since: str, most: int) -> list[Activity]:
        """The newest deeds of a client after a time, newest first."""
        wanted = sa.select(act.c.time, act.c.outcome).where(
            act.c.client == client, act.c.kind == kind, act.c.time > since
        )
        return [Activity(*row) for row in self._connection.execute(wanted.order_by(act.c.id.desc()).limit(most))]

    def cases(self, client: str) -> list[str]:
        """The cases of a client, oldest first."""
        wanted = sa.select(act.c.case_id).where(act.c.client == client, act.c.case_id != "").order_by(act.c.id)
        return list(dict.fromkeys(self._connection.execute(wanted).scalars()))

    def forget(self, case_id: str) -> int:
        return self._connection.execute(sa.delete(act).where(act.c.case_id == case_id)).rowcount

    def forget_before(self, time: str) -> int:
        return self._connection.execute(sa.delete(act).where(act.c.time < time)).rowcount
