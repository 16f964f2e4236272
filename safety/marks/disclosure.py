"""Lists everything that a file discloses about who made it, where, when and with what, as anybody can read it.

Nothing is judged here, and nothing is left out but binary values and the hashes of C2PA. A field's group is guessed
from its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

from safety.marks.metadata_reader import MetadataFields

MAX_FIELDS = 300
MAX_VALUE = 500  # characters of each
MAX_DEPTH = 12  # of nested values in a manifest
# Last parts of names whose values say nothing about anybody.
_TECHNICAL = re.compile(
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


class FieldGroup(StrEnum):
    """Says what a disclosed field is about."""

    WHO = "who"
    WHERE = "where"
    WHEN = "when"
    WORDS = "words"
    TOOL = "tool"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DisclosedField:
    """Holds one field: where it stands ("C2PA", "XMP", "EXIF", "IPTC", "text"), its name and its value."""

    place: str
    name: str
    value: str
    group: FieldGroup


def disclosed_fields(fields: MetadataFields, manifest: Mapping[str, Any]) -> tuple[DisclosedField, ...]:
    """Returns the fields of a file, at most `MAX_FIELDS`, those of the manifest first.

    `manifest` is the active C2PA manifest as its reader gives it; empty if there is none.
    """
    places: dict[str, Mapping[str, str]] = {
        "C2PA": {_ASSERTION.sub("", name): value for name, value in _leaves(manifest, "")},
        "XMP": {name.rpartition("}")[2]: value for name, value in fields.xmp.items()},
        "EXIF": fields.exif,
        "IPTC": fields.iim,
        "text": fields.texts,
    }
    disclosed = (
        DisclosedField(place, name, value[:MAX_VALUE], group_of(name))
        for place, values in places.items()
        for name, value in values.items()
        if value and not _TECHNICAL.match(name.rpartition(".")[2])
    )
    return tuple(islice(disclosed, MAX_FIELDS))


def group_of(name: str) -> FieldGroup:
    """Guesses the group of a field from the last part of its name."""
    plain = re.sub(r"[^a-z]", "", name.rpartition(".")[2].lower())
    return FieldGroup(next((group for group, pattern in _GROUPS if re.search(pattern, plain)), FieldGroup.OTHER))


def _leaves(value: object, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yields every plain value inside JSON with its path of names; lists add a number where they hold several."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        # An assertion of C2PA is a label and its data: the label becomes the name of the data.
        label = str(value.get("label", "")) if "data" in value else ""
        for key, inner in value.items():
            step = label if label and key == "data" else str(key)
            if not (label and key == "label"):
                yield from _leaves(inner, f"{path}.{step}" if path else step, depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{number}]" if len(value) > 1 else path, depth + 1)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, str(value)
