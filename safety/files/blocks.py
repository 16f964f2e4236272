"""Takes a picture file apart without decoding it: what a decoder needs, and each block of metadata, beside it.

A decoder gets the file without its metadata, so that no text, profile or directory of tags costs it anything, and the
metadata goes to readers with bounds. Nothing here copies more than the file holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from safety.errors import FileError

MAX_PARTS = 60_000  # chunks, segments or sub-blocks of one file
MAX_METADATA = 2_000_000  # bytes of one kind that are passed on, more only of a profile or credentials
MAX_TEXTS = 400
MAX_PACKETS = 8  # of XMP


@dataclass
class Blocks:
    """Holds the parts of a file. `pixels` is a file for a decoder; `format` is Pillow's name of it.

    `xmp` is the first packet of XMP, `later_xmp` are those behind it. `texts` are keyword and value of PNG text and
    comments. `frames` is how many pictures the file holds, and `has_credentials` whether it has a place with C2PA
    credentials in it, readable or not.
    """

    format: str
    pixels: bytes
    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    iptc: bytes = b""
    texts: list[tuple[str, bytes]] = field(default_factory=list)
    frames: int = 1
    has_credentials: bool = False
    later_xmp: list[bytes] = field(default_factory=list)

    def add_xmp(self, packet: bytes) -> None:
        """Keeps a packet of XMP, within the bounds."""
        if not self.xmp:
            self.xmp = packet
        elif len(self.later_xmp) < MAX_PACKETS - 1:
            self.later_xmp.append(packet)

    def add_text(self, keyword: str, value: bytes) -> None:
        """Keeps a text, within the bounds."""
        if len(self.texts) >= MAX_TEXTS:
            return
        room = MAX_METADATA - sum(len(text) for _, text in self.texts)
        if room > 0:
            self.texts.append((keyword, value[:room]))


class Counted:
    """Counts the parts of a file. Raises FileError where there are too many."""

    def __init__(self) -> None:
        self._parts = 0

    def one_more(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise FileError("The file is cut into far too many parts.", "Save it anew as PNG or JPEG.")


def damaged() -> FileError:
    """Returns the error for a file whose parts do not hold together."""
    return FileError("The picture is damaged or cut off.", "Save or download it again.")
