"""Folds single typed characters to what they stand for. Every function here takes one character only."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

INVISIBLE = ""
MAX_EXPANSION = 100  # no character folds to more than this many; the longest emoji name has 80

# Latin letters and the letters of other scripts that are drawn alike. Written by hand from the shapes in
# common fonts; Unicode TS 39 has the long list, most of it for scripts that no keyboard reaches.
_DRAWN_ALIKE = {
    "a": "аαɑ",
    "b": "вьЬβ",
    "c": "сϲⅽ",
    "d": "ԁժ",
    "e": "еєεҽ",
    "f": "ϝғ",
    "g": "ɡցɢ",
    "h": "һհн",
    "i": "іιɩı",
    "j": "јϳ",
    "k": "кκқ",
    "l": "ӏⅼ",
    "m": "мⅿ",
    "n": "пηո",
    "o": "оοσօ",
    "p": "рρ",
    "q": "ԛգ",
    "r": "гɼ",
    "s": "ѕꜱ",
    "t": "тτ",
    "u": "υսцʋ",
    "v": "ѵν",
    "w": "ѡԝωшա",
    "x": "хχ",
    "y": "уүγყ",
    "z": "ʐᴢ",
}
for _latin, _others in zip("abcdfhjlmnpqrsuvwx", "ᗩᗷᑕᗪᖴᕼᒍᒪᗰᑎᑭᑫᖇᔕᑌᐯᗯ᙭", strict=True):  # Canadian syllables
    _DRAWN_ALIKE[_latin] += _others
LOOKALIKES = {ord(other): latin for latin, others in _DRAWN_ALIKE.items() for other in others}

# Matches names such as "NEGATIVE SQUARED LATIN CAPITAL LETTER A", "LATIN LETTER SMALL CAPITAL N" and
# "LATIN SMALL LETTER O WITH STROKE".
_NAMED_LETTER = re.compile(
    r"(?:LATIN (?:CAPITAL|SMALL) LETTER|LATIN LETTER SMALL CAPITAL|REGIONAL INDICATOR SYMBOL LETTER)"
    r" ([A-Z])(?: WITH .+)?$"
)
# Accents, zalgo, Hebrew points, Arabic vowel signs and padding.
_MARKS = (
    (0x0300, 0x036F),
    (0x0483, 0x0489),
    (0x0591, 0x05C7),
    (0x0640, 0x0640),
    (0x064B, 0x065F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
    (0xE0100, 0xE01EF),
)
# Drawn as nothing, though letters or symbols by class.
_FILLERS = "\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"
# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese; and Hangul syllables.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x9FFF), (0xAC00, 0xD7A3))
_SYMBOLS_WITH_MEANING = "☠⚔⚰"
# Braille cells of one letter each, in the order of the alphabet.
_BRAILLE = dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", "abcdefghijklmnopqrstuvwxyz", strict=True))
# Emoji whose Unicode names mislead, or leave out that they show children.
_EMOJI = {"🔞": " nsfw ", "👧": " little girl ", "👦": " little boy "}


@lru_cache(maxsize=8192)
def fold(char: str) -> str:
    """Returns the compatible form (NFKD) in lower case without marks, at most MAX_EXPANSION characters.

    An emoji becomes its name between spaces, an invisible character "". Raises nothing, whatever the code point
    (a lone surrogate is invisible).
    """
    if char.isspace():
        return " "
    if char in _FILLERS or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return INVISIBLE
    # A Hangul syllable is one sign to its readers, though NFKD takes it apart.
    if 0xAC00 <= ord(char) <= 0xD7A3:
        return char
    name = unicodedata.name(char, "")
    if letter := _NAMED_LETTER.search(name):
        return letter[1].lower()
    if char in _EMOJI:
        return _EMOJI[char]
    if char in _BRAILLE:
        return _BRAILLE[char]
    if ord(char) >= 0x1F300 and unicodedata.category(char) in ("So", "Sk") or char in _SYMBOLS_WITH_MEANING:
        return f" {name.lower()} "
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(part for part in folded if not _within(part, _MARKS))


@lru_cache(maxsize=8192)
def is_symbol(char: str) -> bool:
    """Tells whether a character is a sign that folds to letters or figures, and no letter in a circle or the like."""
    if char.isascii() or not (unicodedata.category(char) in ("So", "Sk", "Sc", "Sm", "No", "Nl") or char in "ªº"):
        return False
    folded = fold(char)
    return char in "ªº" or not (len(folded) == 1 and folded.isalpha())


def is_drawn(char: str) -> bool:
    """Tells whether a character leaves ink by itself: no space, no filler, no control and no lone accent."""
    return char not in _FILLERS and not char.isspace() and unicodedata.category(char)[0] not in "CZM"


def spaced(char: str) -> bool:
    """Tells whether a character belongs to words that spaces set apart (not so in Chinese, Japanese, Thai)."""
    return char.isalnum() and (char.isascii() or not _within(char, _UNSPACED))


def _within(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    code = ord(char)
    return any(first <= code <= last for first, last in ranges)
