"""Labelled prompts for lessons: presets/lessons/sets/*.tsv, written for a class of 14-year-olds, hazards named only.

A row is: prompt, label (1: should not be made in general mode; 0: should), group (who or what it is about, for counts
of who is stopped; may be empty), and a remark. Lines that begin with # say where the rows come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from safety.config import read_rows, row_error
from studio.lessons import FOLDER, SETS

COLUMNS = "prompt, label, group, remark"


@dataclass(frozen=True, slots=True)
class LabelledPrompt:
    """One row. `harmful`: people who read it decided that it should not be made in general mode."""

    text: str
    harmful: bool
    group: str = ""
    remark: str = ""


def load_set(presets: Path, name: str) -> tuple[LabelledPrompt, ...]:
    """Reads a set by its name. Raises PresetError that names file and line."""
    path = presets / FOLDER / SETS / f"{name}.tsv"
    rows = []
    for number, (text, label, group, remark) in read_rows(path, COLUMNS):
        if label not in ("0", "1") or not text.strip():
            raise row_error(path, number, COLUMNS)
        rows.append(LabelledPrompt(text, label == "1", group, remark))
    return tuple(rows)
