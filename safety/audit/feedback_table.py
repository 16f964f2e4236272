"""The table of what people said of pictures and refusals, of who has agreed to it, and of pairs with known answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from safety.audit.feedback_record import Consent, FeedbackEntry, Pair
from safety.audit.tables import feedback, feedback_consent, feedback_gold


class FeedbackTable:
    """Reads and writes the index within the caller's transaction. Persons are keyed hashes."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, entry: FeedbackEntry) -> None:
        """Adds a piece of feedback."""
        self._connection.execute(sa.insert(feedback).values(asdict(entry)))

    def list(self, **values: str) -> Sequence[FeedbackEntry]:
        """Returns what has these values in its columns, oldest first; without values, everything."""
        query = sa.select(*_ENTRY).where(*(feedback.c[name] == value for name, value in values.items()))
        rows = self._connection.execute(query.order_by(feedback.c.time, feedback.c.case_id))
        return [FeedbackEntry(*row) for row in rows]

    def about(self, stamps: Sequence[str]) -> Sequence[FeedbackEntry]:
        """Returns what was said of any of these pictures."""
        wanted = list(stamps)
        named = sa.or_(feedback.c.stamp.in_(wanted), feedback.c.other.in_(wanted))
        return [FeedbackEntry(*row) for row in self._connection.execute(sa.select(*_ENTRY).where(named))]

    def delete(self, case_id: str) -> None:
        """Deletes a row of the index by its own case; `erase` deletes what was said as well."""
        self._connection.execute(sa.delete(feedback).where(feedback.c.case_id == case_id))

    # ---- consent ----

    def consent(self, person: str) -> Consent | None:
        """Returns what a person has agreed to; None for nothing."""
        columns = sa.select(feedback_consent.c.time, feedback_consent.c.version)
        row = self._connection.execute(columns.where(feedback_consent.c.person == person)).first()
        return None if row is None else Consent(*row)

    def set_consent(self, person: str, consent: Consent | None) -> None:
        """Notes what a person agrees to; None takes it back."""
        self._connection.execute(sa.delete(feedback_consent).where(feedback_consent.c.person == person))
        if consent:
            self._connection.execute(sa.insert(feedback_consent).values(person=person, **asdict(consent)))

    # ---- pairs with a known answer ----

    def gold(self) -> Mapping[Pair, str]:
        """Returns the known answers: the stamp of the better picture, or "none"."""
        columns = sa.select(feedback_gold.c.stamp, feedback_gold.c.other, feedback_gold.c.answer)
        return {(stamp, other): answer for stamp, other, answer in self._connection.execute(columns)}

    def set_gold(self, pair: Pair, answer: str, time: str) -> None:
        """Notes the answer of a pair; "" takes it back."""
        stamp, other = pair
        named = sa.and_(feedback_gold.c.stamp == stamp, feedback_gold.c.other == other)
        self._connection.execute(sa.delete(feedback_gold).where(named))
        if answer:
            values = {"stamp": stamp, "other": other, "answer": answer, "time": time}
            self._connection.execute(sa.insert(feedback_gold).values(values))


_ENTRY: Sequence[sa.Column[Any]] = [feedback.c[field.name] for field in fields(FeedbackEntry)]
