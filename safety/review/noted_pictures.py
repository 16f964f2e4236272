"""The picture that a notice is about: what there is to be seen of it, and what it is known by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from safety.audit.notice_state import NoticeState
from safety.audit.serialize import parse_content
from safety.errors import FileError, StoreError
from safety.generation import Descriptor
from safety.image_io import open_picture
from safety.marks.finished_pictures import FinishedPictures
from safety.marks.near_copy import describe, nearest
from safety.review import stored_pictures
from safety.review.near_exports import NearExport, descriptors_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.audit.database import DatabaseReader

COPY_SIDE = 256  # pixels of the longer side of a near-copy as reviewers see it
MAX_COPIES = 60  # near-copies on one page


def own_file(kept: FinishedPictures, case_id: str, stamp: str) -> Image | None:
    """Returns a finished picture, RGB; None where it is gone or damaged: that must not keep it from removal."""
    try:
        files = kept.of_stamp(case_id, stamp) if case_id and stamp else []
        return open_picture(files[0].read_bytes()) if files else None
    except (FileError, OSError, StoreError):
        return None


def pictures(
    state: NoticeState, content: Mapping[str, str], kept: FinishedPictures
) -> tuple[stored_pictures.StoredPicture, ...]:
    """Returns the picture of a notice: the file that was made here, else what was sent."""
    image = own_file(kept, state.target, state.stamp)
    if image is not None:
        return (stored_pictures.as_stored(image),)
    return stored_pictures.unpack(content["picture"], {}).pictures if "picture" in content else ()


def copies(found: Iterable[NearExport], kept: FinishedPictures) -> dict[str, stored_pictures.StoredPicture]:
    """Returns near-copies as small pictures, by stamp: the first MAX_COPIES of those whose files can be read."""
    shown: dict[str, stored_pictures.StoredPicture] = {}
    for one in found:
        if len(shown) >= MAX_COPIES:
            break
        image = None if one.own else own_file(kept, one.entry.case_id, one.stamp)
        if image is not None:
            image.thumbnail((COPY_SIDE, COPY_SIDE))
            shown[one.stamp] = stored_pictures.as_stored(image)
    return shown


def descriptors(
    reader: DatabaseReader, state: NoticeState, content: Mapping[str, str], kept: FinishedPictures | None = None
) -> tuple[Descriptor, ...]:
    """Returns what the picture of a notice is known by: its export's row, its file where `kept`, and what was sent.

    The row knows it as it was before its marks, in all poses: so it looks when it is made again. File and what was sent
    are with a label, as copies are that go round. Of a picture that was made here, what was sent counts only where it
    looks like it: of anything else the reviewer has seen nothing.
    """
    found: list[Descriptor] = []
    for entry in reader.exports([state.stamp], "") if state.stamp else []:
        found += descriptors_of(entry.parse_facts())
    image = own_file(kept, state.target, state.stamp) if kept else None
    if image is not None:
        found.append(describe(image))
    sent = _sent(content)
    if sent is not None and (not found or nearest([sent], found).is_near):
        found.append(sent)
    return tuple(found)


def _sent(content: Mapping[str, str]) -> Descriptor | None:
    words = parse_content(content["notice"]) if "notice" in content else {}
    if (one := Descriptor.read(words.get("descriptor"))) is not None:
        return one
    # Kept before colours and quality were.
    return Descriptor(tuple(map(str, words["poses"])), 100) if words.get("poses") else None
