"""The table of signed roots: only ever added to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import sqlalchemy as sa

from safety.audit.dialects import as_texts
from safety.audit.roots import SignedRoot
from safety.audit.tables import signed_root


class RootTable:
    """Reads and adds roots within a transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def newest(self) -> SignedRoot | None:
        """Returns the last root; None before the first."""
        row = self._connection.execute(sa.select(signed_root).order_by(signed_root.c.number.desc()).limit(1)).first()
        return None if row is None else SignedRoot(*as_texts(row))

    def all(self) -> Iterator[SignedRoot]:
        """Yields all roots, oldest first."""
        return (
            SignedRoot(*as_texts(row)) for row in self._connection.execute(sa.select(signed_root).order_by("number"))
        )

    def add(self, root: SignedRoot) -> None:
        """Adds a root behind the last one."""
        self._connection.execute(sa.insert(signed_root).values(asdict(root)))
