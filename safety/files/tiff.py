"""Takes a TIFF file apart (TIFF 6.0): its first picture with the tags that a decoder needs, and its metadata."""

from __future__ import annotations

import struct

from safety.errors import FileError
from safety.files.blocks import MAX_METADATA, Blocks, damaged
from safety.files.tags import Directories, TagEntry

SIGNATURES = (b"II*\0", b"MM\0*")
BIG = (b"II+\0", b"MM\0+")
_XMP, _IPTC, _ICC, _CREDENTIALS = 700, 33723, 34675, 52545
# Layout, compression, strips and tiles, colours: what a decoder needs, and nothing that is for people.
_FOR_THE_DECODER = {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324, 325}
_FOR_THE_DECODER |= {338, 339, 347, 530, 532}
_MAX_FRAMES, _MAX_LIST = 1000, 300_000  # directories that are counted; bytes of one tag


def split(data: bytes) -> Blocks:
    """Returns the parts of a TIFF file. Raises FileError for one without a directory, or of more than 4 GB's kind."""
    if data[:4] in BIG:
        raise FileError("The file is a BigTIFF.", "Save it as PNG, or as a TIFF of the usual kind.")
    tags = Directories(data)
    entries = list(tags.entries(tags.first))
    if not entries:
        raise damaged()
    blocks = Blocks("TIFF", _for_the_decoder(data, tags.order, entries), exif=data, frames=_frames(tags))
    for entry in entries:
        value = bytes(data[entry.place : entry.place + min(entry.size, MAX_METADATA)])
        if entry.tag == _XMP:
            blocks.add_xmp(value)
        elif entry.tag == _IPTC:
            blocks.iptc = value
        elif entry.tag == _ICC:
            blocks.icc = value
        elif entry.tag == _CREDENTIALS:
            blocks.has_credentials = True
    return blocks


def _for_the_decoder(data: bytes, order: str, entries: list[TagEntry]) -> bytes:
    """Returns the file with a new directory at its end, which has the tags for the decoder alone."""
    kept = sorted(
        {each.tag: each for each in entries if each.tag in _FOR_THE_DECODER and each.size <= _MAX_LIST}.items()
    )
    directory = [struct.pack(order + "H", len(kept))]
    for tag, entry in kept:
        value = data[entry.place : entry.place + entry.size].ljust(4, b"\0")
        value = value if entry.size <= 4 else struct.pack(order + "I", entry.place)
        directory.append(struct.pack(order + "HHI", tag, entry.type, entry.count) + value)
    padding = b"\0" * (len(data) % 2)
    place = struct.pack(order + "I", len(data) + len(padding))
    return b"".join((data[:4], place, data[8:], padding, *directory, bytes(4)))


def _frames(tags: Directories) -> int:
    """Returns how many pictures there are, in a row of directories that may be a ring."""
    place, seen = tags.first, set[int]()
    while place and place not in seen and len(seen) < _MAX_FRAMES:
        seen.add(place)
        place = tags.next(place)
    return len(seen)
