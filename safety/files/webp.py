"""Takes a WebP file apart (RFC 9649): a RIFF container."""

from __future__ import annotations

import struct

from safety.files.blocks import MAX_METADATA, Blocks, Counted

_FOR_THE_DECODER = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"}
_NO_METADATA = 0xFF & ~(0x20 | 0x08 | 0x04)  # bits of VP8X: profile, EXIF, XMP


def matches(data: bytes) -> bool:
    """Tells whether a file begins as a WebP file does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def split(data: bytes) -> Blocks:
    """Returns the parts of a WebP file."""
    blocks = Blocks("WEBP", b"", frames=0)
    view, place, counted = memoryview(data), 12, Counted()
    kept: list[bytes | memoryview] = []
    while place + 8 <= len(data):
        counted.one_more()
        kind, length = struct.unpack_from("<4sI", data, place)
        body = view[place + 8 : place + 8 + length]
        if kind == b"VP8X":
            kept += [data[place : place + 8], bytes((body[0] & _NO_METADATA,)) if body else b"", body[1:]]
        elif kind in _FOR_THE_DECODER:
            kept.append(view[place : place + 8 + length + length % 2])
            blocks.frames += kind == b"ANMF"
        else:
            _note(blocks, kind, body)
        place += 8 + length + length % 2
    inner = b"".join(kept)
    blocks.pixels = b"".join((b"RIFF", struct.pack("<I", 4 + len(inner)), b"WEBP", inner))
    blocks.frames = max(1, blocks.frames)
    return blocks


def _note(blocks: Blocks, kind: bytes, body: memoryview) -> None:
    value = bytes(body[:MAX_METADATA])
    if kind == b"EXIF":
        blocks.exif = blocks.exif or value.removeprefix(b"Exif\0\0")
    elif kind == b"XMP ":
        blocks.add_xmp(value)
    elif kind == b"ICCP":
        blocks.icc = blocks.icc or value
    elif kind == b"C2PA":
        blocks.has_credentials = True
