"""WebDataset: tar files whose members belong together by name, 000123.jpg, 000123.txt and 000123.json.

Python's tarfile reads them, not the package webdataset: a filter needs each member's place, to read a block without the
rest of its shard, and every broken member told apart, which that package skips.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from safety.errors import FileError
from studio.curation.place import DataPlace
from studio.curation.rows import (
    CAPTION_NAMES,
    MAX_CAPTION_BYTES,
    MAX_PICTURE_BYTES,
    Block,
    Fate,
    Row,
    blocks_from,
    column_of,
    decoded_text,
)
from studio.curation.source_folder import SUFFIXES, is_other_media, json_fields

SUFFIX = ".tar"
CAPTIONS = ("txt", "caption", "text")
PICTURES = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)
GZIP = b"\x1f\x8b\x08"
PACKED = "The archive is compressed, which shards of WebDataset are not. Unpack it: gunzip."
BROKEN = "The archive is damaged or cut off here: what follows in it cannot be read."


@dataclass(slots=True)
class TarSample:
    """Members of one key that follow each other. `problem` stands for the unreadable rest of a shard."""

    key: str
    start: int
    members: list[tarfile.TarInfo] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True)
class TarSource:
    """Shards of WebDataset. An id is shard and key: "00000.tar/000000123"."""

    place: DataPlace
    names: tuple[str, ...]
    block_rows: int
    kind = "webdataset"

    @property
    def shards(self) -> Sequence[str]:
        """Returns the names of the tar files."""
        return self.names

    def shape(self, shard: int) -> str:
        """Returns how many bytes the file has."""
        return str(self.place.size(self.names[shard]))

    def blocks(self, shard: int) -> Iterator[Block]:
        """Yields blocks of so many samples; where each begins in the file is its place."""
        with self.place.reading(self.names[shard]) as file:
            yield from blocks_from((sample.start for sample in samples(file)), shard, self.block_rows)

    def read(self, block: Block) -> Iterator[Row]:
        """Yields the samples of a block."""
        name = self.names[block.shard]
        with self.place.reading(name) as file:
            for offset, sample in zip(range(block.rows), samples(file, block.places[0]), strict=False):
                row = Row(f"{name}/{sample.key or '(rest)'}", block.first + offset, problem=sample.problem)
                for member in sample.members:
                    _take_member(row, sample.key, member, file)
                yield row

    def write(self, shard: int, fates: Sequence[Fate], out: DataPlace) -> None:
        """Writes a tar file of what is kept, and one of what is set aside, under the shard's own name."""
        for fate in (Fate.KEEP, Fate.SET_ASIDE):
            if fate in fates:
                self._copy(self.names[shard], [each is fate for each in fates], out.within(fate))

    def _copy(self, name: str, wanted: Sequence[bool], out: DataPlace) -> None:
        with (
            self.place.reading(name) as file,
            out.writing(name) as copy,
            tarfile.open(fileobj=copy, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for is_wanted, sample in zip(wanted, samples(file), strict=True):
                for member in sample.members if is_wanted else ():
                    archive.addfile(member, io.BytesIO(_data(member, file, MAX_PICTURE_BYTES)))


def samples(file: IO[bytes], start: int = 0) -> Iterator[TarSample]:
    """Yields the samples of a tar file from a place on. A broken archive ends with a sample that has a problem."""
    current: TarSample | None = None
    file.seek(start)
    if file.read(len(GZIP)) == GZIP and not start:
        yield TarSample("", start, problem=PACKED)
        return
    file.seek(start)
    position, is_whole = start, False
    try:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            while (member := archive.next()) is not None:
                # tarfile keeps every header that it has read.
                archive.members.clear()  # type: ignore[attr-defined]
                key = _key(member.name)
                if current is None or key != current.key:
                    if current is not None:
                        yield current
                    current = TarSample(key, position)
                if member.isfile():
                    current.members.append(member)
                position = archive.offset
        is_whole = _ends(file, position)
    except (tarfile.TarError, EOFError, ValueError):
        pass
    if current is not None:
        yield current
    if not is_whole:
        yield TarSample("", position, problem=BROKEN)


def _ends(file: IO[bytes], position: int) -> bool:
    """Tells whether an archive ends in this place: tarfile takes a damaged header for the end."""
    size = file.seek(0, io.SEEK_END)
    file.seek(position)
    header = file.read(tarfile.BLOCKSIZE)
    return not header.strip(b"\0") if header else size == position


def _key(name: str) -> str:
    folder, slash, base = name.rpartition("/")
    return folder + slash + base.partition(".")[0]


def _take_member(row: Row, key: str, member: tarfile.TarInfo, file: IO[bytes]) -> None:
    """Puts one member into its row."""
    # Of 000.image.jpg the last part says what it is.
    suffix = member.name[len(key) + 1 :].lower().rpartition(".")[2]
    most = MAX_PICTURE_BYTES if suffix in PICTURES else MAX_CAPTION_BYTES
    try:
        if suffix in PICTURES:
            if row.picture is not None:
                row.problem = "The sample has several pictures."
            row.picture = _data(member, file, most)
        elif suffix in CAPTIONS:
            row.caption, row.notes = decoded_text(_data(member, file, most))
        elif suffix == "json":
            fields = json_fields(_data(member, file, most))
            row.fields = fields or {}
            row.notes += () if fields is not None else (f"The member {member.name} is no JSON object.",)
            row.caption = row.caption or row.fields.get(column_of(tuple(row.fields), CAPTION_NAMES), "")
        elif is_other_media(member.name):
            row.problem = f"The member {member.name} is of a format that no check can look at."
    except FileError as error:
        row.problem = str(error)


def _data(member: tarfile.TarInfo, file: IO[bytes], most: int) -> bytes:
    """Returns the bytes of a member. Raises FileError where it is too large or not all there."""
    if member.size > most:
        raise FileError(f"The member {member.name} is longer than {most:,} bytes.")
    file.seek(member.offset_data)
    data = file.read(member.size)
    if len(data) < member.size:
        raise FileError(f"The member {member.name} is cut off.")
    return data
