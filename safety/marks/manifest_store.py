"""Takes the C2PA manifest store out of a picture file, as its bytes stand there: PNG, JPEG and WebP.

Where each format keeps it: C2PA specification 2.2, annex A (PNG: chunk caBX; JPEG: APP11 segments by ISO/IEC 19566-5;
RIFF: chunk C2PA). For files of this studio's own; those from outside are read by c2pa itself, in a worker.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safety.files import jpeg, png, webp

MEDIA_TYPE = "application/c2pa"
_APP11, _START_OF_SCAN = 0xEB, 0xDA
_HEAD = 16  # bytes of an APP11 segment before its part: "JP", the box's instance, the part's number, LBox and TBox
_BOX = 8  # LBox and TBox, which each part repeats and the store has once


def embedded_store(data: bytes) -> bytes:
    """Returns the manifest store of a PNG, JPEG or WebP file; empty where there is none."""
    if data.startswith(png.SIGNATURE):
        return next((body for kind, body in _png_chunks(data) if kind == b"caBX"), b"")
    if data.startswith(jpeg.SIGNATURE):
        return _from_segments(data)
    if webp.matches(data):
        return next((body for kind, body in _riff_chunks(data) if kind == b"C2PA"), b"")
    return b""


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(png.SIGNATURE)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 12 + length


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _from_segments(data: bytes) -> bytes:
    """Returns the box that the APP11 segments of a JPEG file hold in parts: the first box is the manifest store."""
    parts: dict[int, bytes] = {}
    instance, place = None, 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != _START_OF_SCAN:
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : place + 2 + length]
        if data[place + 1] == _APP11 and body.startswith(b"JP") and body[12:16] == b"jumb":
            number, part = struct.unpack_from(">HI", body, 2)
            instance = number if instance is None else instance
            if number == instance:
                parts[part] = body
        place += 2 + max(2, length)
    ordered = [parts[part] for part in sorted(parts)]
    return ordered[0][_HEAD - _BOX : _HEAD] + b"".join(body[_HEAD:] for body in ordered) if ordered else b""
