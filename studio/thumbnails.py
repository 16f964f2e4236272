"""Small pictures for the library: made once of a marked file, and kept beside it. A veiled one shows colours only."""

from __future__ import annotations

import io
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from safety.generation import Stamp
from safety.marks.metadata import packet
from safety.marks.provenance import Provenance
from safety.review.retention import thumbnail_path
from studio.library import Library

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.audit.library_table import LibraryEntry

SIDE = 320  # pixels, the longer one
VEIL_SIDE = 12  # pixels: too few to show what the picture shows
QUALITY = 74


def thumbnail(library: Library, entry: LibraryEntry) -> bytes:
    """Returns a small WebP of a picture. Raises RequestError where its file is gone or is not the one made here."""
    path = thumbnail_path(library.pictures.folder, entry.stamp)
    if not entry.veiled and path.is_file() and library.pictures.has(library.path(entry)):
        return path.read_bytes()
    data = _small(library.file(entry), entry)
    if not entry.veiled:
        _keep(path, data)
    return data


def _small(file: bytes, entry: LibraryEntry) -> bytes:
    """Returns the small copy: it has the visible label of its picture, and says in its metadata what it is."""
    from PIL import Image as Pillow

    with Pillow.open(io.BytesIO(file)) as opened:
        image: Image = opened.convert("RGB")
    side = VEIL_SIDE if entry.veiled else SIDE
    image.thumbnail((side, side))
    facts = Provenance(stamp=Stamp(int(entry.stamp, 16)), engine=entry.engine)
    memory = io.BytesIO()
    image.save(memory, "WEBP", quality=QUALITY, method=2, xmp=packet(facts, datetime.fromisoformat(entry.time)))
    return memory.getvalue()


def _keep(path: Path, data: bytes) -> None:
    """Writes the copy whole. Where it cannot be kept it is made again the next time."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
