"""What a source of training data gives: rows, in blocks that can be looked at apart, in an order that never changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, Protocol

from studio.curation.place import DataPlace

MAX_CAPTION_BYTES = 100_000
MAX_PICTURE_BYTES = 100_000_000
KEPT, QUARANTINE = "data", "quarantine"  # folders of the output

CAPTION_NAMES = ("caption", "text", "prompt", "txt", "alt", "alt_text", "title", "description")
PICTURE_NAMES = (
    *("image", "picture", "img", "jpg", "jpeg", "png", "webp", "image_bytes", "bytes", "image_data"),
    *("image_base64", "image_b64", "base64", "b64"),
)
PATH_NAMES = ("path", "file", "file_name", "filename", "image_path", "image_file", "img_path", "filepath", "file_path")
ID_NAMES = ("id", "key", "uid", "image_id", "sample_id")


class Fate(StrEnum):
    """What becomes of a row's data: copied to what is kept, copied to quarantine, or left where it is."""

    KEEP = KEPT
    SET_ASIDE = QUARANTINE
    LEAVE = "left in the source"


@dataclass(frozen=True, slots=True)
class Block:
    """Names some rows of one shard that follow each other; `places` says where they are, as the source knows it.

    `first` is the number of its first row within the shard, `rows` how many there are. A `problem` keeps all of them
    from being read: they count as one row.
    """

    shard: int
    number: int
    first: int
    rows: int
    places: tuple[Any, ...] = ()
    problem: str = ""

    @property
    def name(self) -> str:
        """Returns the name of what is kept of it while a run goes on."""
        return f"{self.shard:06d}/{self.number:06d}.jsonl"


def blocks_from(begins: Iterable[int], shard: int, size: int) -> Iterator[Block]:
    """Yields blocks of `size` rows. `begins`: where each row of the shard begins; a block has that of its first."""
    begins = iter(begins)
    number = first = 0
    while block := tuple(islice(begins, size)):
        yield Block(shard, number, first, len(block), block[:1])
        number, first = number + 1, first + len(block)


@dataclass(slots=True)
class Row:
    """One row as the source has it. `picture` is None where there is none to be looked at.

    `fields` are its other columns as text. `problem` says what keeps it from being judged, `notes` what is odd.
    """

    id: str
    number: int
    caption: str = ""
    picture: bytes | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    notes: tuple[str, ...] = ()


class RowSource(Protocol):
    """Training data in one format. Can be pickled; the same source gives the same blocks and rows every time."""

    @property
    def kind(self) -> str: ...

    @property
    def shards(self) -> Sequence[str]:
        """The names of its parts, in order."""

    def shape(self, shard: int) -> str:
        """Returns what tells whether a shard is the one of an earlier run: names, and the bytes of a file."""

    def blocks(self, shard: int) -> Iterator[Block]:
        """Yields the blocks of a shard, in order."""

    def read(self, block: Block) -> Iterator[Row]:
        """Yields the rows of a block; what cannot be read is a row with a problem."""

    def write(self, shard: int, fates: Sequence[Fate], out: DataPlace) -> None:
        """Copies the rows of a shard, in the same format, to where their fates say."""


def decoded_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Returns text of any encoding without the white space around it, and a note where it is not UTF-8."""
    for encoding, marks in (("utf-8-sig", ()), ("utf-16", (b"\xff\xfe", b"\xfe\xff"))):
        if not marks or data.startswith(marks):
            try:
                text = data.decode(encoding).strip()
            except UnicodeDecodeError:
                continue
            return text, () if not marks else ("The caption is in UTF-16.",)
    return data.decode("cp1252", "replace").strip(), ("The caption is no UTF-8; it was read as Windows-1252.",)


def column_of(names: Sequence[str], known: Sequence[str], asked: str = "") -> str:
    """Returns the column that was asked for, or the first that has a known name; "" for none."""
    by_name = {name.casefold(): name for name in reversed(names)}
    return asked if asked in names else next((by_name[name] for name in known if name in by_name), "")
