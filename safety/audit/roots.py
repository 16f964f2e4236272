"""Signed roots: every hour, one hash over all rows of all partitions, under a signature that anybody can check.

The rows of a partition are the leaves of a Merkle tree (RFC 9162), and the ends of all partitions those of another one,
whose root is signed and names the root before. So the loss of the newest rows of a partition, or of a whole one, shows
even where somebody has put back its older end: a root counts more rows than there are. Each root is named by a row of
the chain, so that roots cannot be left out or changed either. Whoever puts back an older copy of the whole database
is found by those who have kept a newer root elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from safety.audit.hash_chain import ChainHead, Entry, Keys, canonical, timestamp, utc_now
from safety.audit.merkle import Frontier, Tree, leaf_hash
from safety.audit.partitions import PARTITION_ROWS, base
from safety.errors import AuditError

if TYPE_CHECKING:
    from safety.audit.database import DatabaseReader
    from safety.audit.log import AuditLog

FORMAT = "safelight-root/1"
# The case that the rows which name roots belong to, and their event.
ROOTS_CASE, ROOT = "roots", "root"
EVERY = timedelta(hours=1)
FIRST = "0" * 64  # what the first root names as the one before it
End = tuple[int, int, str]  # partition, how many of its rows, hash of the tree over them


@dataclass(frozen=True, slots=True)
class SignedRoot:
    """Holds one root as it is stored.

    `body` is what is signed, canonical JSON; `signature` base64 over it; `certificate` PEM. `ends` and `peaks` are
    JSON, too: what the root is over, [partition, rows, hash] each, and each partition's frontier, by which the next
    root needs no old rows. Neither is believed where it does not lead to the root.
    """

    number: int
    time: str
    body: str
    signature: str
    certificate: str
    ends: str
    peaks: str

    def facts(self) -> dict[str, Any]:
        """Returns what the body says; an empty dictionary where somebody made it unreadable."""
        try:
            return dict(json.loads(self.body))
        except (ValueError, TypeError, RecursionError):
            return {}


class RootSigner(Protocol):
    """Signs roots, and checks such signatures."""

    def sign(self, data: bytes) -> tuple[str, str]:
        """Returns the signature over some bytes, base64, and the certificate of its key, PEM. Raises KeysError."""

    def is_signed(self, data: bytes, signature: str, certificate: str) -> bool:
        """Tells whether a signature was made over some bytes with the key of a certificate."""


def leaf_of(entry: Entry) -> bytes:
    """Returns the hash of a row as a leaf: over all of its columns, its keyed hash included.

    That one is known only to whoever has the row: a leaf gives nothing away about a row that is not shown.
    """
    return leaf_hash(canonical(list(astuple(entry))).encode())


def end_leaf(end: End) -> bytes:
    """Returns the hash of the end of a partition as a leaf."""
    return leaf_hash(canonical(list(end)).encode())


def digest_of(root: SignedRoot | None) -> str:
    """Returns what the next root, and a row of the chain, name a root by."""
    return _digest(root.body) if root else FIRST


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def write_root(audit: AuditLog, signer: RootSigner, least_age: timedelta) -> SignedRoot | None:
    """Signs a root over all rows and puts it on record; returns it.

    Returns None where nothing has come since the last root, where that one is younger than `least_age`, or where
    another process writes one at this moment. Raises KeysError; AuditError where the last root was changed by hand, or
    rows are missing.
    """
    # Read beforehand: nobody has to wait for a long tree.
    with audit.read_transaction() as reader:
        last = reader.roots.newest()
        if last and _is_younger(last, least_age):
            return None
        frontiers, news = _frontiers(reader, last)
    if not news:
        return None
    root = _signed(last, frontiers, signer)
    with audit.write_transaction(patient=True) as writer:
        if digest_of(writer.roots.newest()) != digest_of(last):
            return None
        writer.roots.add(root)
        facts = {"number": root.number, "digest": digest_of(root), "certificate": _digest(root.certificate)}
        writer.append(ROOTS_CASE, ROOT, facts)
    return root


def _is_younger(root: SignedRoot, age: timedelta) -> bool:
    # One from the future is of a clock that was set back since: nobody may wait for that day without a root.
    now = datetime.now(UTC)
    return timestamp(now - age) < root.time < timestamp(now + age)


def _frontiers(reader: DatabaseReader, last: SignedRoot | None) -> tuple[dict[int, Frontier], bool]:
    """Returns the frontier of each partition, and whether anything has come but the row that names the last root."""
    frontiers, news = _known_frontiers(last), False
    for partition, head in reader.chain_heads().items():
        frontier = frontiers.setdefault(partition, Frontier())
        for entry in reader.entries_between(base(partition) + frontier.size, head.seq):
            frontier.push(leaf_of(entry))
            news = news or entry.event != ROOT
        if base(partition) + frontier.size != head.seq:
            # A root over what is left would be signed evidence of a record that is not whole.
            raise AuditError("Rows are missing: no root is signed over the rest.", "Run `python app.py audit verify`.")
    return frontiers, news


def _known_frontiers(last: SignedRoot | None) -> dict[int, Frontier]:
    """Returns the frontiers that the last root left. Raises AuditError where they do not lead to it."""
    if last is None:
        return {}
    try:
        peaks = json.loads(last.peaks)
        ends = read_ends(last)
        frontiers = {one: Frontier(size, [bytes.fromhex(peak) for peak in peaks[str(one)]]) for one, size, _ in ends}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        frontiers, ends = {}, []
    if any(frontiers[one].root().hex() != hash_ for one, _, hash_ in ends) or not is_over(last, ends):
        raise AuditError("The last signed root was changed by hand.", "Run `python app.py audit verify`.")
    return frontiers


def _signed(last: SignedRoot | None, frontiers: Mapping[int, Frontier], signer: RootSigner) -> SignedRoot:
    ends = [(one, frontier.size, frontier.root().hex()) for one, frontier in sorted(frontiers.items())]
    number, time = (last.number if last else 0) + 1, utc_now()
    body = canonical(
        {
            "format": FORMAT,
            "number": number,
            "time": time,
            "partitions": len(ends),
            "rows": sum(size for _, size, _ in ends),
            "root": Tree(map(end_leaf, ends)).root().hex(),
            "previous": digest_of(last),
        }
    )
    peaks = {str(one): [peak.hex() for peak in frontier.peaks] for one, frontier in frontiers.items()}
    signature, certificate = signer.sign(body.encode())
    return SignedRoot(number, time, body, signature, certificate, canonical(ends), canonical(peaks))


def read_ends(root: SignedRoot) -> list[End]:
    """Returns what a root says it is over; nothing where somebody made that unreadable."""
    try:
        return [(int(partition), int(size), str(hash_)) for partition, size, hash_ in json.loads(root.ends)]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return []


def is_over(root: SignedRoot, ends: Iterable[End]) -> bool:
    """Tells whether a root is the one over these ends."""
    leaves, facts = list(ends), root.facts()
    told = (facts.get("partitions"), facts.get("rows"), facts.get("root"))
    found = (
        len(leaves),
        sum(size for _, size, _ in leaves),
        Tree(map(end_leaf, leaves)).root().hex() if leaves else "",
    )
    return bool(leaves) and told == found


# ---- what `audit verify` finds ----


def root_problems(
    reader: DatabaseReader, heads: Mapping[int, ChainHead], keys: Keys, signer: RootSigner | None
) -> Iterator[str]:
    """Yields what is wrong with the signed roots, a sentence each. Without a signer, no signature is looked at."""
    named = dict(_named(reader, keys))
    last: SignedRoot | None = None
    wanted: dict[int, dict[int, list[tuple[int, str]]]] = {}
    for root in reader.roots.all():
        expected = last.number + 1 if last else 1
        if root.number != expected:
            yield f"Root {expected} is missing."
        yield from _problems_of(root, last, named.pop(root.number, {}), signer)
        for partition, size, hash_ in read_ends(root):
            wanted.setdefault(partition, {}).setdefault(size, []).append((root.number, hash_))
        last = root
    yield from (f"Root {number} is missing." for number in sorted(named) if number > (last.number if last else 0))
    for partition, sizes in sorted(wanted.items()):
        yield from _tree_problems(reader, partition, sizes, partition in heads)


def _named(reader: DatabaseReader, keys: Keys) -> Iterator[tuple[int, dict[str, Any]]]:
    for entry in reader.entries_of(ROOTS_CASE):
        facts = entry.parse_facts()
        if entry.event == ROOT and keys.is_genuine(entry):
            yield facts.get("number", 0), facts


def _problems_of(
    root: SignedRoot, last: SignedRoot | None, named: Mapping[str, Any], signer: RootSigner | None
) -> Iterator[str]:
    facts, certificate = root.facts(), _digest(root.certificate)
    if facts.get("number") != root.number or named.get("digest") != digest_of(root):
        yield f"Root {root.number} was edited, moved or put in by hand."
    elif facts.get("previous") != digest_of(last):
        yield f"Root {root.number} does not follow root {root.number - 1}."
    # The first roots were named without their certificate.
    if named.get("certificate", certificate) != certificate:
        yield f"Root {root.number} has another certificate than it was signed by."
    if signer and not signer.is_signed(root.body.encode(), root.signature, root.certificate):
        yield f"Root {root.number} is not signed by its certificate."
    if not is_over(root, read_ends(root)):
        yield f"Root {root.number} is not over the partitions that are kept with it."


def _tree_problems(
    reader: DatabaseReader, partition: int, sizes: Mapping[int, list[tuple[int, str]]], there: bool
) -> Iterator[str]:
    """Yields a sentence for each root that the rows of a partition do not lead to."""
    name, last = f"partition {partition}" if partition else "the chain", max(sizes)
    frontier = Frontier()
    left = dict(sizes)
    if there:
        for number, hash_ in left.pop(0, []):
            if hash_ != frontier.root().hex():
                yield f"Root {number} is not over the rows of {name}."
        # No partition has more rows, and no database numbers, whatever somebody wrote there.
        for entry in reader.entries_between(base(partition), base(partition) + min(last, PARTITION_ROWS)):
            frontier.push(leaf_of(entry))
            for number, hash_ in left.pop(frontier.size, []):
                if hash_ != frontier.root().hex():
                    yield f"Root {number} is not over the rows of {name}: some were changed since."
    for size, roots in sorted(left.items()):
        for number, _ in roots:
            yield f"Root {number} is over {size} rows of {name}, of which {frontier.size} are left."
