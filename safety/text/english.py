"""Knows which words are English, and how common: the measure of whether a text variant makes sense.

The table counts words of public captions (training/lexicon/english.py). It is read at the first question.
"""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).with_name("english.tsv")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# A word that is no part of a disguised one such as "p4in7ing".
_WHOLE_WORD = re.compile(r"(?<![\w@$€£!|*])[^\W\d_]+(?:['’][^\W\d_]+)*(?![\w@$€£*]|[!|]\w)")
MIN_LETTERS = 3  # shorter words are found in any salad of letters
_SHORT_WORDS = "a i an as at by do go he if in is it me my no of on or so to up us we"
SHORT_WORDS = frozenset(_SHORT_WORDS.split())  # the short words that make sense of a row of letters
MIN_PIECE = 4  # letters of the second part of a word put together
_BEGINNINGS = "bio electro geo hexa hyper micro multi neo neuro octa omni poly proto pseudo retro techno tetra ultra"
BEGINNINGS = frozenset(_BEGINNINGS.split())  # of learned words
MAX_CHANCE_LETTERS = 3  # a word of so many letters may be there by chance
# How much a reading gains that undoes a disguise: so many letters more stand in words, and so great a share of all.
MIN_GAINED_LETTERS, MIN_GAINED_SHARE = 8, 0.1


@dataclass(frozen=True, slots=True)
class English:
    """Holds the table of words. `cost`: nats of each known word, minus the log of its share of all words."""

    cost: dict[str, float]

    def knows(self, word: str) -> bool:
        """Tells whether a word, in lower case, is in the table, perhaps without its ending."""
        if word in self.cost:
            return True
        word = word.replace("’", "'")
        stem = word.removesuffix("'s").removesuffix("s")
        return word in self.cost or (len(stem) >= MIN_LETTERS and stem in self.cost)

    def share(self, text: str) -> float:
        """Returns the share, 0..1, of letters that stand in known words, among words of at least MIN_LETTERS.

        A text without such words counts as English: 1.
        """
        words = [word for word in WORD.findall(text) if len(word) >= MIN_LETTERS]
        letters = sum(map(len, words))
        return sum(len(word) for word in words if self.knows(word)) / letters if letters else 1.0

    def composes(self, word: str) -> bool:
        """Tells whether a word that is not in the table is put together of two that are, or has a learned beginning.

        "synthwave", "omnidimensional".
        """
        middles = range(MIN_LETTERS, len(word) - MIN_PIECE + 1)
        return any(
            (self.knows(word[:middle]) or word[:middle] in BEGINNINGS) and self.knows(word[middle:])
            for middle in middles
        )


@lru_cache(maxsize=1)
def english() -> English:
    """Returns the table that ships, read once. Its counts are powers of two."""
    lines = (line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#"))
    # 1.5 times the power stands in the middle of the counts that share a line.
    words = {word: 1.5 * 2 ** int(power) for power, row in lines for word in row.split(" ")}
    total = math.log(sum(words.values()))
    return English({word: total - math.log(count) for word, count in words.items()})


# Several steps ask for the share of the same variants.
@lru_cache(maxsize=64)
def english_share(text: str) -> float:
    """Returns `English.share` of a text by the table that ships, 0..1."""
    return english().share(text)


def composed_share(text: str) -> float:
    """Returns the share, 0..1, of letters in English words and in those put together of two, as `English.share`."""
    words = [word for word in WORD.findall(text) if len(word) >= MIN_LETTERS]
    known = sum(len(word) for word in words if english().knows(word) or english().composes(word))
    return known / sum(map(len, words)) if words else 1.0


def undoes_disguise(before: str, after: str) -> bool:
    """Tells whether `after` makes clearly more sense than `before` and still holds the words that stood in clear."""
    letters_before, words_before = _clear_words(before)
    letters_after, words_after = _clear_words(after)
    clearer = letters_after / _size(after) - letters_before / _size(before) >= MIN_GAINED_SHARE
    lost = any(
        len(word) > MAX_CHANCE_LETTERS and not _there_by_chance(word, words_after)
        for word in words_before - words_after
    )
    return clearer and letters_after - letters_before >= MIN_GAINED_LETTERS and not lost


def _there_by_chance(word: str, others: frozenset[str]) -> bool:
    """Tells whether a word is a more common one turned round or shifted by 13 letters: it may then get lost."""
    cost = english().cost
    sources = (word[::-1], codecs.encode(word, "rot13"))
    return any(other in others and cost.get(other, math.inf) < cost.get(word, math.inf) for other in sources)


@lru_cache(maxsize=64)
def _clear_words(text: str) -> tuple[int, frozenset[str]]:
    """Returns how many letters stand in English words, and those words."""
    known = [
        word
        for word in _WHOLE_WORD.findall(text)
        if word in SHORT_WORDS or (len(word) >= MIN_LETTERS and english().knows(word))
    ]
    return sum(map(len, known)), frozenset(known)


def _size(text: str) -> int:
    return max(1, sum(map(str.isalnum, text)))
