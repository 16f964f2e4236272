"""The chain: every row carries a keyed hash over itself and over the row before it. No SQL here."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

START = "0" * 64  # what the first row follows
OPENED, CLOSED, EXPORTED, ERASED = "opened", "closed", "exported", "erased"
KINDS = ("words", "appeal", "picture", "review")  # of what is kept beside the chain; also the facts that name it


def canonical(value: object) -> str:
    """JSON in one spelling: sorted keys, no spaces, ASCII only. Raises ValueError for NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as stored. `facts` is canonical JSON; `stamp` and `sha256` are None but for exports."""

    seq: int
    time: str
    case_id: str
    event: str
    facts: str
    stamp: str | None
    sha256: str | None
    previous: str
    hash: str = ""

    def read(self) -> dict[str, Any]:
        """The facts; empty where somebody made them unreadable, which `problems` reports."""
        try:
            return dict(json.loads(self.facts))
        except (ValueError, TypeError):
            return {}


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How long the chain is and where it ends. Without it, rows cut off at the end would not be missed."""

    seq: int
    hash: str
    seal: str


class Keys:
    """HMAC-SHA256 under keys derived from one secret, one key a purpose (RFC 2104)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def digest(self, purpose: str, text: str) -> str:
        """64 hex digits. `text` may hold anything that a person can type, lone surrogates included."""
        key = hmac.digest(self._secret, f"safelight audit {purpose}".encode(), hashlib.sha256)
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    def content(self, kind: str, case_id: str, content: str) -> str:
        """What a row carries of content that is kept beside the chain."""
        return self.digest(kind, f"{case_id} {content}")

    def hash_of(self, row: Entry) -> str:
        parts = [row.seq, row.time, row.case_id, row.event, row.facts, row.stamp, row.sha256, row.previous]
        return self.digest("row", canonical(parts))

    def holds(self, row: Entry) -> bool:
        return hmac.compare_digest(self.hash_of(row), row.hash)

    def head(self, seq: int, hash_: str) -> ChainHead:
        return ChainHead(seq, hash_, self.digest("head", canonical([seq, hash_])))

    def sealed(self, head: ChainHead) -> bool:
        return hmac.compare_digest(self.head(head.seq, head.hash).seal, head.seal)


def problems(rows: Iterable[Entry], head: ChainHead | None, keys: Keys) -> Iterator[str]:
    """What is wrong with a chain, one sentence a problem that names the row; nothing for a sound one.

    `rows` come in the order of their numbers. Rows cut off at the end are found by the head, unless
    somebody puts back an older head as well: keep copies of `audit verify`'s last line elsewhere.
    """
    last: Entry | None = None
    sound = True
    for row in rows:
        expected = last.seq + 1 if last else 1
        if row.seq != expected:
            yield _missing(expected, row.seq - 1)
        linked = row.previous == (last.hash if last else START)
        if not keys.holds(row):
            yield f"Row {row.seq} was edited, moved or put in by hand."
        elif row.seq == expected and sound and not linked:
            yield f"Row {row.seq} does not follow row {row.seq - 1}."
        last, sound = row, keys.holds(row)
    yield from _end(last, head, keys)


def _end(last: Entry | None, head: ChainHead | None, keys: Keys) -> Iterator[str]:
    count = last.seq if last else 0
    if head is None:
        yield f"The end of the chain is not on record: rows after row {count} may be missing."
    elif not keys.sealed(head):
        yield f"The end of the chain was edited: rows after row {count} may be missing."
    elif head.seq > count:
        yield _missing(count + 1, head.seq)
    elif head.seq < count:
        yield f"Rows after row {head.seq} are not part of the chain."
    elif last and last.hash != head.hash:
        yield f"Row {count} is not the row that the chain ended with."


def _missing(first: int, last: int) -> str:
    if last < first:
        return f"Row {first} has a number that is out of order."
    return f"Row {first} is missing." if first == last else f"Rows {first} to {last} are missing."
