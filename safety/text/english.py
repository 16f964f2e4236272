"""Which words are English, and how common: the measure of whether a reading makes sense.

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
_WHOLE = re.compile(r"(?<![\w@$€£!|*])[^\W\d_]+(?:['’][^\W\d_]+)*(?![\w@$€£*]|[!|]\w)")  # no part of "p4in7ing"
SHORTEST = 3  # letters: shorter words are found in any salad
_SHORT = "a i an as at by do go he if in is it me my no of on or so to up us we"
TINY = frozenset(_SHORT.split())  # the short words that make sense of a row of letters
CHANCE = 3  # letters up to which a word may be there by chance
GAIN, CLEARER = 8, 0.1  # letters, and the share of all, that come to stand in words where a disguise is undone


@dataclass(frozen=True, slots=True)
class English:
    """`cost`: nats of each known word, minus the log of its share of all words."""

    cost: dict[str, float]

    def knows(self, word: str) -> bool:
        """Whether a word, in lower case, is in the table, perhaps without its ending."""
        if word in self.cost:
            return True
        word = word.replace("’", "'")
        stem = word.removesuffix("'s").removesuffix("s")
        return word in self.cost or (len(stem) >= SHORTEST and stem in self.cost)

    def share(self, text: str) -> float:
        """The part of a text's letters, 0..1, that stand in known words of SHORTEST letters or more; 1 if none do."""
        words = [word for word in WORD.findall(text) if len(word) >= SHORTEST]
        letters = sum(map(len, words))
        return sum(len(word) for word in words if self.knows(word)) / letters if letters else 1.0


@lru_cache(maxsize=1)
def english() -> English:
    """The table that ships."""
    lines = (line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#"))
    words = {word: 1.5 * 2 ** int(power) for power, row in lines for word in row.split(" ")}
    total = math.log(sum(words.values()))
    return English({word: total - math.log(count) for word, count in words.items()})


@lru_cache(maxsize=64)
def english_share(text: str) -> float:
    """`English.share` by the table that ships. The last few are kept: several steps ask of the same readings."""
    return english().share(text)


def undone(before: str, after: str) -> bool:
    """Whether one reading makes clearly more sense than another, and the words of the other are still in it."""
    known, words = _sense(before)
    now, others = _sense(after)
    clearer = now / _size(after) - known / _size(before) >= CLEARER
    lost = any(len(word) > CHANCE and not _by_chance(word, others) for word in words - others)
    return clearer and now - known >= GAIN and not lost


def _by_chance(word: str, others: frozenset[str]) -> bool:
    """Whether a word is a more common one turned round or shifted by 13 letters: it need not stand in clear."""
    cost = english().cost
    hidden = (word[::-1], codecs.encode(word, "rot13"))
    return any(other in others and cost.get(other, math.inf) < cost.get(word, math.inf) for other in hidden)


@lru_cache(maxsize=64)
def _sense(text: str) -> tuple[int, frozenset[str]]:
    """The letters that stand in English words, and those words."""
    known = [word for word in _WHOLE.findall(text) if word in TINY or (len(word) >= SHORTEST and english().knows(word))]
    return sum(map(len, known)), frozenset(known)


def _size(text: str) -> int:
    return max(1, sum(map(str.isalnum, text)))
