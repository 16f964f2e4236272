"""Reads the fields of EXIF and IPTC-IIM blocks as text, by the names that the standards give them.

Directories of tags are read within the bounds of safety/files/tags.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from safety.files.tags import RAW, TEXT, Directories, TagEntry

# EXIF directories by their tag.
_DIRECTORIES = {0x8769: "Exif", 0x8825: "GPS"}
# Of a TIFF file: blocks that are read by themselves, and where the pixels are.
_NO_FIELDS = {700, 33723, 34675, 34377, 37724, 52545, 273, 279, 324, 325, 330}
_USER_COMMENT = 0x9286
_WINDOWS_TEXT = range(0x9C9B, 0x9CA0)  # XPTitle to XPSubject, UTF-16
# What the first eight bytes of a UserComment name.
_COMMENT_CODES = {b"ASCII\0\0\0": "utf-8", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): "utf-8"}
_UTF16 = b"UNICODE\0"
MAX_FIELDS = 400  # of one block
# Datasets of IPTC-IIM 4.2, record 2, by number.
_IIM = {5: "Title", 25: "Keywords", 80: "By-line", 85: "By-lineTitle", 90: "City", 101: "Country", 110: "Credit"}
_IIM |= {115: "Source", 116: "Copyright", 120: "Caption"}
_RESOURCE, _IIM_RESOURCE = b"8BIM", b"\x04\x04"


def exif_fields(block: bytes) -> dict[str, str]:
    """Returns the fields of an EXIF block, or of a TIFF file's first directory; none of one that is damaged."""
    from PIL.ExifTags import GPSTAGS, TAGS

    tags = Directories(block)
    fields: dict[str, str] = {}
    places = [("tag", tags.first)]
    for entry in tags.entries(tags.first):
        # A place is a whole number: of types that hold others, a value may be no number at all.
        if entry.tag in _DIRECTORIES and entry.type in (4, 13) and (where := tags.numbers(entry)):
            places.append((_DIRECTORIES[entry.tag], int(where[0])))
    for directory, place in places:
        names = GPSTAGS if directory == "GPS" else TAGS
        other = "tag" if directory == "tag" else f"{directory} tag"
        for entry in tags.entries(place):
            if len(fields) < MAX_FIELDS and entry.tag not in _DIRECTORIES and entry.tag not in _NO_FIELDS:
                fields[names.get(entry.tag, f"{other} {entry.tag}")] = _value(tags, entry)
    return fields


def _value(tags: Directories, entry: TagEntry) -> str:
    if entry.tag == _USER_COMMENT:
        return user_comment(tags.raw(entry))
    if entry.tag in _WINDOWS_TEXT:
        return tags.raw(entry).decode("utf-16-le", "replace").strip("\0 ")
    if entry.type in (TEXT, RAW, 1):
        return as_text(tags.raw(entry), entry.type == TEXT)
    return ", ".join(map(str, tags.numbers(entry)))


def as_text(raw: bytes, is_text: bool = False) -> str:
    """Returns bytes that are UTF-8 as text; of others how many there are, or their Latin-1 where they are text."""
    raw = raw.strip(b"\0 ")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1") if is_text else f"{len(raw)} bytes"


def user_comment(raw: bytes) -> str:
    """Returns the text of EXIF's UserComment: eight bytes name the code, the text follows; many leave them out."""
    head, text = raw[:8], raw[8:]
    if head == _UTF16:
        return _utf16(text).strip("\0 ")
    if head in _COMMENT_CODES:
        return text.decode(_COMMENT_CODES[head], "replace").strip("\0 ")
    return as_text(raw)


def _utf16(text: bytes) -> str:
    """Returns UTF-16 of either order. Nothing says which: in most texts the zeros of Latin letters do."""
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text.decode("utf-16", "replace")
    little = text[1::2].count(0) > text[::2].count(0)
    return text.decode("utf-16-le" if little else "utf-16-be", "replace")


def iptc_fields(block: bytes) -> dict[str, str]:
    """Returns the fields of IPTC-IIM: of its datasets alone, or of the Photoshop resources that hold them."""
    fields: dict[str, list[str]] = {}
    for number, value in _datasets(_resource(block) if block.startswith(_RESOURCE) else block):
        if number in _IIM:
            fields.setdefault(_IIM[number], []).append(as_text(value, is_text=True))
    return {name: "; ".join(filter(None, values)) for name, values in fields.items()}


def _resource(block: bytes) -> bytes:
    """Returns the data of the Photoshop resource that holds IPTC-IIM."""
    place = 0
    while block[place : place + 4] == _RESOURCE and place + 12 <= len(block):
        kind, name = block[place + 4 : place + 6], block[place + 6]
        # A name has its length before it, and both are padded to an even number of bytes.
        start = place + 6 + name + 1 + (name + 1) % 2
        size = int.from_bytes(block[start : start + 4], "big")
        if kind == _IIM_RESOURCE:
            return block[start + 4 : start + 4 + size]
        place = start + 4 + size + size % 2
    return b""


def _datasets(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields number and value of the datasets of record 2."""
    place = count = 0
    while block[place : place + 1] == b"\x1c" and place + 5 <= len(block) and count < MAX_FIELDS:
        record, number, size = block[place + 1], block[place + 2], int.from_bytes(block[place + 3 : place + 5], "big")
        if record == 2:
            yield number, block[place + 5 : place + 5 + size]
        place, count = place + 5 + size, count + 1
