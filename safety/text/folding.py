"""Folds typed characters to the letters that they stand for, as text variants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from safety.text.characters import INVISIBLE, fold, is_symbol
from safety.text.variant import TextPiece, TextVariant

ROOM = 500  # characters that emoji names and ligatures may add to any text, besides its own length


def folded(text: str) -> TextVariant:
    """Returns every character in its compatible form, lower case, invisible ones left out, emoji by name."""
    if text.isascii() and text.isprintable():
        return TextVariant(text.lower(), range(len(text)), range(1, len(text) + 1))
    return _built((piece, place, place + 1) for place, piece in enumerate(_folded_characters(text)))


def as_typed(text: str) -> TextVariant:
    """Returns every character as it was typed, with accents and capitals; only invisible ones are left out."""
    kept = [place for place, char in enumerate(text) if char.isascii() or fold(char) != INVISIBLE]
    return TextVariant("".join(text[place] for place in kept), kept, [place + 1 for place in kept])


# `folded`, `expanded` and `split` ask for the same text one after another.
@lru_cache(maxsize=4)
def _folded_characters(text: str) -> tuple[str, ...]:
    """Folds each character. A run of one emoji is named once; beyond the room for them, names become a space."""
    room, previous, pieces = len(text) + ROOM, "", []
    for char in text:
        piece = fold(char)
        if len(piece) > 1 and (room <= 0 or (char == previous and piece[0] == " ")):
            piece = piece[0]
        room -= max(0, len(piece) - 1)
        previous = char
        pieces.append(piece)
    return tuple(pieces)


def expanded(text: str, decoded: Iterable[TextPiece]) -> TextVariant:
    """Returns the folded text with decoded pieces in the places of what was typed in code."""

    def pieces() -> Iterator[TextPiece]:
        done = 0
        for decoded_text, start, end in (*decoded, ("", len(text), len(text))):
            characters = enumerate(_folded_characters(text[done:start]), done)
            yield from ((piece, place, place + 1) for place, piece in characters)
            yield "".join(_folded_characters(decoded_text)), start, end
            done = end

    return _built(pieces())


def split(text: str) -> TextVariant:
    """Returns the text parted where a character that is no letter or an inner capital may mean a space: "NudeArt".

    An emoji, a combined sign such as a trademark's and an invisible character are one space each.
    """

    def pieces() -> Iterator[TextPiece]:
        previous = ""
        for place, (char, piece) in enumerate(zip(text, _folded_characters(text), strict=True)):
            if char.isupper() and previous.islower():
                yield " ", place, place
            yield " " if piece == INVISIBLE or is_symbol(char) else piece, place, place + 1
            previous = char

    return _built(pieces())


def _built(pieces: Iterable[TextPiece]) -> TextVariant:
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for text, start, end in pieces:
        texts.append(text)
        starts += [start] * len(text)
        ends += [end] * len(text)
    return TextVariant("".join(texts), starts, ends)
