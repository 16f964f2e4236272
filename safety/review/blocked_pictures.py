"""Pictures that were removed after a notice, by what they are known by: near-copies of them are withheld here.

A near-copy (safety/marks/near_copy.py) is what was made again, re-encoded, resized, brightened, mirrored or turned by
right angles; not a large crop, and not a new picture of the same person.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from safety.audit.hash_chain import canonical
from safety.audit.log import AuditLog
from safety.errors import AuditError, RemovedPictureError
from safety.generation import Descriptor, Fingerprint
from safety.marks.near_copy import BITS, STRUCTURED, Nearness, describe, nearest
from safety.records import Finding, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.audit.database import DatabaseReader

BLOCKED = "blocked"  # the kind of content
CATEGORY, SUBCATEGORY = "harassment", "removed"
REMOVED_HERE = "This picture is nearly the same as one that was removed here after a notice."
ASK = "Ask the operator of this studio if that is a mistake."
EVIDENCE = "{distance} of {bits} bits differ from a picture that was removed here after a notice"
Blocks = dict[str, tuple[Descriptor, ...]]  # case of the notice -> what its picture is known by


def pack_block(picture: Sequence[Descriptor]) -> str:
    """Returns what a removed picture is known by as text to be stored; `read_blocks` reads it."""
    return canonical({"descriptors": [one.as_facts() for one in picture]})


def read_blocks(reader: DatabaseReader) -> Blocks:
    """Returns what removed pictures are known by, by the case of the notice. Raises AuditError."""
    found: Blocks = {}
    for case_id, text in reader.content_of_kind(BLOCKED).items():
        try:
            found[case_id] = _unpack(text)
        except (ValueError, TypeError, KeyError) as error:
            # Without it a copy of what was removed would pass.
            advice = f"Restore it from a backup, or lift the block: python app.py notices lift {case_id}."
            raise AuditError(f"The kept fingerprint of notice {case_id} is damaged.", advice) from error
    return found


def is_blocked(blocks: Blocks, picture: Sequence[Descriptor]) -> bool:
    """Tells whether a picture is a near-copy of a removed one."""
    return nearest(picture, (one for known in blocks.values() for one in known)).is_near


def _unpack(text: str) -> tuple[Descriptor, ...]:
    """Returns what `pack_block` has made a text of. Raises ValueError, TypeError or KeyError for anything else."""
    kept = json.loads(text)
    if "descriptors" not in kept:
        # Kept before colours and quality were.
        return (Descriptor(tuple(Fingerprint(bits, 0).bits for bits in kept["poses"]), 100),)
    found = tuple(one for facts in kept["descriptors"] if (one := Descriptor.read(facts)) is not None)
    if not found or len(found) < len(kept["descriptors"]):
        raise ValueError("a descriptor is damaged")
    return found


@dataclass
class BlockedPictures:
    """Knows what removed pictures are known by, as the case store has it now. Many threads may ask at once."""

    audit: AuditLog
    _state: tuple[int, str] = (0, "")
    _known: tuple[Descriptor, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def nearness(self, image: Image) -> Nearness:
        """Returns how near an RGB picture is to the nearest removed one. Raises AuditError."""
        known = self._descriptors()
        return nearest([describe(image)], known) if known else Nearness(BITS)

    def blocks(self, image: Image) -> bool:
        """Tells whether an RGB picture is a near-copy of a removed one. Raises AuditError."""
        return self.nearness(image).is_near

    def require_other(self, *images: Image) -> None:
        """Raises RemovedPictureError where one of these RGB pictures is a near-copy of a removed one, or AuditError."""
        if any(self.blocks(image) for image in images):
            raise RemovedPictureError(REMOVED_HERE, ASK)

    def still_free(self, image: Image, known: Descriptor | None = None) -> Callable[[DatabaseReader], None]:
        """Returns what asks again within the transaction that hands a picture out, since it was judged before.

        It raises RemovedPictureError. `known` is what the picture is known by, where that has been computed already.
        """

        def ask(reader: DatabaseReader) -> None:
            blocks = read_blocks(reader)
            if blocks and is_blocked(blocks, [known or describe(image)]):
                raise RemovedPictureError(REMOVED_HERE, ASK)

        return ask

    def _descriptors(self) -> tuple[Descriptor, ...]:
        # Without a case store nothing was ever removed, and looking begins none.
        if not self.audit.has_begun:
            return ()
        with self._lock, self.audit.read_transaction() as reader:
            state = reader.state_of_kind(BLOCKED)
            if state != self._state:
                self._known = tuple(one for known in read_blocks(reader).values() for one in known)
                self._state = state
            return self._known


@dataclass(frozen=True)
class RemovedPictureCheck:
    """Finds near-copies of removed pictures, mirrored and turned ones too; the score falls from 1 to 0.5."""

    blocked: BlockedPictures
    name: str = "removed pictures"
    live: bool = False

    def detect(self, subject: Picture) -> Iterator[Finding]:
        """Yields a finding where the picture is a near-copy. Raises AuditError: it then could not look."""
        near = self.blocked.nearness(subject.image)
        if near.is_near:
            score = 1.0 - 0.5 * near.bits / STRUCTURED.bits
            yield Finding(self.name, CATEGORY, score, EVIDENCE.format(distance=near.bits, bits=BITS), SUBCATEGORY)
