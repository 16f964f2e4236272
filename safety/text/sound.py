"""Reduces words to how they sound, within English and across scripts: names are known by it however they are written.

`sound` keeps apart what English ears do; `skeletons` keep only what every script writes alike: the consonants, by
where they are formed. Russian writes v for w, Arabic no e, Japanese neither l nor final r.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, product

_ENGLISH = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(?:kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^y(?=[aeiou])", "j"),
        (r"ph", "f"),
        (r"sch|tch|ch|sh", "S"),
        (r"gh(?![aeiou])", ""),
        (r"th", "t"),
        (r"c(?=[eiy])|z", "s"),
        (r"ck|[cq]", "k"),
        (r"w(?![aeiouy])|h(?![aeiouy])", ""),
        (r"x", "ks"),
        (r"d(?=t)", ""),
    )
)
_VOWELS = re.compile(r"[aeiouyh]+")
_PLACES = str.maketrans("bpfvtdkgqcszxlrmn", "ppppttkkkksssrrnn")
_CYRILLIC = dict(zip("бвгґджзйклмнпрстфхцчшщ", "bvggdzzyklmnprstfhssss", strict=True))
# By Unicode's names: the consonants of Arabic and Hebrew letters, whose names are words. Those left out are vowels.
_SEMITIC = {
    name: sound
    for sound, names in {
        "b": "BEH BET",
        "t": "TEH TAH TAV TET THAL TTEH",
        "s": "THEH SEEN SHEEN SAD ZAIN ZAH JEEM TCHEH SAMEKH SHIN TSADI ZAYIN JEH",
        "d": "DAL DALET DAD",
        "r": "REH RESH",
        "k": "KAF KEHEH QAF QOF GAF GHAIN GIMEL",
        "f": "FEH VEH PEH PE",
        "l": "LAM LAMED",
        "m": "MEEM MEM",
        "n": "NOON NUN",
    }.items()
    for name in names.split()
}
_LETTER = re.compile(r"(?:LETTER|SYLLABLE) (?:SMALL |FINAL )?(.+)$")
_RUSSIAN_J = re.compile("дж")


def is_word_part(char: str) -> bool:
    """Tells whether a character is a letter or a mark that belongs to one, as vowels of Hindi are."""
    return unicodedata.category(char)[0] in "LM"


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """Returns how an English word in lower case sounds: its first letter's kind and the consonants after it."""
    for pattern, replacement in _ENGLISH:
        word = pattern.sub(replacement, word)
    first, rest = word[:1], _VOWELS.sub("", word[1:])
    return "".join(letter for letter, _ in groupby(("a" if first in "aeiou" else first) + rest))


@lru_cache(maxsize=8192)
def skeletons(word: str) -> frozenset[str]:
    """Returns the consonants of a word in any script, by the place where they are formed; several where it is unsure.

    Latin w may be written as v or as a vowel, and j as y.
    """
    latin = "".join(_consonants(_RUSSIAN_J.sub("ж", unicodedata.normalize("NFC", word.lower()))))
    for pattern, replacement in ((r"ph", "f"), (r"c(?=[eiy])", "s"), (r"gh|h|y", "")):
        latin = re.sub(pattern, replacement, latin)
    letters = [(("", "p") if letter == "w" else ("", "s") if letter == "j" else (letter,)) for letter in latin]
    if sum(len(letter) > 1 for letter in letters) > 2:
        letters = [letter[:1] for letter in letters]
    spellings = ("".join(choice).translate(_PLACES) for choice in product(*letters))
    return frozenset("".join(letter for letter, _ in groupby(_without_vowels(spelling))) for spelling in spellings)


def _without_vowels(spelling: str) -> str:
    return re.sub(r"[aeiou]", "", spelling)


def _consonants(word: str) -> Iterator[str]:
    """Yields each letter of any script in Latin ones."""
    for char in word:
        if char.isascii():
            yield char
        elif char in _CYRILLIC:
            yield _CYRILLIC[char]
        else:
            yield _named(char)


@lru_cache(maxsize=4096)
def _named(char: str) -> str:
    """Returns what a letter's Unicode name says of its sound, "" for a vowel or a mark."""
    name = unicodedata.name(char, "")
    if name.endswith(("SIGN ANUSVARA", "SIGN CANDRABINDU")):
        return "n"
    letter = _LETTER.search(name)
    if letter is None or name.startswith("CYRILLIC"):
        return ""
    if name.startswith(("ARABIC", "HEBREW")):
        return _SEMITIC.get(letter[1].split()[0], "")
    if name.startswith("LATIN"):
        return unicodedata.normalize("NFD", char)[0] if len(letter[1]) > 1 else char
    # A small kana only lengthens or doubles.
    if "KANA LETTER SMALL" in name:
        return ""
    # Japanese has no other f; a Korean syllable that ends in s is spoken with t.
    return re.sub("^hu", "fu", re.sub("s$", "t", re.sub("ng$", "n", letter[1].lower())))
