"""Compares a picture with the export that its stamp names: the same, edited, another one, or too little of it to tell.

A mark can be lifted off one picture and laid on another. The stamp then leads to an export that looks different, and
that is what a fingerprint shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from safety.generation import ExportRecord
from safety.marks import fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.marks.invisible.detect import DecodedMark

WHOLE = (0.93, 1.07)  # share of the recorded picture's area that counts as all of it


class Registry(Protocol):
    """Knows what this studio has exported; the audit log does."""

    def find(self, stamps: Iterable[str], sha256: str) -> ExportRecord | None:
        """The export with this file hash, else the newest with one of these stamps (16 hex digits)."""
        ...


class Similarity(StrEnum):
    """How a file compares with the export on record."""

    FILE = "file"  # byte for byte
    PICTURE = "picture"  # another file of the same picture
    EDITED = "edited"
    ANOTHER = "another"  # the stamp is known, the picture is not its own
    UNCLEAR = "unclear"  # a small part of it, or too plain to tell


@dataclass(frozen=True, slots=True)
class Comparison:
    """`distance`: bits of 256 in which the fingerprints differ; None if they were not compared."""

    match: Similarity
    distance: int | None = None


def compare(image: Image, reading: DecodedMark | None, known: ExportRecord, sha256: str) -> Comparison:
    """`image` is RGB, upright; `reading` its invisible mark, which tells how much of the picture is left."""
    if known.sha256 == sha256:
        return Comparison(Similarity.FILE, 0)
    if known.fingerprint is None:
        return Comparison(Similarity.UNCLEAR)
    far = fingerprint.distance(image, known.fingerprint, reading.geometry.angle if reading else 0.0)
    return Comparison(_match(far, known.fingerprint.quality, _is_whole(image, reading, known)), far)


def _match(far: int, quality: int, whole: bool) -> Similarity:
    if far <= fingerprint.EDITED:
        return Similarity.PICTURE if far <= fingerprint.SAME else Similarity.EDITED
    plain = quality < fingerprint.LEAST_QUALITY
    return Similarity.ANOTHER if whole and not plain and far >= fingerprint.STRANGER else Similarity.UNCLEAR


def _is_whole(image: Image, reading: DecodedMark | None, known: ExportRecord) -> bool:
    """Whether about all of the recorded picture should be there: else a crop would be taken for a stranger."""
    if reading is None:
        return image.size == (known.width, known.height)
    from safety.marks.invisible.detect import unit_of

    tile = reading.geometry.scale * unit_of(image.size) / unit_of((known.width, known.height))
    share = image.width * image.height / (tile**2 * known.width * known.height)
    return WHOLE[0] <= share <= WHOLE[1] and abs(reading.geometry.angle) < 2
