"""Files that were made to cost a reader as much as they can, each within a megabyte or two."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"
SIDE = 256


def picture(side: int = SIDE) -> Image.Image:
    """Returns smooth noise, RGB."""
    noise = np.random.default_rng(5).integers(0, 256, (side // 16, side // 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    """Returns a picture as a file."""
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Returns a PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(*chunks: bytes) -> bytes:
    """Returns a PNG with chunks after its header."""
    file = encoded(picture(), "PNG")
    return file[:33] + b"".join(chunks) + file[33:]


def segment(marker: int, body: bytes) -> bytes:
    """Returns a JPEG marker segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg_with(*segments: bytes) -> bytes:
    """Returns a JPEG with segments at its start."""
    return b"\xff\xd8" + b"".join(segments) + encoded(picture(), "JPEG", quality=90)[2:]


def overlapping_exif(entries: int = 3000, size: int = 1_000_000) -> bytes:
    """Returns an EXIF block whose entries all point at the same bytes."""
    start = 8 + 2 + 12 * entries + 4
    directory = b"".join(struct.pack("<HHII", 0x9000 + number, 7, size, start) for number in range(entries))
    return b"II*\0" + struct.pack("<IH", 8, entries) + directory + bytes(4) + bytes(size)


def exif_ring() -> bytes:
    """Returns an EXIF block whose directories point at themselves."""
    entries = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    return b"II*\0" + struct.pack("<IH", 8, 2) + entries + struct.pack("<I", 8)


def nested_xmp(elements: int = 25_000) -> bytes:
    """Returns an XMP packet of descriptions inside descriptions."""
    inner = b'<rdf:Description xmlns:a="b"><a:c>' * elements + b"x" + b"</a:c></rdf:Description>" * elements
    return b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' + inner + b"</rdf:RDF>"


def flat_xmp(elements: int = 25_000) -> bytes:
    """Returns an XMP packet of many elements side by side."""
    inner = b"".join(b"<a:c%d>x</a:c%d>" % (number, number) for number in range(elements))
    return (
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:a="b">'
        + inner
        + b"</rdf:Description></rdf:RDF>"
    )


def boxes(depth: int) -> bytes:
    """Returns JUMBF boxes inside boxes."""
    label = b"\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0"
    inner = b""
    for _ in range(depth):
        body = label + inner
        inner = struct.pack(">I4s", len(body) + 8, b"jumb") + body
    return inner


def huge_png(side: int = 7000) -> bytes:
    """Returns a small file of 49 megapixels, all one colour."""
    return encoded(Image.new("RGB", (side, side), "teal"), "PNG", compress_level=1)


def progressive_scans(count: int = 2000) -> bytes:
    """Returns a progressive JPEG of 16 megapixels whose last scan comes again and again."""
    file = encoded(Image.new("RGB", (4000, 4000), "teal"), "JPEG", progressive=True)
    scan = file[file.rfind(b"\xff\xda") : -2]
    return file[:-2] + scan * count + b"\xff\xd9"


def tiff_of_overlapping_tags() -> bytes:
    """Returns a TIFF whose first directory has thousands of entries that point at the same bytes."""
    file = encoded(picture(), "TIFF")
    place = struct.unpack_from("<I", file, 4)[0]
    count = struct.unpack_from("<H", file, place)[0]
    own = [file[place + 2 + 12 * number : place + 14 + 12 * number] for number in range(count)]
    more = [struct.pack("<HHII", 40_000 + number, 7, len(file) - 8, 8) for number in range(3000)]
    return (
        file[:4]
        + struct.pack("<I", len(file))
        + file[8:]
        + struct.pack("<H", count + 3000)
        + b"".join(own + more)
        + bytes(4)
    )


def packed(size: int) -> bytes:
    """Returns zeros, compressed."""
    return zlib.compress(bytes(size), 9)


ATTACKS: dict[str, Callable[[], bytes]] = {
    "3,000 EXIF entries on one megabyte, PNG": lambda: png_with(chunk(b"eXIf", overlapping_exif())),
    "3,000 EXIF entries on one megabyte, WebP": lambda: encoded(picture(), "WEBP", exif=overlapping_exif()),
    "EXIF directories in a ring": lambda: jpeg_with(segment(0xE1, b"Exif\0\0" + exif_ring())),
    "900 APP1 segments": lambda: jpeg_with(*[segment(0xE1, b"Exif\0\0" + overlapping_exif(900, 50_000))] * 900),
    "200,000 tEXt chunks": lambda: png_with(*[chunk(b"tEXt", b"a\0b")] * 200_000),
    "50,000 tEXt chunks": lambda: png_with(*[chunk(b"tEXt", b"a\0b")] * 50_000),
    "25,000 nested elements of XMP": lambda: png_with(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + nested_xmp())),
    "25,000 elements of XMP side by side": lambda: encoded(picture(), "WEBP", xmp=flat_xmp()),
    "a packed text of 50 MB": lambda: png_with(chunk(b"zTXt", b"parameters\0\0" + packed(50_000_000))),
    "a packed profile of 50 MB": lambda: png_with(chunk(b"iCCP", b"icc\0\0" + packed(50_000_000))),
    "JUMBF boxes 5,000 deep": lambda: png_with(chunk(b"caBX", boxes(5000))),
    "49 megapixels of one colour": huge_png,
    "2,000 scans of a progressive JPEG": progressive_scans,
    "a TIFF of 3,000 tags on one place": tiff_of_overlapping_tags,
    "a JPEG of fill bytes": lambda: b"\xff\xd8" + b"\xff" * 3_000_000,
    "a GIF of 70,000 empty extensions": lambda: encoded(picture(), "GIF")[:-1] + b"!\xfe\0" * 70_000 + b";",
    "a JPEG of 70,000 empty comments": lambda: jpeg_with(*[segment(0xFE, b"")] * 70_000),
}
