"""The hash chain: every row carries a keyed hash over itself and over the row before it. No SQL here."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from safety.audit.partitions import base, partition_of, place

# The hash that the first row follows.
GENESIS_HASH = "0" * 64
OPENED, CLOSED, EXPORTED, ERASED = "opened", "closed", "exported", "erased"
# The kind of a case in which the operator changed something: nobody's request.
CHANGE = "change"
# Kinds of content that is kept beside the chain; also the names of the facts that carry its digest.
CONTENT_KINDS = ("words", "appeal", "picture", "review", "notice", "blocked", "answer", "answer_review", "feedback")


def canonical(value: object) -> str:
    """Returns a value as JSON in one spelling: sorted keys, no spaces, ASCII only. Raises ValueError for NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def timestamp(time: datetime.datetime) -> str:
    """Returns a time as rows write it: ISO 8601 in UTC to the microsecond. Such texts sort by time."""
    return time.astimezone(datetime.UTC).isoformat(timespec="microseconds")


def utc_now() -> str:
    """Returns the timestamp of now."""
    return timestamp(datetime.datetime.now(datetime.UTC))


@dataclass(frozen=True, slots=True)
class Entry:
    """Holds one row of the chain as it is stored.

    `seq` counts from 1 in each partition (safety/audit/partitions.py), `time` is a timestamp, `facts` canonical JSON;
    `stamp` and `sha256` are None but for exports. `previous` and `hash` are keyed hashes as 64 hex digits.
    """

    seq: int
    time: str
    case_id: str
    event: str
    facts: str
    stamp: str | None
    sha256: str | None
    previous: str
    hash: str = ""

    def parse_facts(self) -> dict[str, Any]:
        """Returns the facts; an empty dictionary where somebody made them unreadable, which `find_problems` reports."""
        try:
            return dict(json.loads(self.facts))
        except (ValueError, TypeError):
            return {}


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Holds number and hash of the last row, under a seal. Without it, rows cut off at the end would not be missed."""

    seq: int
    hash: str
    seal: str


class Keys:
    """Makes and checks keyed hashes: HMAC-SHA256 (RFC 2104) under keys derived from one secret, one key a purpose."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def digest(self, purpose: str, text: str) -> str:
        """Returns the keyed hash of a text as 64 hex digits.

        `text` may hold anything that a person can type, lone surrogates included.
        """
        key = hmac.digest(self._secret, f"safelight audit {purpose}".encode(), hashlib.sha256)
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    def content_digest(self, kind: str, case_id: str, content: str) -> str:
        """Returns what a row carries of content that is kept beside the chain."""
        return self.digest(kind, f"{case_id} {content}")

    def entry_hash(self, entry: Entry) -> str:
        """Returns the keyed hash over all columns of a row but its own hash."""
        columns = [
            entry.seq,
            entry.time,
            entry.case_id,
            entry.event,
            entry.facts,
            entry.stamp,
            entry.sha256,
            entry.previous,
        ]
        return self.digest("row", canonical(columns))

    def is_genuine(self, entry: Entry) -> bool:
        """Tells whether a row is as it was written."""
        return hmac.compare_digest(self.entry_hash(entry), entry.hash)

    def seal_head(self, seq: int, hash_: str) -> ChainHead:
        """Returns the sealed head of a chain that ends with row `seq`."""
        return ChainHead(seq, hash_, self.digest("head", canonical([seq, hash_])))

    def is_sealed(self, head: ChainHead) -> bool:
        """Tells whether a head is as it was written."""
        return hmac.compare_digest(self.seal_head(head.seq, head.hash).seal, head.seal)


def find_problems(entries: Iterable[Entry], heads: Mapping[int, ChainHead], keys: Keys) -> Iterator[str]:
    """Yields what is wrong with a chain, one sentence a problem that names the row; nothing for a sound one.

    `entries` come in the order of their numbers, `heads` are the ends by partition. Rows cut off at the end are found
    by the head, unless somebody puts back an older head as well: the signed roots find that (safety/audit/roots.py).
    """
    left = dict(heads)
    # Partition 0 is there from the beginning: without an end, somebody has deleted it.
    missing = {0} - heads.keys()
    for partition, rows in groupby(entries, lambda entry: partition_of(entry.seq)):
        missing.discard(partition)
        yield from _partition_problems(partition, rows, left.pop(partition, None), keys)
    for partition in sorted(left.keys() | missing):
        yield from _partition_problems(partition, (), left.get(partition), keys)


def _partition_problems(partition: int, entries: Iterable[Entry], head: ChainHead | None, keys: Keys) -> Iterator[str]:
    last: Entry | None = None
    sound = True
    for entry in entries:
        expected = last.seq + 1 if last else base(partition) + 1
        if entry.seq != expected:
            yield _missing(expected, entry.seq - 1)
        linked = entry.previous == (last.hash if last else GENESIS_HASH)
        if not keys.is_genuine(entry):
            yield f"Row {place(entry.seq)} was edited, moved or put in by hand."
        elif entry.seq == expected and sound and not linked:
            yield f"Row {place(entry.seq)} does not follow row {place(entry.seq - 1)}."
        last, sound = entry, keys.is_genuine(entry)
    yield from _head_problems(partition, last, head, keys)


def _head_problems(partition: int, last: Entry | None, head: ChainHead | None, keys: Keys) -> Iterator[str]:
    count = last.seq if last else base(partition)
    chain = f"partition {partition}" if partition else "the chain"
    if head is None:
        yield f"The end of {chain} is not on record: rows after row {place(count)} may be missing."
    elif not keys.is_sealed(head) or partition_of(head.seq) != partition:
        yield f"The end of {chain} was edited: rows after row {place(count)} may be missing."
    elif head.seq > count:
        yield _missing(count + 1, head.seq)
    elif head.seq < count:
        yield f"Rows after row {place(head.seq)} are not part of the chain."
    elif last and last.hash != head.hash:
        yield f"Row {place(count)} is not the row that the chain ended with."


def _missing(first: int, last: int) -> str:
    if last < first:
        return f"Row {place(first)} has a number that is out of order."
    if first == last:
        return f"Row {place(first)} is missing."
    return f"Rows {first - base(partition_of(first))} to {place(last)} are missing."
