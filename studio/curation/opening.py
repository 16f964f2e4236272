"""Finds out which format a source of training data has."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import splitext

from safety.errors import RequestError
from studio.curation.place import DataPlace
from studio.curation.rows import RowSource
from studio.curation.source_folder import SUFFIXES as PICTURE_SUFFIXES
from studio.curation.source_folder import FolderSource
from studio.curation.source_table import SUFFIXES as TABLE_SUFFIXES
from studio.curation.source_table import ParquetSource, TableSource
from studio.curation.source_tar import SUFFIX as TAR_SUFFIX
from studio.curation.source_tar import TarSource

FORMATS = "a folder of pictures, of .tar shards, of .parquet, .csv, .tsv or .jsonl files, or one such file"
PARQUET = ".parquet"


def open_source(address: str, block_rows: int, asked: Mapping[str, str] | None = None) -> RowSource:
    """Returns the source at an address: a folder or a file, as fsspec writes it. Raises RequestError, FileError.

    asked: columns of a table ("id", "caption", "picture", "path") by their names.
    """
    place = DataPlace(address.rstrip("/") if address.strip("/") else address)
    if not place.exists(""):
        raise RequestError(f"There is nothing at {address}.", f"Name {FORMATS}.")
    if place.is_file:
        folder, name = place.parent()
        return _source(folder, (name,), block_rows, asked or {}, address)
    return _source(place, tuple(place.files()), block_rows, asked or {}, address)


def _source(
    place: DataPlace, names: tuple[str, ...], block_rows: int, asked: Mapping[str, str], address: str
) -> RowSource:
    """Returns a source of all files that have the format of most of them."""
    kinds = {
        TAR_SUFFIX: [name for name in names if name.lower().endswith(TAR_SUFFIX)],
        PARQUET: [name for name in names if name.lower().endswith(PARQUET)],
        "table": [name for name in names if name.lower().endswith(TABLE_SUFFIXES) and not name.endswith(PARQUET)],
    }
    kind, found = next(((kind, found) for kind, found in kinds.items() if found), ("", []))
    if kind == TAR_SUFFIX:
        return TarSource(place, tuple(found), block_rows)
    if kind == PARQUET:
        require_arrow()
        return ParquetSource(place, tuple(found), block_rows, asked)
    if kind:
        return TableSource(place, tuple(found), block_rows, asked)
    if any(name.lower().endswith(PICTURE_SUFFIXES) for name in names):
        if len(names) == 1:
            raise RequestError(f"{address} is a picture.", "Name its folder, or judge it with: look FILE")
        return FolderSource(place, block_rows)
    advice = f"Name {FORMATS}."
    if address.lower().endswith(".zip"):
        advice = f"Unpack it, or name a folder in it: zip://FOLDER::{address}"
    raise RequestError(f"{address} holds no training data that is known.", advice)


def unread_files(address: str, source: RowSource) -> dict[str, list[str]]:
    """Returns the files that hold no row of a source, by their endings; a table may name pictures beside it."""
    place = DataPlace(address.rstrip("/") if address.strip("/") else address)
    found: dict[str, list[str]] = {}
    read = source.files if isinstance(source, FolderSource) else set(source.shards)
    named = PICTURE_SUFFIXES if isinstance(source, (TableSource, ParquetSource)) else ()
    for name in [] if place.is_file else place.files():
        if name not in read and not name.lower().endswith(named):
            found.setdefault(splitext(name)[1].lower() or "no ending", []).append(name)
    return found


def require_arrow() -> None:
    """Raises RequestError where pyarrow, which reads and writes parquet, is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401  to see whether it is there
    except ImportError:
        raise RequestError("Filtering needs pyarrow.", "Install it: pip install 'safelight[filter]'") from None
