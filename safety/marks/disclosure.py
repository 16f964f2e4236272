"""Everything a file reveals about who made it, where, when and with what. Anybody who has the file can read the same.

Nothing is judged here, and nothing is left out but binary values and the hashes of C2PA. A field's group is guessed
from its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from safety.marks.metadata_reader import MetadataFields

MOST = 300  # fields that are passed on
MAX_VALUE = 500  # characters of each
_SILENT = re.compile(
    r"^(hash|pad|alg|icc_profile|exif|jfif.*|dpi|interlace|gamma|chromaticity|transparency|srgb|compression|background|loop|duration)$",
    re.I,
)
_ASSERTION = re.compile(r"^assertions(\[\d+\])?\.")
# The name of a field without its punctuation -> its group. The first that fits counts.
_GROUPS = (
    ("where", r"gps|city|country|location|latitude|longitude|province|sublocation"),
    ("who", r"artist|author|creator$|byline|owner|copyright|credit|issuer|commonname|writer|rights|person|contact|"
            r"producer|signer|provider"),
    ("when", r"date|time|when"),
    ("words", r"prompt|parameter|comment|description|title|caption|workflow|keyword|subject|dream|headline"),
    ("tool", r"make$|model|lens|serial|software|tool|device|host|agent|generator|system|version|firmware"),
)  # fmt: skip


class Group(StrEnum):
    WHO = "who"
    WHERE = "where"
    WHEN = "when"
    WORDS = "words"
    TOOL = "tool"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DisclosedField:
    """One field: where it stands ("EXIF", "XMP", "IPTC", "text", "C2PA"), its name and its value."""

    place: str
    name: str
    value: str
    group: Group


def reveals(fields: MetadataFields, manifest: Mapping[str, Any]) -> tuple[DisclosedField, ...]:
    """`manifest` is the active C2PA manifest as its reader gives it; empty if there is none."""
    places: dict[str, Mapping[str, str]] = {
        "C2PA": {_ASSERTION.sub("", name): value for name, value in _leaves(manifest, "")},
        "XMP": {name.rpartition("}")[2]: value for name, value in fields.xmp.items()},
        "EXIF": fields.exif,
        "IPTC": fields.iim,
        "text": fields.texts,
    }
    found = (
        DisclosedField(place, name, value[:MAX_VALUE], group(name))
        for place, named in places.items()
        for name, value in named.items()
        if value and not _SILENT.match(name.rpartition(".")[2])
    )
    return tuple(one for one, _ in zip(found, range(MOST), strict=False))


def group(name: str) -> Group:
    """By the last part of a field's name."""
    plain = re.sub(r"[^a-z]", "", name.rpartition(".")[2].lower())
    return Group(next((title for title, pattern in _GROUPS if re.search(pattern, plain)), Group.OTHER))


def _leaves(value: object, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every plain value inside JSON by its path of names; lists add a number where they hold several."""
    if depth > 12:
        return
    if isinstance(value, Mapping):
        named = str(value.get("label", "")) if "data" in value else ""
        for key, inner in value.items():
            step = named if named and key == "data" else str(key)
            if not (named and key == "label"):
                yield from _leaves(inner, f"{path}.{step}" if path else step, depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]" if len(value) > 1 else path, depth + 1)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, str(value)
