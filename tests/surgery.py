"""Puts other pixels into a file and leaves all else: what an editor does that keeps metadata and credentials."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import Image

from tests.fakes_marks import file_of

PNG = b"\x89PNG\r\n\x1a\n"


def with_pixels(file: bytes, picture: Image.Image) -> bytes:
    """A PNG, JPEG or WebP file whose picture is another one of the same size."""
    if file.startswith(PNG):
        pixels = [chunk for chunk in _png(file_of(picture, "PNG")) if chunk[4:8] == b"IDAT"]
        return PNG + b"".join(_swapped(_png(file), b"IDAT", pixels, slice(4, 8)))
    if file.startswith(b"RIFF"):
        pixels = [chunk for chunk in _riff(file_of(picture, "WEBP", quality=95)) if chunk[:4] == b"VP8 "]
        body = b"WEBP" + b"".join(_swapped(_riff(file), b"VP8 ", pixels, slice(0, 4)))
        return b"RIFF" + struct.pack("<I", len(body)) + body
    kept = b"".join(part for part in _jpeg(file) if part[:2] in APPS)
    other = b"".join(
        part for part in _jpeg(file_of(picture, "JPEG", quality=95, subsampling=0)) if part[:2] not in APPS
    )
    return b"\xff\xd8" + kept + other


APPS = {bytes((0xFF, code)) for code in range(0xE0, 0xF0)}


def _swapped(chunks: Iterator[bytes], name: bytes, pixels: list[bytes], place: slice) -> Iterator[bytes]:
    for chunk in chunks:
        if chunk[place] != name:
            yield chunk
        elif pixels:
            yield b"".join(pixels)
            pixels = []


def _png(file: bytes) -> Iterator[bytes]:
    at = len(PNG)
    while at < len(file):
        size = struct.unpack(">I", file[at : at + 4])[0] + 12
        yield file[at : at + size]
        at += size


def _riff(file: bytes) -> Iterator[bytes]:
    at = 12
    while at < len(file):
        size = struct.unpack("<I", file[at + 4 : at + 8])[0]
        size += 8 + size % 2
        yield file[at : at + size]
        at += size


def _jpeg(file: bytes) -> Iterator[bytes]:
    """Segments after SOI; the last is everything from the scan on."""
    at = 2
    while file[at : at + 2] != b"\xff\xda":
        size = struct.unpack(">H", file[at + 2 : at + 4])[0] + 2
        yield file[at : at + size]
        at += size
    yield file[at:]
