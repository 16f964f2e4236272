"""Tells which format a picture file has, and takes it apart; names the formats that are not read."""

from __future__ import annotations

from safety.errors import FileError
from safety.files import gif, jpeg, png, tiff, webp
from safety.files.blocks import Blocks

READABLE = "PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF"
ADVICE = f"Use a {READABLE} picture."
MAX_HEADER = 100_000  # bytes in which the boxes before the pixels are looked for
# What C2PA marks its box with in files of the ISO base media format, AVIF among them.
_C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
# Formats that are named, though they are not read: (place, bytes there, name).
_NAMED = (
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (0, b"<svg", "SVG"),
    (0, b"\0\0\1\0", "icon"),
    (0, b"v/1\1", "OpenEXR"),
    (0, b"\x1aE\xdf\xa3", "video"),
)
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1")


def split(data: bytes) -> Blocks:
    """Returns the parts of a picture file. Raises FileError, which names a format that is known and not read."""
    if data.startswith(png.SIGNATURE):
        return png.split(data)
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.split(data)
    if webp.matches(data):
        return webp.split(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return gif.split(data)
    if data.startswith((*tiff.SIGNATURES, *tiff.BIG)):
        return tiff.split(data)
    if data.startswith(b"BM"):
        return Blocks("BMP", data)
    if data[4:8] == b"ftyp" and any(brand in data[8:64] for brand in (b"avif", b"avis")):
        return Blocks("AVIF", data, has_credentials=_C2PA_BOX in data[:MAX_HEADER])
    raise _unreadable(data)


def _unreadable(data: bytes) -> FileError:
    """Returns the error that names the format, where it is known."""
    name = next((name for place, magic, name in _NAMED if data.startswith(magic, place)), "")
    if data[4:8] == b"ftyp":
        name = "HEIC" if data[8:12] in _HEIF_BRANDS else "video"
    if name:
        return FileError(f"The file is no picture that can be read here: it is {name}.", f"Save it as {READABLE}.")
    return FileError("The file is no picture that can be read.", ADVICE)
