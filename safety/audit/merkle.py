"""Merkle trees over lists of bytes, by RFC 9162 (Certificate Transparency 2.0), section 2.1, with SHA-256.

Leaves and inner nodes are hashed under prefixes of their own, so that no inner node passes for a leaf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """Returns the hash of one leaf: SHA-256 over 0x00 and its bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Returns the hash of an inner node: SHA-256 over 0x01 and the hashes below it."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """Takes leaves one by one and knows the root at any time, from the roots of the perfect trees on its left edge.

    `peaks` are those, the largest first: one for each bit that is set in `size`. Raises ValueError where they are not.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size < 0 or size.bit_count() != len(peaks) or any(len(peak) != HASH_BYTES for peak in peaks):
            raise ValueError("these are not the peaks of a tree of this size")
        self.size, self.peaks = size, list(peaks)

    def push(self, leaf: bytes) -> None:
        """Adds the hash of a leaf at the right."""
        node, size = leaf, self.size
        while size & 1:
            node, size = node_hash(self.peaks.pop(), node), size >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Returns the hash of the whole tree; of an empty one, that of no bytes (RFC 9162, 2.1.1)."""
        if not self.peaks:
            return hashlib.sha256().digest()
        *others, node = self.peaks
        for peak in reversed(others):
            node = node_hash(peak, node)
        return node


class Tree:
    """Holds all levels of a tree, to prove any of its leaves. `leaves` are their hashes, at least one."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(level := self._levels[-1]) > 1:
            above = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
            # The last one of an odd level rises as it is: so the tree is the one that RFC 9162 splits from above.
            self._levels.append(above + level[len(above) * 2 :])

    def root(self) -> bytes:
        """Returns the hash of the whole tree."""
        return self._levels[-1][0]

    def path(self, index: int) -> list[bytes]:
        """Returns the hashes that lead from leaf `index` (from 0) to the root, the lowest first (2.1.3.1)."""
        found = []
        for level in self._levels[:-1]:
            if (beside := index ^ 1) < len(level):
                found.append(level[beside])
            index >>= 1
        return found


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Returns the root of a tree of `size` leaves that a path leads to; None for one of another length (2.1.3.2)."""
    if not 0 <= index < size:
        return None
    node, last = leaf, size - 1
    for beside in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = node_hash(beside, node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = node_hash(node, beside)
        index, last = index >> 1, last >> 1
    return node if last == 0 else None
