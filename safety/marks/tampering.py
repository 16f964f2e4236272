"""What people do to a marked file afterwards, by mistake or on purpose: for lessons, benchmarks and tests.

Nothing here undoes a mark on purpose, or signs anything: these are the plain acts of editors, sites and messengers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from math import isqrt

from PIL import Image, ImageDraw

from safety.errors import RequestError
from safety.files.png import SIGNATURE
from safety.image_io import open_picture

INK = (20, 20, 20)  # what is painted over


def with_pixels(file: bytes, picture: Image.Image) -> bytes:
    """Returns a PNG file whose picture is another RGB one of the same size; all else in it stays, byte for byte.

    That is what an editor does that keeps metadata, and what somebody does who puts one picture's credentials on
    another. Raises RequestError for a file of another format, or a picture of another size.
    """
    if not file.startswith(SIGNATURE) or open_picture(file).size != picture.size:
        raise RequestError("Only a PNG file takes another picture, and only one of its own size.")
    pixels = [chunk for chunk in _chunks(_png(picture)) if _kind(chunk) == b"IDAT"]
    parts = [SIGNATURE]
    for chunk in _chunks(file):
        if _kind(chunk) != b"IDAT":
            parts.append(chunk)
        else:
            # A file has one run of these: the first is where the new ones go.
            parts += pixels
            pixels = []
    return b"".join(parts)


def painted(file: bytes, pixels: int) -> bytes:
    """Returns a PNG file with about so many pixels in its middle painted over, all else as it was."""
    picture = open_picture(file)
    side = max(1, isqrt(pixels))
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    if side == 1:
        # A pixel that has the colour already would not change.
        red, green, blue = picture.getpixel((left, top))  # type: ignore[misc]
        picture.putpixel((left, top), (255 - red, 255 - green, 255 - blue))
    else:
        ImageDraw.Draw(picture).rectangle((left, top, left + side - 1, top + side - 1), fill=INK)
    return with_pixels(file, picture)


def stripped(file: bytes) -> bytes:
    """Returns a PNG of a file's pixels as they are, without metadata and without credentials."""
    return _png(open_picture(file))


def resaved(file: bytes, quality: int, share: float = 1.0) -> bytes:
    """Returns a JPEG without metadata, as a site or a messenger makes of a picture: smaller by `share`, 0 to 1."""
    picture = open_picture(file)
    if share < 1:
        picture = picture.resize((max(1, round(picture.width * share)), max(1, round(picture.height * share))))
    memory = BytesIO()
    picture.save(memory, "JPEG", quality=quality)
    return memory.getvalue()


def _png(picture: Image.Image) -> bytes:
    memory = BytesIO()
    picture.save(memory, "PNG")
    return memory.getvalue()


def _chunks(file: bytes) -> Iterator[bytes]:
    """Yields the chunks of a PNG file whole, with length and checksum."""
    at = len(SIGNATURE)
    while at < len(file):
        size = struct.unpack_from(">I", file, at)[0] + 12
        yield file[at : at + size]
        at += size


def _kind(chunk: bytes) -> bytes:
    return chunk[4:8]
