"""From typed characters to the letters that they stand for, as readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from safety.text.characters import INVISIBLE, fold
from safety.text.variant import Part, TextVariant

ROOM = 500  # characters that emoji names and ligatures may add to any text, besides its own length


def folded(text: str) -> TextVariant:
    """Every character in its compatible form, lower case, invisible ones left out, emoji by name."""
    if text.isascii() and text.isprintable():
        return TextVariant(text.lower(), range(len(text)), range(1, len(text) + 1))
    return _built((piece, place, place + 1) for place, piece in enumerate(_pieces(text)))


@lru_cache(maxsize=4)  # two readings ask in a row
def _pieces(text: str) -> tuple[str, ...]:
    """Each character folded. A run of one emoji is named once; beyond the room for it, names are cut to a space."""
    room, before, pieces = len(text) + ROOM, "", []
    for char in text:
        folded = fold(char)
        if len(folded) > 1 and (room <= 0 or (char == before and folded[0] == " ")):
            folded = folded[0]
        room -= max(0, len(folded) - 1)
        before = char
        pieces.append(folded)
    return tuple(pieces)


def expanded(text: str, decoded: Iterable[Part]) -> TextVariant:
    """With what stands in code as it reads, in its place."""

    def parts() -> Iterator[Part]:
        done = 0
        for said, start, end in (*decoded, ("", len(text), len(text))):
            yield from ((piece, done + at, done + at + 1) for at, piece in enumerate(_pieces(text[done:start])))
            yield "".join(_pieces(said)), start, end
            done = end

    return _built(parts())


def split(text: str) -> TextVariant:
    """Parted where an invisible character or a capital inside a word may be meant as a space: "NudeArt"."""

    def parts() -> Iterator[Part]:
        before = ""
        for place, (char, piece) in enumerate(zip(text, _pieces(text), strict=True)):
            if char.isupper() and before.islower():
                yield " ", place, place
            yield piece if piece != INVISIBLE else " ", place, place + 1
            before = char

    return _built(parts())


def _built(parts: Iterable[Part]) -> TextVariant:
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for text, start, end in parts:
        texts.append(text)
        starts += [start] * len(text)
        ends += [end] * len(text)
    return TextVariant("".join(texts), starts, ends)
