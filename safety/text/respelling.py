"""Puts words together again that are cut in pieces, run into one another, written backwards or misspelt.

Only what is no English word is touched, with the neighbours that may be its pieces; what cannot be made
sense of stays. The cheapest row of words is found by dynamic programming (Viterbi) over word frequencies;
a slip of the finger is one edit away from a word (Norvig, "How to write a spelling corrector", 2007).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from safety.text.english import MIN_LETTERS, SHORT_WORDS, English, english
from safety.text.sound import sound
from safety.text.variant import TextPiece, TextVariant

MAX_WORD = 16  # letters of a word that is put together
MAX_RUN = 80  # letters and spaces of a row of pieces
MAX_STRANGE_WORDS = 200  # of a text that is repaired: one with more is no English
MAX_COST = {5: 10.2, 6: 11.0}  # nats of what a misspelt word of so many letters, or more, may have meant
MIN_STRANGE = 4  # letters of a word that may be misspelt or written backwards
MAX_NEIGHBOUR = 5  # letters of a word beside a strange one that may be its piece
RARE = 12.1  # nats from which a short word may be a piece: those of words that are listed and not counted
UNKNOWN, UNKNOWN_LETTER = 9.0, 1.7  # nats that a strange word costs, and each of its letters
JOIN, CUT = 1.5, 5.0  # nats for leaving a space out, and for putting one in

# What is disguised most may be meant from four letters on. None is one letter from a name that prompts are full of.
KEY_WORDS = (
    "nude",
    "nudes",
    "naked",
    "undress",
    "undressed",
    "topless",
    "child",
    "children",
    "kids",
    "teen",
    "teens",
    "minor",
    "underage",
    "toddler",
    "schoolgirl",
)

_TOKEN = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"

Place = tuple[int, int]


def repaired(variant: TextVariant) -> TextVariant:
    """Returns the variant with strange words put together, turned round or spelt right; itself if it has none."""
    words = english()
    tokens = [match.span() for match in _TOKEN.finditer(variant.text)]
    strange = [n for n, (start, end) in enumerate(tokens) if _strange(variant.text[start:end], words)]
    if not strange or len(strange) > MAX_STRANGE_WORDS:
        return variant
    pieces: list[TextPiece] = []
    done = 0
    for run in _runs(variant.text, tokens, set(strange)):
        pieces.append((variant.text[done : run[0][0]], done, run[0][0]))
        pieces.extend(_mended(variant.text, run, words))
        done = run[-1][1]
    return variant.rebuilt([*pieces, (variant.text[done:], done, len(variant.text))])


def _strange(word: str, words: English) -> bool:
    """Tells whether a word may be a piece or a slip: it is no word, or as short and rare as pieces are."""
    if len(word) < MIN_LETTERS:
        return word not in SHORT_WORDS and words.cost.get(word, RARE) >= RARE
    if len(word) < MAX_NEIGHBOUR:
        return words.cost.get(word, RARE) >= RARE
    if len(word) > MAX_RUN:
        return False
    return not words.knows(word)


def _runs(text: str, tokens: Sequence[Place], strange: set[int]) -> Iterator[list[Place]]:
    """Yields strange words with short neighbours, as far as only one space or hyphen stands between."""
    run: list[Place] = []
    for number, place in enumerate(tokens):
        near = bool(strange & {number - 1, number, number + 1})
        wanted = number in strange or (near and place[1] - place[0] <= MAX_NEIGHBOUR)
        apart = run and text[run[-1][1] : place[0]] not in (" ", "-")
        if run and (apart or not wanted or place[1] - run[0][0] > MAX_RUN):
            yield run
            run = []
        if wanted:
            run.append(place)
    if run:
        yield run


def _mended(text: str, run: Sequence[Place], words: English) -> Iterator[TextPiece]:
    """Yields a run in its cheapest words; a space goes between two that had none."""
    letters = [place for start, end in run for place in range(start, end)]
    borders = set(accumulate(end - start for start, end in run))
    previous_end = letters[0]
    for first, last in _cheapest("".join(text[place] for place in letters), borders, words):
        start, end = letters[first], letters[last - 1] + 1
        if first:
            yield text[previous_end:start] or " ", previous_end, start
        word = "".join(text[place] for place in letters[first:last])
        known = words.knows(word) or len(word) < MIN_STRANGE
        yield (word if known else _corrected(word)), start, end
        previous_end = end


@lru_cache(maxsize=4096)
def _corrected(word: str) -> str:
    """Returns the word backwards if that is one, else the most common word one edit away, else the word itself."""
    words = english()
    if words.knows(word[::-1]):
        return word[::-1]
    if meant := _key_word(word) or _out_of_pig_latin(word, words):
        return meant
    if not min(MAX_COST) <= len(word) <= MAX_WORD:
        return word
    max_cost = MAX_COST[min(len(word), max(MAX_COST))]
    near = [edit for edit in _edits(word) & words.cost.keys() if words.cost[edit] <= max_cost]
    return min(near, key=lambda edit: (words.cost[edit], edit), default=word)


def _key_word(word: str) -> str:
    """Returns the word that a disguise is most often for, if one is one edit away or sounds alike; else ""."""
    keys = [key for key in KEY_WORDS if key[0] == word[0]]
    edits = _edits(word)
    alike = (key for key in keys if sound(key) == sound(word) and abs(len(key) - len(word)) < MIN_LETTERS - 1)
    return next((key for key in keys if key in edits), "") or next(alike, "")


def _out_of_pig_latin(word: str, words: English) -> str:
    """Returns "candle" of "andlecay", "" of what is no such word."""
    if not word.endswith("ay") or len(word) <= MIN_STRANGE:
        return ""
    stem = word[:-2]
    turned = (stem[-size:] + stem[:-size] for size in range(1, MIN_STRANGE))
    return next((other for other in turned if len(other) >= MIN_STRANGE - 1 and other in words.cost), "")


def _edits(word: str) -> set[str]:
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    dropped = {left + right[1:] for left, right in cuts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    changed = {left + letter + right[1:] for left, right in cuts if right for letter in _ALPHABET}
    added = {left + letter + right for left, right in cuts for letter in _ALPHABET}
    return dropped | swapped | changed | added


def _cheapest(letters: str, borders: set[int], words: English) -> list[Place]:
    """Returns the words of a row of letters as (first, last), by the least sum of costs.

    `borders`: after how many letters a word ended as typed.
    """
    size = len(letters)
    # How many borders lie before each place.
    crossed = list(accumulate((place in borders for place in range(size + 1)), initial=0))
    best, previous = [0.0] + [float("inf")] * size, [0] * (size + 1)
    for last in range(1, size + 1):
        cut = 0.0 if last in borders else CUT
        for first in range(max(0, last - MAX_WORD), last):
            joined = crossed[last] - crossed[first + 1]
            as_typed = not joined and not cut and (first in borders or not first)
            cost = best[first] + cut + JOIN * joined + _cost(letters[first:last], words, as_typed)
            if cost < best[last]:
                best[last], previous[last] = cost, first
    return _traced(previous)


def _traced(previous: Sequence[int]) -> list[Place]:
    places: list[Place] = []
    last = len(previous) - 1
    while last:
        places.append((previous[last], last))
        last = previous[last]
    return places[::-1]


def _cost(word: str, words: English, as_typed: bool) -> float:
    """Returns the nats of a word. A strange one costs them as it was typed; put together from pieces it is none."""
    cost = words.cost.get(word)
    if cost is not None and (len(word) >= MIN_LETTERS or word in SHORT_WORDS):
        return cost
    return UNKNOWN + UNKNOWN_LETTER * len(word) if as_typed else float("inf")
