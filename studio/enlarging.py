"""Finds a finished picture of this studio, on record and on disk, for enlarging: nothing else can be enlarged."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from safety.audit import AuditLog
from safety.audit.hash_chain import EXPORTED
from safety.errors import RequestError
from safety.generation import EnlargeRequest, ExportRecord, GenerationRequest
from safety.marks.finished_pictures import FinishedPictures
from safety.records import Stage, Verdict
from studio.handing_out import REMOVED_SINCE

ENLARGED = "enlarged"  # the event of a case that names where its picture came from
TIMES = (2, 4)
MAX_SIDE = 2048  # pixels of what comes out
STAMP, SHA256 = re.compile(r"[0-9a-f]{16}"), re.compile(r"[0-9a-f]{64}")
# Verdicts on a picture that was handed out for all to see.
MILD = (Verdict.ALLOW.name, Verdict.NOTE.name)
MADE_HERE = "Only pictures that were made here, and are still kept here, can be enlarged."


@dataclass(frozen=True, slots=True)
class Source:
    """Holds a finished picture: its record, the bytes of its file, what was asked for, and the model that drew it."""

    record: ExportRecord
    data: bytes
    request: GenerationRequest
    model: str


def find_source(audit: AuditLog, pictures: FinishedPictures, request: EnlargeRequest, record: ExportRecord) -> Source:
    """Returns the picture of a record, byte for byte as it was handed out. `pictures` are the finished ones.

    Raises RequestError for one that is not kept any more, or too large.
    """
    if request.times not in TIMES:
        raise RequestError(f"A picture cannot be enlarged {request.times} times.", "Choose 2 or 4.")
    width, height = record.width * request.times, record.height * request.times
    if max(width, height) > MAX_SIDE:
        raise RequestError(
            f"{width} x {height} pixels are too many: at most {MAX_SIDE} a side.", "Choose a smaller picture or factor."
        )
    rows = audit.show(record.case)
    opening = rows[0]["facts"]
    made: dict[str, Any] = next(row["facts"] for row in rows if row["event"] == "generated")
    number, verdict = _judgement(rows, record.stamp)
    # Other words than those of the picture would be judged in their place.
    prompt = request.prompt if opening["prompt"] == audit.keys.digest("prompt", request.prompt) else ""
    if not prompt and verdict not in MILD:
        # By the pixels alone it might pass, and show unveiled what was veiled by its words.
        raise RequestError("This picture is veiled or was withheld. It can only be enlarged with its words.", MADE_HERE)
    return Source(
        record=record,
        data=_file(pictures, record),
        request=GenerationRequest(
            prompt,
            **{name: opening[name] for name in ("mode", "engine", "format", "keep_prompt")},
            seed=made["seeds"][min(number, len(made["seeds"]) - 1)],
            width=width,
            height=height,
            language=request.language,
        ),
        model=str(made["model"]),
    )


def source_of(audit: AuditLog, case_id: str) -> str:
    """Returns the stamp of the picture that the one of a case was enlarged from; "" where that was drawn."""
    return next((str(row["facts"]["source"]) for row in audit.show(case_id) if row["event"] == ENLARGED), "")


def record_of(audit: AuditLog, source: str) -> ExportRecord:
    """Returns the record that a stamp or a file's SHA-256 names. Raises RequestError for what was not made here."""
    source = source.lower()
    if not (STAMP.fullmatch(source) or SHA256.fullmatch(source)):
        raise RequestError("A picture is named by its stamp or by the SHA-256 of its file.", "Both are in hex digits.")
    record = audit.find([source], "") if len(source) == 16 else audit.find([], source)
    if record is None or record.declared or not record.width:
        raise RequestError("This studio has not made such a picture.", MADE_HERE)
    return record


def _file(pictures: FinishedPictures, record: ExportRecord) -> bytes:
    """Returns the file of a record: none that was put into its place. Raises RequestError."""
    for path in pictures.of_stamp(record.case, record.stamp):
        try:
            data = path.read_bytes()
        except OSError:
            continue
        if hashlib.sha256(data).hexdigest() == record.sha256:
            return data
    raise RequestError("The picture's file is not kept here any more, or was changed.", MADE_HERE)


def _judgement(rows: Sequence[dict[str, Any]], stamp: str) -> tuple[int, str]:
    """Returns the place of a case's picture among its pictures, and what was decided on it.

    Pictures are judged in the order of their seeds, each before its export. Those that a reviewer let through are
    exported after all of them: what was decided on the last one then counts for each.
    """
    number, verdict = -1, ""
    for row in rows:
        if row["event"] == REMOVED_SINCE:
            # The same picture is judged once more.
            number -= 1
        if row["event"] == "judged" and row["facts"]["stage"] == str(Stage.PICTURE):
            number, verdict = number + 1, str(row["facts"]["verdict"])
        if row["event"] == EXPORTED and row["facts"].get("stamp") == stamp:
            break
    return max(number, 0), verdict
