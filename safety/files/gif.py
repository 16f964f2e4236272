"""Takes a GIF file apart (GIF89a): its first picture, its comments, and how many pictures there are."""

from __future__ import annotations

from safety.files.blocks import MAX_METADATA, Blocks, Counted

_EXTENSION, _PICTURE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _COMMENT, _APPLICATION = 0xF9, 0xFE, 0xFF


def split(data: bytes) -> Blocks:
    """Returns the parts of a GIF file; of one without a picture, nothing that a decoder takes for one."""
    if len(data) < 13:
        return Blocks("GIF", data)
    blocks = Blocks("GIF", b"", frames=0)
    place, counted = 13 + _table_size(data[10]), Counted()
    kept, control = [data[:place]], b""
    while place + 2 <= len(data) and data[place] != _TRAILER:
        counted.one_more()
        start, kind = place, data[place]
        if kind == _EXTENSION:
            place = _end_of(data, place + 2, counted)
            control = data[start:place] if data[start + 1] == _CONTROL else control
            _note(blocks, data[start + 1], data, start + 2, place)
        elif kind == _PICTURE and place + 10 < len(data):
            place = _end_of(data, place + 11 + _table_size(data[place + 9]), counted)
            kept += [control, data[start:place]] if not blocks.frames else []
            blocks.frames += 1
        else:
            break
    blocks.frames = max(1, blocks.frames)
    blocks.pixels = b"".join([*kept, bytes((_TRAILER,))])
    return blocks


def _table_size(flags: int) -> int:
    """Returns the bytes of the colour table that flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of(data: bytes, place: int, counted: Counted) -> int:
    """Returns where the sub-blocks that begin here end."""
    while place < len(data) and data[place]:
        # A sub-block has at most 255 bytes: a hundred of them are one part.
        for _ in range(100):
            if place >= len(data) or not data[place]:
                break
            place += 1 + data[place]
        counted.one_more()
    return min(place + 1, len(data))


def _note(blocks: Blocks, kind: int, data: bytes, start: int, end: int) -> None:
    if kind == _COMMENT and start < end:
        blocks.add_text("comment", _joined(data, start, min(end, start + MAX_METADATA)))
    elif kind == _APPLICATION:
        name = data[start + 1 : start + 12]
        if name == b"XMP DataXMP":
            # The packet stands as it is, with a tail of 258 bytes that make it a row of sub-blocks.
            blocks.add_xmp(data[start + 12 : min(end - 258, start + MAX_METADATA)])
        blocks.has_credentials = blocks.has_credentials or name.startswith(b"C2PA_GIF")


def _joined(data: bytes, place: int, end: int) -> bytes:
    parts = []
    while place < end and data[place]:
        parts.append(data[place + 1 : place + 1 + data[place]])
        place += 1 + data[place]
    return b"".join(parts)
