"""Takes a notice by somebody who is depicted: reads what was sent, finds the picture here, hands both to a reviewer.

A file from outside is decoded in a worker process under limits. A copy is kept only where the reviewer would have
nothing to look at otherwise, and never where it may show a minor or crosses a hard line: of those, the fingerprint
alone is kept, by which the picture can be blocked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from safety.generation import ExportRecord
from safety.image_io import open_untrusted
from safety.marks.near_copy import describe
from safety.marks.verify import Verification
from safety.policy.model import BASE_MODE
from safety.records import UNCHECKED, Verdict
from safety.review.client import LOCAL
from safety.review.near_exports import nearest_export
from safety.review.notices import NotedPicture, NoticeRequest, SentNotice
from safety.review.rate_limit import VERIFICATION

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.studio import Studio


def send_notice(studio: Studio, request: NoticeRequest, file: bytes = b"", client: str = LOCAL) -> SentNotice:
    """Takes a notice and returns its receipt. `file` is the picture, b"" where a stamp or a link names it.

    Raises RequestError, which names the field at fault, LimitError, FileError, BusyError.
    """
    notices = studio.review.notices
    notices.require_complete(request, bool(file))
    # Before the file is read, which takes time.
    notices.require_room(client)
    if file:
        studio.review.rate_limiter.count(client, VERIFICATION)
    picture = _sent_picture(studio, request, file, client) if file else notices.named_picture(request)
    return notices.submit(request, picture, client)


def _sent_picture(studio: Studio, request: NoticeRequest, file: bytes, client: str) -> NotedPicture:
    image = open_untrusted(file, client)
    record = _record(studio, studio.guard.verify(file, studio.audit, client), image)
    seen = record is not None and bool(studio.pictures.of_stamp(record.case, record.stamp))
    keep = not seen and request.reason != "minor" and _may_be_kept(studio, image)
    return NotedPicture("file", record, image, keep)


def _record(studio: Studio, verification: Verification, image: Image) -> ExportRecord | None:
    """Returns the export that a file is a copy of: by its marks, else by what it looks like; None for none.

    A stamp that was laid on another picture leads to none, and neither does one of ours with another pasted into it:
    the picture that was sent is what the notice is about.
    """
    comparison = verification.comparison
    if verification.record is not None and comparison is not None and comparison.is_unmixed:
        return verification.record
    with studio.audit.read_transaction() as reader:
        stamp = nearest_export(reader.exported(), describe(image))
    return studio.audit.find([stamp], "") if stamp else None


def _may_be_kept(studio: Studio, image: Image) -> bool:
    """Tells whether a copy of a picture may be kept: not where it crosses a hard line, or no check could see it."""
    decision = studio.look(image, BASE_MODE)
    seen = all(reason.category != UNCHECKED for reason in decision.reasons)
    return seen and decision.verdict is not Verdict.HARD_BLOCK
