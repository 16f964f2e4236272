"""Compares a picture with the export that its stamp names, by a fingerprint of what each looks like.

A mark can be lifted off one picture and laid on another. The stamp then leads to an export that looks different, and
that is what a fingerprint shows. It compares one picture with one record, and never searches: that is why
`MAX_EDITED_DISTANCE` far beyond the 31 bits that PDQ's makers advise is sound. The limits are measured by
benchmarks/marks/registry.py; docs/provenance.md has the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from safety.generation import ExportRecord, Fingerprint
from safety.marks.outline import CELLS, MIN_SCORE, MIN_SHARED, Fit, Shades, fit, shades
from safety.perceptual_hash import as_hex, pdq, pdq_poses

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.marks.invisible.detect import DecodedMark

# Distances are bits of 256 that differ.
MAX_SAME_DISTANCE = 31  # new files, other sizes, other formats
MAX_EDITED_DISTANCE = 75  # a text box, a crop of 5 %, a turn of 5 degrees; unrelated pictures start at 84
MIN_OTHER_DISTANCE = 95  # of another picture; in between nothing is said
MIN_QUALITY = 8  # of 100; PDQ asks for 50 to search among millions, flat art has 10 to 60 and compares well
HASH_SIDE = 512  # pixels, as PDQ's authors advise; also keeps large pictures quick
WHOLE_AREA = (0.93, 1.07)  # shares of the recorded picture's area between which it counts as all there
MIN_TURN = 0.5  # degrees; less is left as it is
MAX_ANGLE = 2.0  # degrees; a picture that was turned further has lost its corners


class ExportRegistry(Protocol):
    """Knows what this studio has exported: the audit log, which lies above the marks, or a fake of the tests."""

    def find(self, stamps: Iterable[str], sha256: str) -> ExportRecord | None:
        """Returns the export with this file hash, else the newest with one of these stamps (16 hex digits)."""
        ...


class Similarity(StrEnum):
    """Says how a file compares with the export on record."""

    FILE = "file"  # byte for byte
    PICTURE = "picture"  # another file of the same picture
    EDITED = "edited"
    EXCERPT = "excerpt"  # a part of the picture, or the picture with something round it
    ANOTHER = "another"  # the stamp is known, the picture is not its own
    UNCLEAR = "unclear"  # a small part of it, or too plain to tell


@dataclass(frozen=True, slots=True)
class Comparison:
    """Holds how a file compares with its record, and in how many bits of 256 the fingerprints differ.

    `distance` is None where they were not compared. `likeness` is how well it fits into the outline of the record, at
    most 1; None where that was not needed, or not kept. `shared` is the share of its structured places that look as the
    record does; None where no outline is kept, or both are too plain.
    """

    similarity: Similarity
    distance: int | None = None
    likeness: float | None = None
    shared: float | None = None

    @property
    def agrees(self) -> bool:
        """Tells whether the picture is the one on record, whole or a part of it."""
        return self.similarity not in (Similarity.ANOTHER, Similarity.UNCLEAR)

    @property
    def is_unmixed(self) -> bool:
        """Tells whether nothing of any size was put into or around the picture on record: it, or a part of it alone."""
        if self.similarity is Similarity.FILE:
            return True
        if self.shared is None:
            return self.similarity is Similarity.PICTURE
        return self.agrees and self.shared >= MIN_SHARED


def fingerprint(image: Image) -> Fingerprint:
    """Returns the PDQ fingerprint of an RGB picture of any size."""
    bits, quality = pdq(_reduce(image))
    return Fingerprint(as_hex(bits), quality)


@dataclass(frozen=True, slots=True)
class Appearance:
    """Holds what a picture looks like: its size in pixels, its fingerprints in all poses, 64 hex digits each.

    `shades` is it small and grey, for the outline of a part.
    """

    width: int
    height: int
    hashes: tuple[str, ...]
    shades: Shades | None = None


def appearance(image: Image, mark: DecodedMark | None, size: tuple[int, int]) -> Appearance:
    """Returns what an upright RGB picture looks like, which may be smaller than its original `size`.

    If its mark says that it was turned, it is turned back, too.
    """
    angle = mark.geometry.angle if mark else 0.0
    upright = image.rotate(angle) if abs(angle) > MIN_TURN else image
    return Appearance(*size, tuple(_hashes(image, angle)), shades(upright) if mark else None)


def distance(hashes: Iterable[str], known: Fingerprint) -> int:
    """Returns the least number of bits, 0 to 256, in which one of these fingerprints differs from a known one."""
    return min((int(each, 16) ^ int(known.bits, 16)).bit_count() for each in hashes)


def _hashes(image: Image, angle: float) -> Iterator[str]:
    """Yields the fingerprints of the eight ways to turn and mirror an RGB picture.

    `angle`: by how many degrees it was turned clockwise, as far as its mark tells; that is undone too.
    """
    for picture in [image, image.rotate(angle)] if abs(angle) > MIN_TURN else [image]:
        yield from map(as_hex, pdq_poses(_reduce(picture)))


def compare(seen: Appearance, mark: DecodedMark | None, record: ExportRecord, sha256: str) -> Comparison:
    """Compares what a picture looks like with a record; `mark` is its invisible mark, `sha256` that of its file.

    The mark's geometry tells how much of the picture is left.
    """
    if record.sha256 == sha256:
        return Comparison(Similarity.FILE, 0)
    if record.fingerprint is None:
        return Comparison(Similarity.UNCLEAR)
    bits, place = distance(seen.hashes, record.fingerprint), _fit(seen, mark, record)
    shared = place.shared if place else None
    if place is None or bits <= MAX_EDITED_DISTANCE:
        score = None
    elif place.score >= MIN_SCORE:
        return Comparison(Similarity.EXCERPT, bits, place.score, shared)
    else:
        score = place.score
    whole = _is_whole(seen, mark, record)
    return Comparison(_similarity(bits, record.fingerprint.quality, whole), bits, score, shared)


def _fit(seen: Appearance, mark: DecodedMark | None, record: ExportRecord) -> Fit | None:
    """Returns how a picture fits into the outline of a record, in the size that its mark tells.

    None without a mark, or where no outline is kept.
    """
    if mark is None or seen.shades is None or record.manifest is None or not record.manifest.outline:
        return None
    scale = _relative_scale(seen, mark, record) * seen.shades.width / seen.width
    wider = mark.geometry.stretch**0.5
    cell = (record.width / CELLS * scale * wider, record.height / CELLS * scale / wider)
    return fit(seen.shades, record.manifest.outline, cell, upright=mark.geometry.pose == 0)


def _relative_scale(seen: Appearance, mark: DecodedMark, record: ExportRecord) -> float:
    """Returns the pixels of a picture per pixel of the recorded one, as its mark tells."""
    from safety.marks.invisible.detect import tile_scale

    sizes = (seen.width, seen.height), (record.width, record.height)
    return mark.geometry.scale * tile_scale(sizes[0]) / tile_scale(sizes[1])


def _similarity(bits: int, quality: int, whole: bool) -> Similarity:
    if bits <= MAX_SAME_DISTANCE:
        return Similarity.PICTURE
    if bits <= MAX_EDITED_DISTANCE:
        return Similarity.EDITED
    # A picture without structure, or a part of one, is far from everything, its own record included.
    comparable = whole and quality >= MIN_QUALITY
    return Similarity.ANOTHER if comparable and bits >= MIN_OTHER_DISTANCE else Similarity.UNCLEAR


def _is_whole(seen: Appearance, mark: DecodedMark | None, record: ExportRecord) -> bool:
    """Returns whether about all of the recorded picture should be there: a crop would be taken for another picture."""
    if mark is None:
        return (seen.width, seen.height) == (record.width, record.height)
    scale = _relative_scale(seen, mark, record)
    share = seen.width * seen.height / (scale**2 * record.width * record.height)
    return WHOLE_AREA[0] <= share <= WHOLE_AREA[1] and abs(mark.geometry.angle) < MAX_ANGLE


def _reduce(image: Image) -> Image:
    from PIL import Image as Pillow

    if max(image.size) <= HASH_SIDE:
        return image
    return image.resize((HASH_SIDE, HASH_SIDE), Pillow.Resampling.BOX)
