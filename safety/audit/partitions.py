"""Partitions of the chain: each is a chain by itself, so that several machines write without one order between them.

A row's number says which partition it is in: row 17 of partition 2 has the number 2000000000017. Partition 0 is the
only one of a studio that is one process, and of every database from before there were partitions.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from safety.audit.hash_chain import Entry

# Rows of one partition. Numbers of 9,000 partitions can be told apart in JavaScript, too.
PARTITION_ROWS = 10**12
MOST_PARTITIONS = 256


def partition_of(seq: int) -> int:
    """Returns the partition that a row's number is of."""
    return seq // PARTITION_ROWS


def base(partition: int) -> int:
    """Returns the number before that of a partition's first row."""
    return partition * PARTITION_ROWS


def place(seq: int) -> str:
    """Returns what follows "row" where people read of one: "17", or "17 of partition 2"."""
    partition, number = divmod(seq, PARTITION_ROWS)
    return f"{number} of partition {partition}" if partition else str(number)


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Returns rows oldest first: those of one partition by number, those of several by time.

    No row of a case is dated before the rows of it that its writer knew (`DatabaseWriter.append`).
    """
    found: dict[int, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.seq):
        found.setdefault(partition_of(entry.seq), []).append(entry)
    return list(merged(list(found.values())))


def merged(partitions: Sequence[Iterable[Entry]]) -> Iterator[Entry]:
    """Yields rows oldest first of partitions that are each in the order of their numbers."""
    dated = heapq.merge(*map(_dated, partitions), key=lambda one: one[:2])
    return (entry for _, _, entry in dated)


def _dated(entries: Iterable[Entry]) -> Iterator[tuple[str, int, Entry]]:
    # A clock that was set back must not take a row before the one that it follows.
    newest = ""
    for entry in entries:
        newest = max(newest, entry.time)
        yield newest, entry.seq, entry
