"""Turns a picture into a finished file: marked, signed, read back, and only then written under its name."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from safety.errors import ExportError, FileError
from safety.generation import Export, GeneratedPicture, Generation, KeptManifest, Stamp
from safety.image_io import as_rgb, open_picture
from safety.marks import MarkReadings, Marks, credentials, metadata, metadata_reader
from safety.marks.colour_layout import colour_layout
from safety.marks.disclosure import DisclosedField, disclosed_fields
from safety.marks.manifest_store import embedded_store
from safety.marks.mark_view import MarkView, mark_view
from safety.marks.near_copy import describe
from safety.marks.outline import outline
from safety.marks.provenance import Provenance
from safety.marks.similarity import fingerprint

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FORMATS", "Exporter", "Provenance", "provenance_of", "file_name", "files_of_stamp"]

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
MAX_UNFINISHED_AGE = 3600.0  # seconds; an older unfinished file can belong to no export that still runs
MIN_SIDE = 64  # pixels; less cannot carry the invisible mark
MAX_SIDE = 16_383  # pixels; more is no WebP
MAX_NAME_WORDS = 80  # bytes of the prompt's words in a file's name


@dataclass(frozen=True, slots=True)
class Exporter:
    """Writes marked files. `marks` applies the marks, and reads them back."""

    marks: Marks

    def export(self, image: Image, provenance: Provenance, path: Path, earlier: bytes = b"") -> Export:
        """Marks a picture of any mode and writes it, 8-bit RGB, to `path`, whose suffix chooses the format.

        `earlier` are the credentials of the file that the picture was taken from, which are kept in the new ones.
        Everything happens in memory and is read back before the file gets its name. Raises ExportError, with nothing
        written, if any mark cannot be read back or the file cannot be written; KeysError if it cannot be signed.
        """
        data, export = self.finished(image, provenance, path, earlier)
        write(path, data)
        return export

    def finished(self, image: Image, provenance: Provenance, path: Path, earlier: bytes = b"") -> tuple[bytes, Export]:
        """Returns the file that `export` would write, and its description. Raises as `export` does."""
        format = _format_of(path)
        if min(image.size) < MIN_SIDE or max(image.size) > MAX_SIDE:
            raise ExportError(
                f"A picture of {image.width} x {image.height} pixels cannot be marked.",
                f"Each side must have {MIN_SIDE} to {MAX_SIDE:,} pixels.",
            )
        data, picture, readings = self._marked(image, format, provenance, earlier)
        export = self._described(path, data, picture, readings, provenance)
        return data, replace(export, descriptor=describe(as_rgb(image)))

    def reencode(self, file: Path, provenance: Provenance, path: Path) -> Export:
        """Writes a finished file of this studio in the format of `path`: the marked pixels stay, the rest is new.

        Raises ExportError, with nothing written, if any mark cannot be read back.
        """
        data = self.marks.reencode(file.read_bytes(), _format_of(path), provenance, datetime.now(UTC))
        export = self._described(path, data, *self._read_back(data, provenance), provenance)
        write(path, data)
        return export

    def reveals(self, path: Path) -> tuple[DisclosedField, ...]:
        """Returns all that a finished file of this studio discloses about who made it."""
        data = path.read_bytes()
        signed = credentials.read(data, *self.marks.reading_keys().signing)
        return disclosed_fields(metadata_reader.read(data), signed.manifest if signed else {})

    @staticmethod
    def _described(path: Path, data: bytes, picture: Image, readings: MarkReadings, provenance: Provenance) -> Export:
        """Describes a file whose marks were read back."""
        return Export(
            path=path,
            stamp=provenance.stamp,
            sha256=hashlib.sha256(data).hexdigest(),
            width=picture.width,
            height=picture.height,
            marks=("visible", *readings.stamps()),
            fingerprint=replace(fingerprint(picture), layout=colour_layout(picture)),
            source=provenance.source,
            manifest=_kept_manifest(data, picture, readings, provenance.stamp),
        )

    def written_prompt(self, path: Path) -> str:
        """Returns the prompt that a finished file of this studio carries; "" for one without."""
        return metadata_reader.read(path.read_bytes()).xmp.get(f"{{{metadata.SAFELIGHT}}}Prompt", "")

    def rehearse(self, *images: Image) -> None:
        """Marks pictures and reads them back, so that all that this takes is loaded. Nothing but keys is written."""
        for image in images:
            self._marked(image, "PNG", Provenance(engine="none"))

    def see_mark(self, image: Image, path: Path) -> MarkView:
        """Returns small views of a picture before and after its invisible mark. `path` is its finished file."""
        return mark_view(self.marks.labelled(as_rgb(image)), open_picture(path.read_bytes()))

    def _marked(
        self, image: Image, format: str, provenance: Provenance, earlier: bytes = b""
    ) -> tuple[bytes, Image, MarkReadings]:
        """Returns the finished file, and the picture and the marks that were read back from it."""
        data = self.marks.apply(as_rgb(image), format, provenance, datetime.now(UTC), earlier)
        return data, *self._read_back(data, provenance)

    def _read_back(self, data: bytes, provenance: Provenance) -> tuple[Image, MarkReadings]:
        """Returns the picture and the marks of the finished file. Raises ExportError for a mark that is not there."""
        try:
            picture = open_picture(data)
            readings = self.marks.read_own(data, picture)
        except FileError as error:
            raise ExportError(f"The finished file cannot be read back: {error}") from error
        if readings.invisible is None or readings.invisible.stamp != provenance.stamp:
            raise ExportError(
                "The invisible mark cannot be read back from the finished file.",
                "Use a larger picture, one with more detail, or another format.",
            )
        credentials = readings.credentials
        if credentials is None or not credentials.valid or credentials.stamp != provenance.stamp:
            problems = ", ".join(credentials.summary.problems) if credentials else "there are none"
            raise ExportError(
                f"The signed credentials cannot be read back ({problems}).",
                "Check this machine's clock; if signing.pem in the keys folder has expired, move it away.",
            )
        if readings.metadata.stamp != provenance.stamp:
            raise ExportError("The metadata cannot be read back.", "Choose another format.")
        return picture, readings


def _kept_manifest(data: bytes, picture: Image, readings: MarkReadings, stamp: Stamp) -> KeptManifest | None:
    """Returns what the registry keeps of a finished file, so that copies without credentials get them back."""
    signed = readings.credentials
    return KeptManifest(str(stamp), signed.id, embedded_store(data), outline(picture)) if signed else None


def provenance_of(case_id: str, generation: Generation, picture: GeneratedPicture) -> Provenance:
    """Returns what the marks of a picture say; the prompt only where the person wants it there."""
    request = generation.request
    return Provenance(
        stamp=Stamp.new(),
        case=case_id,
        engine=request.engine,
        model=generation.model,
        mode=request.mode,
        seed=picture.seed,
        prompt=picture.prompt if request.keep_prompt else "",
        style=request.style,
    )


def file_name(provenance: Provenance, format: str) -> str:
    """Returns a file's name: words of the prompt, or else the mode, then seed, date (UTC) and stamp.

    The words stand there only where the prompt itself may stand in the file. `format`: "png", "jpeg", "webp".
    """
    parts = [_name_words(provenance.prompt) or _name_words(provenance.mode)]
    parts += [] if provenance.seed is None else [str(provenance.seed)]
    parts += [f"{datetime.now(UTC):%Y-%m-%d}", str(provenance.stamp)]
    return "_".join(filter(None, parts)) + (".jpg" if format == "jpeg" else f".{format}")


def files_of_stamp(folder: Path, stamp: object) -> list[Path]:
    """Returns the finished pictures of a folder whose names end in a stamp."""
    return sorted(path for path in folder.glob(f"*{stamp}.*") if path.suffix in FORMATS)


def _name_words(text: str) -> str:
    """Returns the first words of a text as a part of a file's name: letters, digits and marks of any script."""
    plain = "".join(char if category(char)[0] in "LNM" else " " for char in normalize("NFC", text.lower()))
    short, words = "", plain.split()
    for word in words:
        longer = f"{short}-{word}" if short else word
        # In bytes: that is what a folder counts a name's length in.
        if len(longer.encode()) > MAX_NAME_WORDS:
            break
        short = longer
    return short or "".join(words)[: MAX_NAME_WORDS // 4]


def write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all: beside its name, to the disk, read back, renamed. Raises ExportError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if temporary.read_bytes() != data:
            raise ExportError("The disk did not keep what was written.", "Check the disk, or choose another folder.")
        temporary.replace(path)
        _sync_folder(path.parent)
    # A name with a zero in it, or one that this system cannot write, is a ValueError.
    except (OSError, ValueError) as error:
        why = error.strerror or error if isinstance(error, OSError) else error
        raise ExportError(
            f"The picture cannot be written to {str(path)!r}: {why}.",
            "Choose a name of letters and digits, and a folder that you may write to, on a disk with room.",
        ) from error
    finally:
        _discard(temporary)


def remove_unfinished(folder: Path) -> None:
    """Removes what a crash left of unfinished files (marked and signed, but without a name or a record)."""
    for temporary in folder.rglob(".*.part"):
        with suppress(OSError):
            if time.time() - temporary.stat().st_mtime > MAX_UNFINISHED_AGE:
                temporary.unlink()


def _format_of(path: Path) -> str:
    """Returns Pillow's name of the format that the suffix names. Raises ExportError."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise ExportError(f"{path.name!r} names no picture format.", f"End it in {', '.join(FORMATS)}.") from None


def _sync_folder(folder: Path) -> None:
    """Makes the new name last through a power cut, where folders can be opened at all."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _discard(temporary: Path) -> None:
    # The folder itself may be gone or closed to us; the error that led here says so.
    with suppress(OSError, ValueError):
        temporary.unlink(missing_ok=True)
