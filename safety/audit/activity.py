"""What each client did when: the table that rate limits are counted on. Its rows can be deleted."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from safety.audit.tables import activity


@dataclass(frozen=True, slots=True)
class Activity:
    """Holds when a client did something, and how that ended.

    `time` is a timestamp as in the chain (`hash_chain.timestamp`). `outcome` is "" until it is known, then one of:
    delivered, blocked, hard_line, asked, withheld, cancelled, failed, interrupted, overturned.
    """

    time: str
    outcome: str


class ActivityTable:
    """Reads and writes activities within the caller's transaction.

    A `client` is a keyed hash of an address (`AuditLog.client_digest`), a `kind` one of those in review/rate_limit.py.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, client: str, kind: str, case_id: str, time: str) -> None:
        """Adds an activity whose outcome is not known yet. `case_id` is "" for what opens no case."""
        values = {"client": client, "kind": kind, "case_id": case_id, "time": time, "outcome": ""}
        self._connection.execute(sa.insert(activity).values(values))

    def set_outcome(self, case_id: str, outcome: str) -> None:
        """Sets the outcome of every activity of a case."""
        self._connection.execute(sa.update(activity).where(activity.c.case_id == case_id).values(outcome=outcome))

    def newest(self, client: str, kind: str, since: str, limit: int) -> list[Activity]:
        """Returns at most `limit` activities of a client after the timestamp `since`, newest first."""
        wanted = (
            sa.select(activity.c.time, activity.c.outcome)
            .where(activity.c.client == client, activity.c.kind == kind, activity.c.time > since)
            .order_by(activity.c.id.desc())
            .limit(limit)
        )
        return [Activity(*row) for row in self._connection.execute(wanted)]

    def cases(self, client: str) -> list[str]:
        """Returns the ids of a client's cases, oldest first."""
        wanted = (
            sa.select(activity.c.case_id)
            .where(activity.c.client == client, activity.c.case_id != "")
            .order_by(activity.c.id)
        )
        return list(dict.fromkeys(self._connection.execute(wanted).scalars()))

    def clients(self, case_id: str) -> list[str]:
        """Returns the clients of a case, as far as its activities are kept."""
        wanted = sa.select(activity.c.client).where(activity.c.case_id == case_id).order_by(activity.c.id)
        return list(dict.fromkeys(self._connection.execute(wanted).scalars()))

    def has(self, client: str, case_id: str) -> bool:
        """Tells whether a client opened a case, as far as its activities are kept."""
        wanted = sa.select(activity.c.id).where(activity.c.client == client, activity.c.case_id == case_id).limit(1)
        return self._connection.execute(wanted).first() is not None

    def delete_case(self, case_id: str) -> int:
        """Deletes the activities of a case; returns how many there were."""
        return self._connection.execute(sa.delete(activity).where(activity.c.case_id == case_id)).rowcount

    def delete_client(self, client: str) -> int:
        """Deletes the activities of a client; returns how many there were."""
        return self._connection.execute(sa.delete(activity).where(activity.c.client == client)).rowcount

    def delete_before(self, time: str) -> int:
        """Deletes the activities older than a timestamp; returns how many there were."""
        return self._connection.execute(sa.delete(activity).where(activity.c.time < time)).rowcount
