"""Takes a PNG file apart (W3C PNG, third edition)."""

from __future__ import annotations

import struct
import zlib

from safety.files.blocks import MAX_METADATA, Blocks, Counted

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FOR_THE_DECODER = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"}
_XMP = "XML:com.adobe.xmp"
MAX_PROFILE = 4_000_000  # bytes of a colour profile, unpacked


def split(data: bytes) -> Blocks:
    """Returns the parts of a PNG file. Of a damaged one, as far as it goes: the decoder then says so."""
    blocks = Blocks("PNG", b"")
    view, place, counted = memoryview(data), len(SIGNATURE), Counted()
    kept: list[bytes | memoryview] = [SIGNATURE]
    while place + 12 <= len(data):
        counted.one_more()
        length, kind = struct.unpack_from(">I4s", data, place)
        body = view[place + 8 : place + 8 + length]
        if kind in _FOR_THE_DECODER:
            kept.append(view[place : place + 12 + length])
        else:
            _note(blocks, kind, body)
        place += 12 + length
        if kind == b"IEND":
            break
    else:
        kept.append(view[place:])
    blocks.pixels = b"".join(kept)
    return blocks


def _note(blocks: Blocks, kind: bytes, body: memoryview) -> None:
    """Keeps what a chunk that is not for the decoder says."""
    if kind in (b"tEXt", b"zTXt", b"iTXt"):
        _note_text(blocks, kind, bytes(body[:MAX_METADATA]))
    elif kind == b"eXIf":
        blocks.exif = blocks.exif or bytes(body[:MAX_METADATA])
    elif kind == b"iCCP":
        blocks.icc = blocks.icc or _unpacked(bytes(body[:MAX_PROFILE]).partition(b"\0")[2][1:], MAX_PROFILE)
    elif kind == b"caBX":
        blocks.has_credentials = True
    elif kind == b"acTL" and len(body) >= 4:
        blocks.frames = max(1, int.from_bytes(body[:4], "big"))


def _note_text(blocks: Blocks, kind: bytes, body: bytes) -> None:
    keyword, _, rest = body.partition(b"\0")
    name = keyword[:80].decode("latin-1")
    if kind == b"tEXt":
        value = _utf8(rest)
    elif kind == b"zTXt":
        value = _utf8(_unpacked(rest[1:], MAX_METADATA))
    else:
        packed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
        value = _unpacked(text, MAX_METADATA) if packed else text
    if name == _XMP:
        blocks.add_xmp(value)
    elif name:
        blocks.add_text(name, value)


def _utf8(text: bytes) -> bytes:
    """Returns a text that the standard wants in Latin-1, and that many write in UTF-8 all the same, as UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1").encode()
    return text


def _unpacked(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return b""
