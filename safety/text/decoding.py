"""Decodes what stands in code: base64, hexadecimal, bits, Morse, escapes, tag characters, ROT13, backwards.

A decoded piece is read where it stands. It counts only if it decodes to letters: a picture's file name or
a hash does not. Codes within codes are not decoded: an image model reads neither.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from safety.text.english import english_share
from safety.text.variant import TextPiece, TextVariant

MIN_LETTER_SHARE = 0.7  # of a decoded text: letters or spaces
MIN_ENGLISH_SHARE = 0.45  # of a text that is turned round or shifted
MIN_ENGLISH_GAIN = 0.25  # by how much that share must rise
MAX_PIECE = 4000  # characters of one piece in code

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/_=-])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s:,]?){4,}(?![0-9A-Za-z])")
# The word that a code stands in may begin in letters.
_HEAD = r"(?<!\w)\w{0,40}"
_PERCENT = re.compile(rf"{_HEAD}(?:%[0-9a-fA-F]{{2}}\w*)+")
_ESCAPE = r"\\u\{[0-9a-fA-F]{2,6}\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}"
_ESCAPED = re.compile(rf"{_HEAD}(?:(?:{_ESCAPE})\w*)+")
_ENTITY = re.compile(rf"{_HEAD}(?:&(?:#\d{{1,7}}|#x[0-9a-fA-F]{{1,6}}|[A-Za-z]{{2,24}});\w*)+")
_BITS = re.compile(r"(?<![0-9A-Za-z])(?:[01]{8}[\s,_-]{0,2}){3,}(?![0-9A-Za-z])")
_NUMBERS = re.compile(r"(?<![0-9A-Za-z.,])(?:(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])[\s,;-]{1,2}){3,}\d{2,3}(?![0-9A-Za-z])")
_MORSE = re.compile(r"(?<![\w.·•−–-])(?:[.·•−–_-]{1,5}[ /|]{1,3}){3,}[.·•−–_-]{1,5}(?![\w.·•−–-])")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_MORSE_SIGNS = str.maketrans("·•−–_", "..---")
_MORSE_CODE = """
.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..
"""
_MORSE_LETTERS = dict(zip(_MORSE_CODE.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
_ONE_ESCAPE = re.compile(_ESCAPE)

# Letters drawn upside down, and those that are then others.
_TURNED = re.compile("[ɐɔǝɟƃɥɾʞɯɹʇʌʍʎ]")
_UPRIGHT = str.maketrans("ɐqɔpǝɟƃɥıɾʞlɯuodbɹsʇnʌʍxʎz", "abcdefghijklmnopqrstuvwxyz")

Decoder = Callable[[str], str]


def decoded_pieces(typed: str) -> Iterator[TextPiece]:
    """Yields pieces in code as the text that they hold, in the order typed; none overlap."""
    end = 0
    matches = ((match.start(), match.end(), decode) for form, decode in _FORMS for match in form.finditer(typed))
    for start, stop, decode in sorted(matches, key=lambda match: (match[0], -match[1])):
        if start >= end and stop - start <= MAX_PIECE and (text := _decoded_text(decode, typed[start:stop])):
            yield f" {text} ", start, stop
            end = stop


def _decoded_text(decode: Decoder, piece: str) -> str:
    """Returns the text that a piece holds, or "" if it holds none."""
    try:
        text = decode(piece)
    except (ValueError, OverflowError):  # binascii.Error and UnicodeDecodeError are ValueErrors
        return ""
    letters = sum(char.isalpha() or char.isspace() for char in text)
    return text if text != piece and len(text) > 2 and letters >= MIN_LETTER_SHARE * len(text) else ""


def _base64(piece: str) -> str:
    # A word now and then decodes to letters by chance.
    if piece.isalpha() and (piece.islower() or piece.isupper() or piece.istitle()):
        raise ValueError("a word")
    bare = piece.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()


def _hex(piece: str) -> str:
    return binascii.unhexlify(re.sub(r"0x|\\x|[\s:,]", "", piece)).decode()


def _bits(piece: str) -> str:
    digits = re.sub(r"[^01]", "", piece)
    return bytes(int(digits[place : place + 8], 2) for place in range(0, len(digits), 8)).decode()


def _numbered(piece: str) -> str:
    text = "".join(chr(int(number)) for number in re.findall(r"\d+", piece))
    if english_share(text.lower()) < MIN_ENGLISH_SHARE:
        raise ValueError("numbers that are meant as such")
    return text


def _morse(piece: str) -> str:
    letters = re.split(r"( ?[/|] ?| {2,}| )", piece.translate(_MORSE_SIGNS))
    if sum(letter in _MORSE_LETTERS for letter in letters[::2]) < MIN_LETTER_SHARE * len(letters[::2]):
        raise ValueError("no Morse code")
    gaps = ["" if gap == " " else " " for gap in letters[1::2]]
    return "".join(_MORSE_LETTERS.get(letter, "") + gap for letter, gap in zip(letters[::2], [*gaps, ""], strict=True))


def _unescaped(piece: str) -> str:
    return _ONE_ESCAPE.sub(lambda match: chr(int(match[0].strip("\\ux{}"), 16)), piece)


def _untagged(piece: str) -> str:
    return "".join(chr(ord(char) - 0xE0000) for char in piece)


_FORMS: tuple[tuple[re.Pattern[str], Decoder], ...] = (
    (_BASE64, _base64),
    (_HEX, _hex),
    (_BITS, _bits),
    (_NUMBERS, _numbered),
    (_MORSE, _morse),
    (_PERCENT, lambda piece: unquote(piece, errors="strict")),
    (_ESCAPED, _unescaped),
    (_ENTITY, html.unescape),
    (_TAGS, _untagged),
)


def reversed_text(variant: TextVariant) -> Iterator[TextVariant]:
    """Yields the whole text backwards, upside down or shifted by 13 letters, where that makes clearly more sense."""
    if _TURNED.search(variant.text):
        yield variant.with_text(variant.text.translate(_UPRIGHT)).backwards()
    share = english_share(variant.text)
    if share + MIN_ENGLISH_GAIN > 1:
        return
    for other in (variant.backwards(), variant.with_text(codecs.encode(variant.text, "rot13"))):
        if english_share(other.text) >= max(MIN_ENGLISH_SHARE, share + MIN_ENGLISH_GAIN):
            yield other
