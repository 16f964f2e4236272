"""Reads directories of tags as TIFF 6.0 lays them out, in EXIF blocks and in TIFF files, within bounds.

Entries only point at their values, and thousands may point at the same ones: no value is longer than `MAX_VALUE`, all
together no longer than `MAX_VALUES`, and none is read that was not asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_ENTRIES = 400  # of one directory
MAX_VALUE = 500_000  # bytes of one value
MAX_VALUES = 2_000_000  # bytes of all values of a block
# Numbers of the field types: bytes, and the code of struct; rationals are pairs.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_CODES = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"}
TEXT, RAW = 2, 7
MAX_NUMBERS = 20  # of one value that are read as numbers


@dataclass(frozen=True, slots=True)
class TagEntry:
    """Holds one entry of a directory: where its `count` values of a `type` stand in the block."""

    tag: int
    type: int
    count: int
    place: int

    @property
    def size(self) -> int:
        """Returns how many bytes the entry claims."""
        return self.count * _SIZES.get(self.type, 0)


class Directories:
    """Reads directories of one block. What is out of bounds is not there; nothing raises."""

    def __init__(self, block: bytes) -> None:
        self._block, self._budget = block, MAX_VALUES
        self.order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4], "")
        self.first = self._unpack("I", 4)[0] if self.order and len(block) >= 8 else 0

    def entries(self, place: int, most: int = MAX_ENTRIES) -> Iterator[TagEntry]:
        """Yields the entries of the directory at a place in the block."""
        if not self.order or not 0 < place <= len(self._block) - 2:
            return
        count = self._unpack("H", place)[0]
        for start in range(place + 2, min(place + 2 + 12 * min(count, most), len(self._block) - 11), 12):
            tag, type_, values = self._unpack("HHI", start)
            entry = TagEntry(tag, type_, values, start + 8)
            if entry.size > 4:
                entry = TagEntry(tag, type_, values, self._unpack("I", start + 8)[0])
            if type_ in _SIZES and entry.place + entry.size <= len(self._block):
                yield entry

    def next(self, place: int) -> int:
        """Returns where the directory after the one at `place` is; 0 if there is none."""
        if not 0 < place <= len(self._block) - 2:
            return 0
        end = place + 2 + 12 * int(self._unpack("H", place)[0])
        return int(self._unpack("I", end)[0]) if end + 4 <= len(self._block) else 0

    def raw(self, entry: TagEntry) -> bytes:
        """Returns the bytes of a value, as many of them as the bounds leave."""
        size = min(entry.size, MAX_VALUE, self._budget)
        self._budget -= size
        return self._block[entry.place : entry.place + size]

    def numbers(self, entry: TagEntry) -> list[float]:
        """Returns the first numbers of a value; rationals as their quotient."""
        code = _CODES.get(entry.type)
        if code is None:
            return []
        count = min(entry.count, MAX_NUMBERS)
        values = self._unpack(code * count, entry.place)
        if len(code) == 1:
            return list(values)
        return [above / below if below else 0.0 for above, below in zip(values[::2], values[1::2], strict=True)]

    def _unpack(self, code: str, place: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + code, self._block, place)


def orientation(block: bytes) -> int:
    """Returns how an EXIF block says that its picture lies, 1 (upright) to 8; reads that one tag."""
    tags = Directories(block)
    for entry in tags.entries(tags.first):
        if entry.tag == 0x0112 and entry.count and (numbers := tags.numbers(entry)):
            return int(numbers[0]) if numbers[0] in range(1, 9) else 1
    return 1
