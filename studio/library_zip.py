"""Pictures of a library in one file: the marked files as they are, and what is known of each."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from safety.errors import RequestError
from studio.library import Library

if TYPE_CHECKING:
    from safety.audit.library_table import LibraryEntry

IN_MEMORY = 32 * 1024 * 1024  # bytes; a larger file is put together on disk
MAX_BYTES = 1024 * 1024 * 1024
VEILED = "It is veiled: reveal it first."


def zip_of(library: Library, entries: Sequence[LibraryEntry]) -> IO[bytes]:
    """Returns a ZIP file of pictures with a manifest.json, at its beginning. Raises RequestError where it has none.

    A veiled picture, and one whose file is gone or changed, is left out; the manifest says which and why.
    """
    out = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  handed to the caller
    try:
        _fill(out, library, entries)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def _fill(out: IO[bytes], library: Library, entries: Sequence[LibraryEntry]) -> None:
    pictures: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    size = 0
    # Pictures are compressed already.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            try:
                data = _file(library, entry)
            except RequestError as error:
                left_out.append({"stamp": entry.stamp, "why": error.sentence})
                continue
            size += len(data)
            if size > MAX_BYTES:
                raise RequestError("These pictures are more than 1 GB.", "Choose fewer.")
            name = PurePosixPath(entry.path).name
            archive.writestr(name, data)
            pictures.append({"file": name, **facts_of(library, entry)})
        if not pictures:
            raise RequestError(left_out[0]["why"] if left_out else "None of these pictures is in your library.")
        about = {"made_by": "AI, with Safelight", "pictures": pictures, "left_out": left_out}
        archive.writestr("manifest.json", json.dumps(about, indent=1, ensure_ascii=False))


def _file(library: Library, entry: LibraryEntry) -> bytes:
    if entry.veiled:
        raise RequestError(VEILED)
    return library.file(entry)


def facts_of(library: Library, entry: LibraryEntry) -> dict[str, Any]:
    """Returns what a manifest says of one picture; its words where they are kept."""
    names = ("stamp", "sha256", "case_id", "time", "verdict", "folder", "width", "height")
    facts = {name: getattr(entry, name) for name in names} | {"favourite": entry.favourite}
    return facts | {"settings": library.wish(entry)}
