"""Columns of a table: which hold ids, captions and pictures, and the rows that they make.

A picture that no check would look at is no row's: a row with one in another column has failed, and a table whose
pictures stand in a column of no known name is refused before anything is looked at.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from posixpath import normpath
from typing import Any

from safety.errors import FileError, RequestError
from studio.curation.place import DataPlace
from studio.curation.rows import (
    CAPTION_NAMES,
    ID_NAMES,
    MAX_PICTURE_BYTES,
    PATH_NAMES,
    PICTURE_NAMES,
    Row,
    column_of,
)
from studio.curation.source_folder import SUFFIXES as PICTURE_SUFFIXES
from studio.curation.source_folder import as_field

# What files of pictures begin with, and the same in base64.
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")  # JPEG, PNG, GIF, TIFF
IN_BASE64 = ("/9j/", "iVBORw0KGg", "R0lGOD", "UklGR", "data:image/")
LONGEST_PATH, SHORTEST_PICTURE = 1000, 100  # characters
OUTSIDE = "The picture's path leads out of the folder of the table."


@dataclass(frozen=True, slots=True)
class Columns:
    """Names the columns of a table that a filter reads; "" where there is none."""

    id: str
    caption: str
    picture: str
    path: str

    @classmethod
    def of(cls, names: Sequence[str], asked: Mapping[str, str], table: str) -> Columns:
        """Finds them by their names, or as asked for. Raises RequestError where there is nothing to judge."""
        for name in filter(None, asked.values()):
            if name not in names:
                raise RequestError(f"{table} has no column {name!r}.", f"It has: {', '.join(names)}.")
        found = cls(
            column_of(names, ID_NAMES, asked.get("id", "")),
            column_of(names, CAPTION_NAMES, asked.get("caption", "")),
            column_of(names, PICTURE_NAMES, asked.get("picture", "")),
            column_of(names, PATH_NAMES, asked.get("path", "")),
        )
        if not (found.caption or found.picture or found.path):
            advice = f"Name one: --caption-column NAME. It has: {', '.join(names)}."
            raise RequestError(f"{table} has no column with captions or pictures that is known.", advice)
        return found


def holds_picture(value: object) -> bool:
    """Tells whether a cell holds the bytes of a picture: as such, as base64, or as `datasets` writes them."""
    if isinstance(value, dict):
        held: dict[str, Any] = value
        return holds_picture(held.get("bytes"))
    if isinstance(value, str):
        return value.startswith(IN_BASE64) and len(value) >= SHORTEST_PICTURE
    if not isinstance(value, bytes):
        return False
    if value.startswith(b"RIFF"):
        return value[8:12] == b"WEBP"
    return value.startswith(MAGIC) or value[4:8] == b"ftyp"


def require_known_pictures(columns: Columns, cells: Mapping[str, Any], place: DataPlace, table: str) -> None:
    """Raises RequestError where a table's first record has a picture in a column that would not be looked at."""
    if columns.picture or columns.path:
        return
    for name, value in cells.items():
        if name == columns.caption:
            continue
        if holds_picture(value):
            advice = f"Name it, so that they are looked at: --picture-column {name}."
            raise RequestError(f"{table} has pictures in the column {name!r}, which is no known name.", advice)
        if isinstance(value, str) and _is_path(value) and place.exists(normpath(value)):
            advice = f"Name it, so that they are looked at: --path-column {name}."
            raise RequestError(f"{table} has paths of pictures in the column {name!r}, which is no known name.", advice)


def _is_path(text: str) -> bool:
    """Tells whether a text may be the path of a picture beside the table."""
    is_picture = len(text) <= LONGEST_PATH and "://" not in text and text.lower().endswith(PICTURE_SUFFIXES)
    return is_picture and not normpath(text).startswith(("/", ".."))


class RowReader:
    """Makes rows of the cells of one table."""

    def __init__(self, place: DataPlace, name: str, columns: Columns) -> None:
        self._place, self._name, self._columns = place, name, columns

    def row(self, number: int, cells: Mapping[str, Any], notes: tuple[str, ...] = ()) -> Row:
        """Returns a row of a table."""
        columns = self._columns
        used = (columns.caption, columns.picture)
        fields = {name: as_field(value) for name, value in cells.items() if name not in used}
        id_ = fields.get(columns.id, "") or f"{self._name}#{number}"
        row = Row(id_, number, as_field(cells.get(columns.caption)).strip(), fields=fields, notes=notes)
        unseen = next((name for name, value in cells.items() if name not in used and holds_picture(value)), "")
        try:
            row.picture = self._picture(cells)
            if unseen:
                raise FileError(f"The column {unseen} holds a picture too, and a row is judged by one.")
        except FileError as error:
            row.problem = str(error)
        return row

    def broken(self, number: int, problem: str) -> Row:
        """Returns a row that cannot be read."""
        return Row(f"{self._name}#{number}", number, problem=problem)

    def _picture(self, cells: Mapping[str, Any]) -> bytes | None:
        """Returns the picture's bytes, given as such, as base64 or by a path. Raises FileError where they are not."""
        value, path = cells.get(self._columns.picture), as_field(cells.get(self._columns.path))
        if isinstance(value, dict):
            # As the library `datasets` writes it.
            held: dict[str, Any] = value
            value, path = held.get("bytes"), path or as_field(held.get("path"))
        if isinstance(value, str) and value:
            try:
                return base64.b64decode(value.partition(",")[2] if value.startswith("data:") else value, validate=True)
            except (binascii.Error, ValueError):
                # A column of this name may hold paths.
                path = path or value
        elif value is not None and value != "":
            return bytes(value)
        if path:
            inside = normpath(path)
            if inside.startswith(("/", "..")) or "://" in path:
                raise FileError(OUTSIDE)
            return self._place.read(inside, MAX_PICTURE_BYTES)
        if self._columns.picture or self._columns.path:
            raise FileError("The row has no picture.")
        return None
