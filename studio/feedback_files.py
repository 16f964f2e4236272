"""Writes people's feedback as files that something may learn from, and puts on record that it went out."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safety.audit.hash_chain import utc_now
from safety.errors import RequestError
from safety.review.feedback_export import REVIEW, FeedbackExport, export_feedback
from safety.review.feedback_rules import load_feedback_rules

if TYPE_CHECKING:
    from safety.audit.database import DatabaseReader
    from studio.studio import Studio

PAIRS, PROMPTS, ABOUT = "pairs.jsonl", "prompts.jsonl", "export.json"
EXPORTED = "feedback_exported"  # the event, in a case of its own


def read_export(studio: Studio) -> FeedbackExport:
    """Returns what would be exported now. Raises AuditError where the record is not whole."""
    return export_feedback(studio.audit, studio.check, load_feedback_rules(studio.presets).damping)


def write_export(studio: Studio, folder: Path) -> dict[str, Any]:
    """Writes pairs.jsonl, prompts.jsonl and export.json into a new folder; returns what export.json holds.

    Raises RequestError for a folder with something in it or that cannot be written, AuditError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(f"{folder} has something in it already.", "Name a folder that is new or empty.")
    export = read_export(studio)
    files = {PAIRS: _lines(export.pairs), PROMPTS: _lines(export.prompts)}
    told = about(export) | {
        "at": utc_now(),
        "policy_version": studio.policy_version,
        "policy_digest": studio.policy_digest,
        "damping": load_feedback_rules(studio.presets).damping.model_dump(),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    files[ABOUT] = (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()
    written = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, data in files.items():
            _write(folder / name, data)
            written.append(folder / name)
        with studio.audit.write_transaction() as writer:
            _require_still_there(writer, export)
            facts = {"pairs": len(export.pairs), "prompts": len(export.prompts), "files": told["files"]}
            writer.append(secrets.token_hex(6), EXPORTED, facts)
    except BaseException as error:
        # Half an export is none, and one that is not on record neither.
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise RequestError(f"{folder} cannot be written: {error.strerror}.", "Name another folder.") from error
        raise
    return told


def _write(path: Path, data: bytes) -> None:
    """Writes a new file that its owner alone may read, whatever the folder allows. Raises OSError."""
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
    except FileExistsError:
        raise
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _require_still_there(reader: DatabaseReader, export: FeedbackExport) -> None:
    """Raises RequestError where somebody took back what is exported after it was read."""
    there = {one.case_id for one in reader.feedback.list()}
    given = {case for row in (*export.pairs, *export.prompts) for case in row.get("feedback", ())}
    decided = {row["case"] for row in export.prompts if row["source"] == REVIEW}
    if not given <= there or not all("appeal" in reader.content_of(case) for case in decided):
        raise RequestError("Somebody took feedback back while it was exported. Nothing was kept.", "Export it again.")


def about(export: FeedbackExport) -> dict[str, Any]:
    """Returns what is told of an export: how much there is, what was left out and why, how far people agree."""
    parts = [row["part"] for row in (*export.pairs, *export.prompts)]
    return {
        "pairs": len(export.pairs),
        "prompts": len(export.prompts),
        "held_out": parts.count("held-out"),
        "agreement": dict(export.agreement),
        "left_out": dict(export.left_out),
        "people_left_out": [row for row in export.people if row["left_out"]],
        "people": len({row["person"] for row in export.people}),
    }


def _lines(rows: Iterable[Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
