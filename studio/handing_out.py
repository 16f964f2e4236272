"""Hands a picture out: judged, marked, written, put on record; or withholds it, and quarantines it for an appeal.

A near-copy of the picture may be removed after a notice between its judgement and its row. That is asked again in the
transaction that writes the row, so that no removal can miss it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from safety.audit import Case
from safety.audit.case import Question
from safety.errors import RemovedPictureError
from safety.generation import Export, GeneratedPicture, Generation, PictureResult
from safety.marks.export import file_name, provenance_of
from safety.records import Decision, Verdict
from safety.review.quarantine import QuarantinedPicture

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.studio import Studio

# The event of a case: the picture that was judged last is judged anew, since one like it was removed.
REMOVED_SINCE = "removed_since"
MOST_AGAIN = 3  # times that one picture is judged again
Record = Callable[[Export, Question], None]


def judge_picture(studio: Studio, case: Case, generation: Generation, picture: GeneratedPicture) -> Decision:
    """Judges a picture with all checks, puts the decision on record and quarantines a picture that is stopped."""
    decision = studio.look(picture.image, generation.request.mode, picture.prompt)
    case.record_decision(decision)
    if decision.verdict > Verdict.WARN:
        studio.review.appeals.quarantine.put(case.id, QuarantinedPicture(picture, decision, generation.model))
    return decision


def hand_out(
    studio: Studio, case: Case, generation: Generation, result: PictureResult, source: str = "", earlier: bytes = b""
) -> PictureResult:
    """Returns a judged picture with its file, unless it is stopped, or has to be now. Raises ExportError.

    `source` is the stamp of the picture that it was enlarged from, `earlier` that one's credentials. Raises
    RemovedPictureError where it is a near-copy of a removed one and judged to be allowed all the same: by a policy that
    an operator has changed.
    """
    picture, decision, again = result.picture, result.decision, 0
    while decision.verdict <= Verdict.WARN:
        export = write_marked(studio, case.id, generation, picture, source, earlier)
        try:
            put_on_record(studio, export, picture.image, case.record_export)
        except RemovedPictureError:
            # A block may be lifted while the picture is judged again: that is no contradiction yet.
            if (again := again + 1) > MOST_AGAIN:
                raise
            case.record(REMOVED_SINCE)
            decision = judge_picture(studio, case, generation, picture)
        else:
            return PictureResult(picture, decision, export)
    return PictureResult(picture, decision, None)


def write_marked(
    studio: Studio,
    case_id: str,
    generation: Generation,
    picture: GeneratedPicture,
    source: str = "",
    earlier: bytes = b"",
) -> Export:
    """Marks a picture and writes it under the folder of its case. Raises ExportError."""
    provenance = replace(provenance_of(case_id, generation, picture), source=source)
    path = studio.outputs / case_id / file_name(provenance, generation.request.format)
    export = studio.exporter.export(picture.image, provenance, path, earlier)
    studio.pictures.keep(path)
    return export


def put_on_record(studio: Studio, export: Export, image: Image, record: Record) -> None:
    """Has a written file recorded by `record`; deletes it and raises RemovedPictureError where it may not be any more.

    `image` is the picture without marks.
    """
    try:
        record(export, studio.review.blocked.still_free(image, export.descriptor))
    except RemovedPictureError:
        studio.pictures.delete(export.path)
        raise
