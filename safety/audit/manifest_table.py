"""The signed manifests of finished pictures: the table behind credentials that are given back.

Beside the chain, so that its rows can be deleted; the row of each export names the SHA-256 of its manifest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from safety.audit.tables import manifest
from safety.generation import KeptManifest


class ManifestTable:
    """Reads and writes kept manifests within the caller's transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, case_id: str, time: str, kept: KeptManifest) -> None:
        """Keeps a manifest; `time` is a timestamp as in the chain. An older one of the same stamp goes."""
        self._connection.execute(sa.delete(manifest).where(manifest.c.stamp == kept.stamp))
        values = {"stamp": kept.stamp, "id": kept.id, "outline": kept.outline, "store": kept.store}
        self._connection.execute(sa.insert(manifest).values(case_id=case_id, time=time, **values))

    def of_stamp(self, stamp: str) -> KeptManifest | None:
        """Returns the manifest of a stamp; None where none is kept."""
        return next(self._find(manifest.c.stamp == stamp), None)

    def of_id(self, id_: str) -> KeptManifest | None:
        """Returns the manifest that C2PA knows by this identifier; None where none is kept."""
        return next(self._find(manifest.c.id == id_), None)

    def of_case(self, case_id: str) -> list[KeptManifest]:
        """Returns the manifests of a case."""
        return list(self._find(manifest.c.case_id == case_id))

    def digests(self) -> Iterator[tuple[str, str]]:
        """Yields (stamp, SHA-256 of the manifest) for all that are kept, a hundred at a time in memory."""
        columns = sa.select(manifest.c.stamp, manifest.c.store)
        for row in self._connection.execution_options(yield_per=100).execute(columns):
            yield row[0], hashlib.sha256(_as_bytes(row[1])).hexdigest()

    def delete(self, stamps: Sequence[str]) -> int:
        """Deletes the manifests of these stamps; returns how many there were."""
        return self._connection.execute(sa.delete(manifest).where(manifest.c.stamp.in_(list(stamps)))).rowcount

    def delete_case(self, case_id: str) -> int:
        """Deletes the manifests of a case; returns how many there were."""
        return self._connection.execute(sa.delete(manifest).where(manifest.c.case_id == case_id)).rowcount

    def delete_before(self, time: str) -> int:
        """Deletes manifests older than a timestamp; returns how many there were."""
        return self._connection.execute(sa.delete(manifest).where(manifest.c.time < time)).rowcount

    def _find(self, *which: sa.ColumnElement[bool]) -> Iterator[KeptManifest]:
        columns = sa.select(manifest.c.stamp, manifest.c.id, manifest.c.store, manifest.c.outline)
        return (
            KeptManifest(row[0], row[1], _as_bytes(row[2]), row[3])
            for row in self._connection.execute(columns.where(*which))
        )


def _as_bytes(value: object) -> bytes:
    """Returns a column of bytes; in SQLite somebody may have put a text there by hand."""
    return value.encode() if isinstance(value, str) else bytes(value)  # type: ignore[call-overload]
