"""Makes damaged and hostile picture files out of the grammar of their formats: whole parts with wrong contents.

A file is taken apart into its chunks, segments or blocks; parts are doubled, dropped, swapped, given other lengths and
other contents, and blocks of EXIF, XMP, ICC and JUMBF of generated structure are put in; checksums fit again.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from benchmarks.files.attacks import PNG, boxes, chunk, encoded, packed, segment

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF")
SIDES = (64, 256, 256, 512, 512, 512, 1024, 1024, 2048, 4000)
# A part of a file: its kind, and its body.
Part = tuple[bytes, bytes]


def generate(rng: random.Random) -> bytes:
    """Returns one file."""
    format = rng.choice(FORMATS)
    file = encoded(_picture(rng), format, **_options(rng, format))
    if format in ("PNG", "JPEG", "WEBP"):
        take_apart, put_together, add = _CONTAINERS[format]
        parts = take_apart(file)
        for _ in range(rng.randint(0, 4)):
            parts = rng.choice(_CHANGES)(parts, rng)
        for _ in range(rng.randint(0, 3)):
            parts = add(parts, rng)
        file = put_together(parts)
    for _ in range(rng.choice((0, 0, 1, 2))):
        file = _change_bytes(file, rng)
    return file[:60_000_000]


def _picture(rng: random.Random) -> Image.Image:
    side = rng.choice(SIDES)
    width, height = (side, side) if rng.random() < 0.8 else (min(16_000, side * 9), max(8, side // 16))
    noise = np.random.default_rng(rng.randrange(10**6)).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
    return picture.convert(rng.choice(("RGB", "RGB", "L", "RGB")))


def _options(rng: random.Random, format: str) -> dict[str, object]:
    options: dict[str, object] = {"exif": exif(rng)} if rng.random() < 0.3 and format in ("PNG", "JPEG", "WEBP") else {}
    if format == "JPEG":
        return options | {"quality": rng.choice((30, 90)), "progressive": rng.random() < 0.4}
    if format == "WEBP":
        return options | {"method": 0, "lossless": rng.random() < 0.2}
    if format == "TIFF":
        return {"compression": rng.choice(("raw", "tiff_lzw", "tiff_deflate", "packbits"))}
    return options | ({"compress_level": 1} if format == "PNG" else {})


# ---- metadata -----------------------------------------------------------------------------------------


def exif(rng: random.Random) -> bytes:
    """Returns an EXIF block of random directories, with entries that overlap, point outside or at their directory."""
    order = rng.choice("<>")
    count = rng.choice((0, 1, 12, 400, 3000))
    size = 8 + 2 + 12 * count + 4 + rng.choice((0, 64, 20_000, 60_000))
    entries = []
    for _ in range(count):
        tag = rng.choice((0x0112, 0x010F, 0x8769, 0x8825, 0x9286, 0x927C, rng.randrange(65536)))
        length = rng.choice((0, 1, 4, 1000, size - 100 if size > 100 else 1, 2**31, 2**32 - 1))
        place = rng.choice((0, 8, 10, size // 2, size - 4, 2**32 - 1))
        entries.append(struct.pack(order + "HHII", tag, rng.choice((*range(14), 255)), length, place))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", rng.choice((8, 8, 8, 0, size)))
    after = struct.pack(order + "I", rng.choice((0, 8)))
    return (head + struct.pack(order + "H", count) + b"".join(entries) + after).ljust(min(size, 65_000), b"x")[:65_000]


def xmp(rng: random.Random) -> bytes:
    """Returns an XMP packet of random depth and width, perhaps with a DTD, another encoding or an end too early."""
    inner = "text"
    for _ in range(rng.choice((1, 10, 300, 3000))):
        name = rng.choice(("rdf:Description", "rdf:li", "a:b", "rdf:Seq"))
        inner = f"<{name}>{inner}</{name}>"
    inner += "<a:c>x</a:c>" * rng.choice((0, 10, 4000))
    dtd = rng.choice(("", "", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'))
    space = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="a"'
    text = f'{dtd}<rdf:RDF {space}><rdf:Description a:d="e">{inner}</rdf:Description></rdf:RDF>'
    return text.encode(rng.choice(("utf-8", "utf-8", "utf-16")))[: rng.choice((10**7, 10**7, 200))]


def icc(rng: random.Random) -> bytes:
    """Returns a colour profile whose tags overlap or point outside."""
    count = rng.choice((0, 3, 100, 5000))
    tags = b"".join(
        struct.pack(">4sII", rng.choice((b"rXYZ", b"A2B0", b"desc", b"rTRC")), rng.choice((0, 128, 2**31)),
                    rng.choice((0, 20, 40_000, 2**32 - 1))) for _ in range(count)
    )  # fmt: skip
    space = rng.choice((b"RGB ", b"CMYK", b"GRAY", b"Lab "))
    head = struct.pack(">I4sI4s4s4s", 132 + 12 * count, b"lcms", 0x04400000, b"mntr", space, b"XYZ ")
    return head.ljust(36, b"\0") + b"acsp" + bytes(88) + struct.pack(">I", count) + tags


def jumbf(rng: random.Random) -> bytes:
    """Returns boxes inside boxes, perhaps with a length that is wrong."""
    file = bytearray(boxes(rng.choice((1, 5, 100, 1500))))
    if rng.random() < 0.5:
        file[:4] = struct.pack(">I", rng.choice((0, 1, 7, 2**31, 2**32 - 1)))
    return bytes(file)


# ---- parts --------------------------------------------------------------------------------------------


def _double(parts: list[Part], rng: random.Random) -> list[Part]:
    part = rng.choice(parts)
    times = rng.choice((2, 10, 1000, 20_000)) if len(part[1]) < 200 else 2
    return parts[:1] + [part] * times + parts[1:]


def _drop(parts: list[Part], rng: random.Random) -> list[Part]:
    gone = rng.randrange(len(parts))
    return parts[:gone] + parts[gone + 1 :] or parts


def _swap(parts: list[Part], rng: random.Random) -> list[Part]:
    one, other = rng.randrange(len(parts)), rng.randrange(len(parts))
    changed = list(parts)
    changed[one], changed[other] = parts[other], parts[one]
    return changed


def _resize(parts: list[Part], rng: random.Random) -> list[Part]:
    """Changes numbers at the start of a part: sizes, in most formats."""
    place = rng.randrange(min(3, len(parts)))
    kind, body = parts[place]
    value = rng.choice((0, 1, 63, 5000, 16_383, 65_535))
    at = rng.randrange(min(8, len(body)) + 1)
    return [*parts[:place], (kind, body[:at] + struct.pack(">H", value) + body[at + 2 :]), *parts[place + 1 :]]


def _spoil(parts: list[Part], rng: random.Random) -> list[Part]:
    place = rng.randrange(len(parts))
    kind, body = parts[place]
    return [*parts[:place], (kind, _change_bytes(body, rng) if body else b"x"), *parts[place + 1 :]]


_CHANGES: Sequence[Callable[[list[Part], random.Random], list[Part]]] = (_double, _drop, _swap, _resize, _spoil)


def _change_bytes(file: bytes, rng: random.Random) -> bytes:
    """Overwrites up to 30 bytes, or cuts the file off."""
    if rng.random() < 0.15:
        return file[: rng.randrange(1, len(file) + 1)]
    changed = bytearray(file)
    for _ in range(rng.choice((1, 3, 30))):
        changed[rng.randrange(min(len(changed), rng.choice((600, 10**9))))] = rng.randrange(256)
    return bytes(changed)


# ---- containers ---------------------------------------------------------------------------------------


def _png_parts(file: bytes) -> list[Part]:
    place, parts = len(PNG), []
    while place + 8 <= len(file):
        length, kind = struct.unpack_from(">I4s", file, place)
        parts.append((kind, file[place + 8 : place + 8 + length]))
        place += 12 + length
    return parts


def _png_file(parts: list[Part]) -> bytes:
    return PNG + b"".join(chunk(kind, body) for kind, body in parts)


def _png_add(parts: list[Part], rng: random.Random) -> list[Part]:
    made = rng.choice(
        (
            lambda: (b"eXIf", exif(rng)),
            lambda: (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(rng)),
            lambda: (b"iCCP", b"icc\0\0" + packed(rng.choice((10, 10**6, 10**8)))),
            lambda: (b"caBX", jumbf(rng)),
            lambda: (b"zTXt", b"parameters\0\0" + packed(rng.choice((10, 10**6, 10**8)))),
            lambda: (b"tEXt", b"prompt\0" + b'{"1":' * rng.choice((1, 5000, 100_000))),
            lambda: (b"acTL", struct.pack(">II", rng.choice((1, 2, 2**31)), 0)),
        )
    )()
    return parts[:1] + [made] * rng.choice((1, 1, 50)) + parts[1:]


def _jpeg_parts(file: bytes) -> list[Part]:
    place, parts = 2, []
    while place + 4 <= len(file) and file[place] == 0xFF and file[place + 1] != 0xDA:
        length = struct.unpack_from(">H", file, place + 2)[0]
        parts.append((file[place + 1 : place + 2], file[place + 4 : place + 2 + length]))
        place += 2 + length
    return [*parts, (b"", file[place:])]


def _jpeg_file(parts: list[Part]) -> bytes:
    return b"\xff\xd8" + b"".join(segment(kind[0], body[:65_000]) if kind else body for kind, body in parts)


def _jpeg_add(parts: list[Part], rng: random.Random) -> list[Part]:
    made = rng.choice(
        (
            lambda: (b"\xe1", b"Exif\0\0" + exif(rng)),
            lambda: (b"\xe1", b"http://ns.adobe.com/xap/1.0/\0" + xmp(rng)),
            lambda: (b"\xe2", b"ICC_PROFILE\0\1\1" + icc(rng)),
            lambda: (b"\xeb", b"JP\0\1\0\0\0\1" + jumbf(rng)),
            lambda: (b"\xed", b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\xff\xff" + b"\x1c\2\x78\0\1x" * 5000),
            lambda: (b"\xe2", b"MPF\0" + exif(rng)),
            lambda: (b"\xfe", b"a comment" * rng.choice((1, 5000))),
        )
    )()
    return [made] * rng.choice((1, 1, 50, 900)) + parts


def _webp_parts(file: bytes) -> list[Part]:
    place, parts = 12, []
    while place + 8 <= len(file):
        kind, length = struct.unpack_from("<4sI", file, place)
        parts.append((kind, file[place + 8 : place + 8 + length]))
        place += 8 + length + length % 2
    return parts


def _webp_file(parts: list[Part]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for kind, body in parts
    )
    return b"RIFF" + struct.pack("<I", len(body) % 2**32) + body


def _webp_add(parts: list[Part], rng: random.Random) -> list[Part]:
    made = rng.choice(
        (
            lambda: (b"EXIF", exif(rng)),
            lambda: (b"XMP ", xmp(rng)),
            lambda: (b"ICCP", icc(rng)),
            lambda: (b"C2PA", jumbf(rng)),
            lambda: (b"ANMF", bytes(24)),
        )
    )()
    return parts + [made] * rng.choice((1, 1, 50, 20_000 if len(made[1]) < 200 else 2))


_CONTAINERS = {
    "PNG": (_png_parts, _png_file, _png_add),
    "JPEG": (_jpeg_parts, _jpeg_file, _jpeg_add),
    "WEBP": (_webp_parts, _webp_file, _webp_add),
}
