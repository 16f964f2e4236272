"""Proofs that a case was on record when a root was signed: made here, checked by anybody who has the certificate.

A proof is one JSON text. It shows the rows of one case in full, and of all others only hashes. To check it by other
means: the leaf of a row is SHA-256 over 0x00 and the canonical JSON of `row`; its `path` (RFC 9162, 2.1.3.2) leads to
the root of its partition; the leaf of that end, [partition, rows, hash], leads by its own `path` to the `root` in
`body`; and `signature` is ECDSA with SHA-256 over `body`, by the key of `certificate`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from safety.audit.hash_chain import Entry, canonical
from safety.audit.merkle import Tree, leaf_hash, root_by_path
from safety.audit.partitions import base, partition_of
from safety.audit.roots import FORMAT, End, end_leaf, is_over, leaf_of, read_ends
from safety.errors import AuditError, RequestError

if TYPE_CHECKING:
    from safety.audit.database import DatabaseReader

PROOF_FORMAT = "safelight-proof/1"
MAX_PROOF_BYTES = 4 * 1024 * 1024
IsSigned = Callable[[bytes, str, str], bool]  # data, signature, certificate


@dataclass(frozen=True, slots=True)
class ProvedCase:
    """Holds what a proof shows: the case, its rows as they are stored, and when which root was signed over them."""

    case: str
    rows: tuple[tuple[Any, ...], ...]
    number: int
    time: str


def prove(reader: DatabaseReader, case_id: str) -> str:
    """Returns the proof of a case, by the newest root. Raises RequestError without rows that a root is over."""
    root = reader.roots.newest()
    entries = reader.entries_of(case_id)
    ends = {end[0]: end for end in read_ends(root)} if root else {}
    covered = [entry for entry in entries if entry.seq <= _last(ends.get(partition_of(entry.seq)))]
    if root is None or not covered:
        why = f"No signed root is over the case {case_id[:40]!r} yet, or there is no such case."
        raise RequestError(why, "Sign one now: python app.py audit root.")
    if not is_over(root, ends.values()):
        raise AuditError("The last signed root was changed by hand.", "Run `python app.py audit verify`.")
    proof = {
        "format": PROOF_FORMAT,
        "case": case_id,
        "rows": [row for one in sorted(ends) for row in _row_proofs(reader, ends[one], covered)],
        "ends": _end_proofs(list(ends.values()), {partition_of(entry.seq) for entry in covered}),
        "rows_since": len(entries) - len(covered),
        **{name: getattr(root, name) for name in ("body", "signature", "certificate")},
    }
    return json.dumps(proof, indent=1)


def _last(end: End | None) -> int:
    return base(end[0]) + end[1] if end else -1


def _row_proofs(reader: DatabaseReader, end: End, covered: Sequence[Entry]) -> list[dict[str, Any]]:
    partition, size, hash_ = end
    own = [entry for entry in covered if partition_of(entry.seq) == partition]
    if not own:
        return []
    tree = Tree(map(leaf_of, reader.entries_between(base(partition), base(partition) + size)))
    if tree.root().hex() != hash_:
        raise AuditError("The record is not the one that the root is over.", "Run `python app.py audit verify`.")
    paths = [tree.path(entry.seq - base(partition) - 1) for entry in own]
    return [
        {"row": list(astuple(entry)), "path": [node.hex() for node in path]}
        for entry, path in zip(own, paths, strict=True)
    ]


def _end_proofs(ends: Sequence[End], wanted: set[int]) -> list[dict[str, Any]]:
    tree = Tree(map(end_leaf, ends))
    return [
        {"end": list(end), "index": at, "path": [node.hex() for node in tree.path(at)]}
        for at, end in enumerate(ends)
        if end[0] in wanted
    ]


def check_proof(text: str | bytes, is_signed: IsSigned, certificate: str = "") -> ProvedCase:
    """Returns what a proof shows. Raises RequestError that says what does not hold.

    `certificate` is the one (PEM) that the reader of the proof trusts; without it, the one in the proof is believed.
    Needs neither database nor keys.
    """
    if len(text) > MAX_PROOF_BYTES:
        raise RequestError("This file is too large for a proof.")
    try:
        proof = json.loads(text)
        body = json.loads(proof["body"])
        if proof["format"] != PROOF_FORMAT:
            raise RequestError("This is a proof of a form that is not known here.", "Update Safelight.")
        return _checked(proof, body, is_signed, certificate or proof["certificate"])
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        # An infinite number overflows, and brackets in brackets are read by recursion.
        raise RequestError("This file is no proof, or it is damaged.") from error


def _checked(proof: dict[str, Any], body: dict[str, Any], is_signed: IsSigned, certificate: str) -> ProvedCase:
    if not is_signed(proof["body"].encode(), proof["signature"], certificate):
        raise RequestError("The root is not signed by this certificate.")
    if body["format"] != FORMAT:
        # The same key signs other records as well.
        raise RequestError("What is signed here is no root.")
    sizes: dict[int, End] = {}
    for one in proof["ends"]:
        partition, size, hash_ = one["end"]
        end = (int(partition), int(size), str(hash_))
        if _root(end_leaf(end), one["index"], body["partitions"], one["path"]) != body["root"]:
            raise RequestError(f"The end of partition {partition} does not lead to the root.")
        sizes[end[0]] = end
    rows = [tuple(one["row"]) for one in proof["rows"]]
    for row, one in zip(rows, proof["rows"], strict=True):
        partition, size, hash_ = sizes[partition_of(row[0])]
        leaf = leaf_hash(canonical(list(row)).encode())
        if row[2] != proof["case"] or _root(leaf, row[0] - base(partition) - 1, size, one["path"]) != hash_:
            raise RequestError(f"The row {row[0]} is not the one that the root is over.")
    if not rows:
        raise RequestError("This proof shows no row.")
    return ProvedCase(proof["case"], tuple(rows), int(body["number"]), str(body["time"]))


def _root(leaf: bytes, index: int, size: int, path: Sequence[str]) -> str:
    root = root_by_path(leaf, index, size, [bytes.fromhex(node) for node in path])
    return root.hex() if root else ""
