"""Takes a JPEG file apart (ISO/IEC 10918-1): its marker segments up to the first scan."""

from __future__ import annotations

import re

from safety.files.blocks import MAX_METADATA, Blocks, Counted, damaged

SIGNATURE = b"\xff\xd8"
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_PHOTOSHOP, _BOXES = b"Photoshop 3.0\0", b"JP"
_START_OF_SCAN, _END, _ADOBE, _COMMENT = 0xDA, 0xD9, 0xEE, 0xFE
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_NOT_FILLED = re.compile(rb"[^\xff]")
_MAX_PROFILE_PARTS = 255


def split(data: bytes) -> Blocks:
    """Returns the parts of a JPEG file; what follows the start of the first scan goes to the decoder as it is.

    Raises FileError for one without a scan.
    """
    blocks, profile = Blocks("JPEG", b""), dict[int, bytes]()
    view, place, counted = memoryview(data), 2, Counted()
    kept: list[bytes | memoryview] = [SIGNATURE]
    while True:
        counted.one_more()
        start = data.find(b"\xff", place)
        after = _NOT_FILLED.search(data, start) if start >= 0 else None
        if after is None or len(data) < after.start() + 3:
            raise damaged()
        marker, place = data[after.start()], after.start() + 1
        if marker == _START_OF_SCAN:
            break
        if marker == _END:
            raise damaged()
        if marker in _ALONE or marker == 0:
            continue
        length = int.from_bytes(data[place : place + 2], "big")
        body = view[place + 2 : place + length]
        if marker == _ADOBE or not (0xE0 <= marker <= 0xEF or marker == _COMMENT):
            kept += [bytes((0xFF, marker)), view[place : place + length]]
        else:
            _note(blocks, profile, marker, body)
        place += max(2, length)
    blocks.icc = b"".join(profile[number] for number in sorted(profile))
    blocks.pixels = b"".join([*kept, bytes((0xFF, _START_OF_SCAN)), view[place:]])
    return blocks


def _note(blocks: Blocks, profile: dict[int, bytes], marker: int, body: memoryview) -> None:
    """Keeps what a segment that is not for the decoder says: the first of most kinds, and all parts of a profile."""
    begin = bytes(body[:40])
    if marker == 0xE1 and begin.startswith(_EXIF):
        blocks.exif = blocks.exif or bytes(body[len(_EXIF) :])
    elif marker == 0xE1 and begin.startswith(_XMP):
        blocks.add_xmp(bytes(body[len(_XMP) :]))
    elif marker == 0xE2 and begin.startswith(_ICC) and len(begin) > len(_ICC) and len(profile) < _MAX_PROFILE_PARTS:
        profile.setdefault(begin[len(_ICC)], bytes(body[len(_ICC) + 2 :]))
    elif marker == 0xEB and begin.startswith(_BOXES):
        blocks.has_credentials = blocks.has_credentials or b"jumb" in begin
    elif marker == 0xED and begin.startswith(_PHOTOSHOP) and len(blocks.iptc) < MAX_METADATA:
        blocks.iptc += bytes(body[len(_PHOTOSHOP) :])
    elif marker == _COMMENT:
        blocks.add_text("comment", bytes(body))
