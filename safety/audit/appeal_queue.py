"""The queue of appeals: an index of what the chain says of them, so that a reviewer's list is quick.

Nothing is decided by it: whatever an appeal opens is read from the chain (appeal_state.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from safety.audit.appeal_state import QueuedAppeal
from safety.audit.tables import appeal


class AppealQueue:
    """Reads and writes the queue within the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, *, case_id: str, time: str, kind: str, state: str, request_digest: str) -> None:
        """Adds the appeal of a case."""
        values = {"case_id": case_id, "time": time, "kind": kind, "state": state, "request_digest": request_digest}
        self._connection.execute(sa.insert(appeal).values(values))

    def set_state(self, case_id: str, state: str) -> None:
        """Sets the state of a case's appeal."""
        self._connection.execute(sa.update(appeal).where(appeal.c.case_id == case_id).values(state=state))

    def list(self, *states: str) -> Sequence[QueuedAppeal]:
        """Returns the appeals in these states, those that wait longest first; without states, all of them."""
        wanted = sa.select(appeal).order_by(appeal.c.time)
        rows = self._connection.execute(wanted.where(appeal.c.state.in_(states)) if states else wanted)
        return [QueuedAppeal(*row) for row in rows]

    def for_request(self, request_digest: str) -> Sequence[QueuedAppeal]:
        """Returns the appeals of one request, oldest first."""
        wanted = sa.select(appeal).where(appeal.c.request_digest == request_digest).order_by(appeal.c.time)
        return [QueuedAppeal(*row) for row in self._connection.execute(wanted)]
