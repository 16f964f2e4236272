"""Finds the exports of this studio that are near-copies of a picture, for the reviewer of a notice to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safety.generation import Descriptor
from safety.marks.near_copy import BITS, Nearness, nearest

if TYPE_CHECKING:
    from safety.audit.hash_chain import Entry


@dataclass(frozen=True, slots=True)
class NearExport:
    """Holds one export that looks like a picture: its row, how near it is, and why it is meant.

    `own`: it is the picture itself. `source`: the stamp of the picture that it was enlarged from, where that is one of
    them. `certain`: nobody would call it another picture.
    """

    entry: Entry
    nearness: Nearness
    own: bool = False
    source: str = ""
    certain: bool = False

    @property
    def stamp(self) -> str:
        """Returns the stamp, 16 hex digits."""
        return str(self.entry.stamp)


def descriptors_of(facts: Mapping[str, Any]) -> Iterator[Descriptor]:
    """Yields what an export's row says of the picture: without marks, in all poses, and as it was handed out."""
    if (plain := Descriptor.read(facts.get("descriptor"))) is not None:
        yield plain
    if facts.get("pdq"):
        layout = str(facts.get("pdq_layout", ""))
        yield Descriptor((str(facts["pdq"]),), int(facts.get("pdq_quality", 0)), layout)


def find_near_exports(
    entries: Iterable[Entry], picture: Sequence[Descriptor], stamp: str = ""
) -> dict[str, NearExport]:
    """Returns the exports that look like a picture, by stamp, and those that were enlarged from one of them.

    `picture` is what the picture is known by, `stamp` is its own, "" where it was not made here. `entries` are the rows
    of all exports, oldest first.
    """
    found: dict[str, NearExport] = {}
    for entry in entries:
        facts, own = entry.parse_facts(), entry.stamp == stamp
        source = str(facts.get("source", ""))
        source = source if source in found else ""
        near = nearest(picture, descriptors_of(facts)) if picture else Nearness(BITS)
        if own or source or near.is_near:
            certain = own or near.is_certain or bool(source and found[source].own)
            found[str(entry.stamp)] = NearExport(entry, near, own, source, certain)
    return found


def nearest_export(entries: Iterable[Entry], picture: Descriptor) -> str:
    """Returns the stamp of the export that a picture is a near-copy of, the nearest one; "" for none."""
    found = find_near_exports(entries, [picture])
    near = {stamp: one.nearness for stamp, one in found.items() if one.nearness.is_near}
    return min(near, key=lambda stamp: (not near[stamp].same, near[stamp].bits), default="")
