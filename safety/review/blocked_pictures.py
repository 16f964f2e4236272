"""Pictures that were removed after a notice, by their fingerprints: near-copies of them are withheld here.

A fingerprint (PDQ, safety/marks/similarity.py) finds what was re-encoded, resized, brightened, mirrored or turned by
right angles; not a large crop, and not a new picture of the same person.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from safety.audit.log import AuditLog
from safety.errors import AuditError, RequestError
from safety.generation import Fingerprint
from safety.marks.similarity import MAX_SAME_DISTANCE, MIN_QUALITY, fingerprint
from safety.records import Finding, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.audit.database import DatabaseReader
    from safety.audit.hash_chain import Entry

BLOCKED = "blocked"  # the kind of content
CATEGORY, SUBCATEGORY = "harassment", "removed"
BITS = 256
REMOVED_HERE = "This picture is nearly the same as one that was removed here after a notice."
EVIDENCE = "{distance} of {bits} bits differ from a picture that was removed here after a notice"


def poses_of(image: Image) -> tuple[str, ...]:
    """Returns the fingerprints of an RGB picture in its eight poses (right angles, mirrored), 64 hex digits each.

    Of the picture itself first. Each is taken of the turned pixels: those that PDQ derives from one hash are up to 52
    bits off, more than a search allows.
    """
    from PIL.Image import Transpose

    return (fingerprint(image).bits, *(fingerprint(image.transpose(turn)).bits for turn in Transpose))


def blockable_poses(image: Image) -> tuple[str, ...]:
    """Returns `poses_of` an RGB picture; none for one that is too plain to be told from others by them."""
    return poses_of(image) if fingerprint(image).quality >= MIN_QUALITY else ()


def nearest(poses: Iterable[str], known: Iterable[str]) -> int:
    """Returns the least number of bits in which one of `poses` differs from one of `known`; BITS where one is empty."""
    numbers = [int(each, 16) for each in poses]
    return min(((mine ^ int(each, 16)).bit_count() for each in known for mine in numbers), default=BITS)


def near_copies(entries: Iterable[Entry], poses: Iterable[str], stamp: str = "") -> dict[str, Entry]:
    """Returns the exports that look like a picture, by stamp, and those that were enlarged from one of them.

    `poses` are the picture's fingerprints, `stamp` is its own, "" where it was not made here. `entries` are the rows of
    all exports, oldest first.
    """
    found: dict[str, Entry] = {}
    mine = tuple(poses)
    for entry in entries:
        facts, own = entry.parse_facts(), str(entry.stamp)
        bits = str(facts.get("pdq", ""))
        plain = int(facts.get("pdq_quality", 0)) < MIN_QUALITY
        alike = bool(bits) and not plain and nearest(mine, [bits]) <= MAX_SAME_DISTANCE
        if alike or own == stamp or facts.get("source") in found:
            found[own] = entry
    return found


@dataclass
class BlockedPictures:
    """Knows the fingerprints of removed pictures, as the case store has them now. Many threads may ask at once."""

    audit: AuditLog
    _state: tuple[int, str] = (0, "")
    _known: tuple[str, ...] = ()  # 64 hex digits each
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def distance(self, image: Image) -> int:
        """Returns in how many of 256 bits an RGB picture differs from the nearest removed one. Raises AuditError."""
        known = self._fingerprints()
        return nearest([fingerprint(image).bits], known) if known else BITS

    def blocks(self, image: Image) -> bool:
        """Tells whether an RGB picture is a near-copy of a removed one. Raises AuditError."""
        return self.distance(image) <= MAX_SAME_DISTANCE

    def require_other(self, *images: Image) -> None:
        """Raises RequestError where one of these RGB pictures is a near-copy of a removed one. Raises AuditError."""
        if any(self.blocks(image) for image in images):
            raise RequestError(REMOVED_HERE, "Ask the operator of this studio if that is a mistake.")

    def _fingerprints(self) -> tuple[str, ...]:
        # Without a case store nothing was ever removed, and looking begins none.
        if not self.audit.has_begun:
            return ()
        with self._lock, self.audit.read_transaction() as reader:
            state = reader.state_of_kind(BLOCKED)
            if state != self._state:
                self._known, self._state = _read(reader), state
            return self._known


def _read(reader: DatabaseReader) -> tuple[str, ...]:
    """Returns the fingerprints of all removed pictures, each in its poses. Raises AuditError."""
    found = []
    for case_id, text in reader.content_of_kind(BLOCKED).items():
        try:
            found += [Fingerprint(bits, 0).bits for bits in json.loads(text)["poses"]]
        except (ValueError, TypeError, KeyError) as error:
            # Without it a copy of what was removed would pass.
            advice = f"Restore it from a backup, or lift the block: python app.py notices lift {case_id}."
            raise AuditError(f"The kept fingerprint of notice {case_id} is damaged.", advice) from error
    return tuple(found)


@dataclass(frozen=True)
class RemovedPictureCheck:
    """Finds near-copies of removed pictures, mirrored and turned ones too; the score falls from 1 to 0.5."""

    blocked: BlockedPictures
    name: str = "removed pictures"
    live: bool = False

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields a finding where the picture is a near-copy. Raises AuditError: it then could not look."""
        distance = self.blocked.distance(subject.image)
        if distance <= MAX_SAME_DISTANCE:
            score = 1.0 - 0.5 * distance / MAX_SAME_DISTANCE
            yield Finding(self.name, CATEGORY, score, EVIDENCE.format(distance=distance, bits=BITS), SUBCATEGORY)
