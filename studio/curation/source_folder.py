"""A folder tree of pictures with sidecar files: cat.jpg with its caption in cat.txt, or with its fields in cat.json."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from mimetypes import guess_type
from posixpath import dirname, splitext

from safety.errors import FileError
from studio.curation.place import DataPlace
from studio.curation.rows import (
    CAPTION_NAMES,
    MAX_CAPTION_BYTES,
    MAX_PICTURE_BYTES,
    Block,
    Fate,
    Row,
    column_of,
    decoded_text,
)

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif", ".bmp")
SIDECARS = (".txt", ".caption", ".json")
MEDIA, OTHER_MEDIA = ("image/", "video/"), (".heic", ".heif", ".jxl", ".jp2", ".psd", ".dng", ".mkv", ".webm")


@dataclass(frozen=True)
class FolderSource:
    """Pictures in folders. A shard is a folder, an id the path of a picture within the source."""

    place: DataPlace
    block_rows: int
    kind = "folder"

    @cached_property
    def _pictures(self) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
        """Returns the pictures of each folder, each with its sidecar files."""
        names = self.place.files()
        beside = defaultdict(list)
        for name in names:
            stem, suffix = splitext(name)
            if suffix.lower() in SIDECARS:
                beside[stem].append(name)
        folders: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for name in names:
            stem, suffix = splitext(name)
            if suffix.lower() in SUFFIXES:
                # Also as cat.jpg.txt, where two pictures share a stem.
                sidecars = beside.get(name, []) or beside.get(stem, [])
                folders.setdefault(dirname(name), []).append((name, tuple(sorted(sidecars))))
        return folders

    @property
    def shards(self) -> Sequence[str]:
        """Returns the folders that hold pictures."""
        return tuple(self._pictures)

    @property
    def files(self) -> set[str]:
        """Returns the names of all pictures and of their sidecar files."""
        pictures = [picture for pictures in self._pictures.values() for picture in pictures]
        return {name for picture, sidecars in pictures for name in (picture, *sidecars)}

    def shape(self, shard: int) -> str:
        """Returns the names of all pictures of the folder, with those of their sidecar files."""
        return json.dumps(self._pictures[self.shards[shard]])

    def blocks(self, shard: int) -> Iterator[Block]:
        """Yields blocks of so many pictures of a folder."""
        pictures = self._pictures[self.shards[shard]]
        for number, first in enumerate(range(0, len(pictures), self.block_rows)):
            places = tuple(pictures[first : first + self.block_rows])
            yield Block(shard, number, first, len(places), places)

    def read(self, block: Block) -> Iterator[Row]:
        """Yields the pictures of a block with their captions."""
        for offset, (name, sidecars) in enumerate(block.places):
            row = Row(name, block.first + offset)
            try:
                row.picture = self.place.read(name, MAX_PICTURE_BYTES)
                for sidecar in sidecars:
                    self._take_sidecar(row, sidecar)
            except FileError as error:
                row.problem = str(error)
            yield row

    def _take_sidecar(self, row: Row, name: str) -> None:
        data = self.place.read(name, MAX_CAPTION_BYTES)
        if len(data) > MAX_CAPTION_BYTES:
            row.problem = f"The file {name} is longer than {MAX_CAPTION_BYTES:,} bytes."
        elif not name.lower().endswith(".json"):
            row.caption, row.notes = decoded_text(data)
        else:
            fields = json_fields(data)
            if fields is None:
                row.notes += (f"The file {name} is no JSON object.",)
                return
            row.fields = fields
            row.caption = row.caption or fields.get(column_of(tuple(fields), CAPTION_NAMES), "")

    def write(self, shard: int, fates: Sequence[Fate], out: DataPlace) -> None:
        """Copies each picture with its sidecar files."""
        for fate, (name, sidecars) in zip(fates, self._pictures[self.shards[shard]], strict=True):
            if fate is not Fate.LEAVE:
                for each in (name, *sidecars):
                    out.write(f"{fate}/{each}", self.place.read(each, MAX_PICTURE_BYTES))


def is_other_media(name: str) -> bool:
    """Tells whether a file, by its name, holds pictures or films that nothing here can decode (.heic, .jxl, .mp4)."""
    suffix = splitext(name)[1].lower()
    return suffix not in SUFFIXES and (suffix in OTHER_MEDIA or (guess_type(name)[0] or "").startswith(MEDIA))


def json_fields(data: bytes) -> dict[str, str] | None:
    """Returns the fields of a JSON object as text; None for anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return {str(key): as_field(value) for key, value in found.items()} if isinstance(found, dict) else None


def as_field(value: object) -> str:
    """Returns a value of a table as text; "" for none."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return str(value)
