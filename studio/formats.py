"""Hands out a finished picture in another format: the same marked pixels, with metadata and credentials of their own.

The stamp stays, since it is the same picture; the new credentials name the old ones. Nothing without marks is needed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from safety.audit import AuditLog
from safety.audit.serialize import export_facts
from safety.errors import RequestError
from safety.generation import Export
from safety.marks.export import FORMATS, Exporter, Provenance
from studio.enlarging import source_of

FORMATTED = "formatted"  # the event of a case that says so
GONE = "The file of this picture is gone from the studio's folder."
SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}


def in_format(exporter: Exporter, audit: AuditLog, case: str, export: Export, format: str, folder: Path) -> Export:
    """Writes a case's finished picture in a format into `folder`, and puts that on record.

    Raises RequestError for another format, or where the picture was deleted; ExportError where a mark cannot be read
    back: then nothing is written.
    """
    if format not in SUFFIXES:
        raise RequestError(f"Pictures cannot be written as {format!r}.", f"Choose one of: {', '.join(SUFFIXES)}.")
    if not export.path.is_file():
        raise RequestError(GONE)
    if FORMATS[export.path.suffix.lower()] == FORMATS[SUFFIXES[format]]:
        return export
    rows = audit.show(case)
    opening = rows[0]["facts"]
    model = next((str(row["facts"]["model"]) for row in rows if row["event"] == "generated"), "")
    provenance = Provenance(export.stamp, case, str(opening.get("engine", "")), model, str(opening.get("mode", "")))
    # The words stand in the new file where the person had them written into the first one, and nowhere else.
    provenance = replace(provenance, source=source_of(audit, case), prompt=exporter.written_prompt(export.path))
    made = exporter.reencode(export.path, provenance, folder / export.path.with_suffix(SUFFIXES[format]).name)
    facts = export_facts(made)
    audit.append(case, FORMATTED, {name: facts[name] for name in ("stamp", "sha256", "format") if name in facts})
    return made
