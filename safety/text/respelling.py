"""Words put together again: cut in pieces, run into one another, written backwards, misspelt.

Only what is no English word is touched, with the neighbours that may be its pieces; what cannot be made
sense of stays. The cheapest row of words is found by dynamic programming (Viterbi) over word frequencies;
a slip of the finger is one edit away from a word (Norvig, "How to write a spelling corrector", 2007).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate

from safety.text.english import SHORTEST, TINY, English, english
from safety.text.variant import Part, TextVariant

LONGEST = 16  # letters of a word that is put together
LONGEST_RUN = 80  # letters and spaces of a row of pieces
MOST_STRANGE = 200  # strange words of a text that is repaired: a longer one is no English
COMMON = {5: 10.2, 6: 11.0}  # nats up to which a word of so many letters, or more, is what a misspelt one meant
SHORTEST_STRANGE = 4  # letters of a word that may be misspelt or written backwards
NEIGHBOUR = 5  # letters up to which a word beside a strange one may be its piece
RARE = 12.1  # nats from which a short word may be a piece: those of words that are listed and not counted
UNKNOWN, A_LETTER = 9.0, 1.7  # nats that a strange word costs, and each of its letters
JOIN, CUT = 1.5, 5.0  # nats for leaving a space out, and for putting one in

_TOKEN = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"

Place = tuple[int, int]


def repaired(reading: TextVariant) -> TextVariant:
    """The reading with strange words put together, turned round or spelt right; itself where there are none."""
    words = english()
    tokens = [match.span() for match in _TOKEN.finditer(reading.text)]
    strange = [n for n, (start, end) in enumerate(tokens) if _strange(reading.text[start:end], words)]
    if not strange or len(strange) > MOST_STRANGE:
        return reading
    parts: list[Part] = []
    done = 0
    for run in _runs(reading.text, tokens, set(strange)):
        parts.append((reading.text[done : run[0][0]], done, run[0][0]))
        parts.extend(_mended(reading.text, run, words))
        done = run[-1][1]
    return reading.rebuilt([*parts, (reading.text[done:], done, len(reading.text))])


def _strange(word: str, words: English) -> bool:
    """Whether a word may be a piece or a slip: it is none, or as short and rare as pieces are."""
    if len(word) < SHORTEST:
        return word not in TINY and words.cost.get(word, RARE) >= RARE
    if len(word) < NEIGHBOUR:
        return words.cost.get(word, RARE) >= RARE
    if len(word) > LONGEST_RUN:
        return False
    return not words.knows(word)


def _runs(text: str, tokens: Sequence[Place], strange: set[int]) -> Iterator[list[Place]]:
    """Strange words with short neighbours, as far as only one space or hyphen stands between."""
    run: list[Place] = []
    for number, place in enumerate(tokens):
        near = bool(strange & {number - 1, number, number + 1})
        wanted = number in strange or (near and place[1] - place[0] <= NEIGHBOUR)
        apart = run and text[run[-1][1] : place[0]] not in (" ", "-")
        if run and (apart or not wanted or place[1] - run[0][0] > LONGEST_RUN):
            yield run
            run = []
        if wanted:
            run.append(place)
    if run:
        yield run


def _mended(text: str, run: Sequence[Place], words: English) -> Iterator[Part]:
    """The run in its cheapest words; a space goes between two that had none."""
    letters = [at for start, end in run for at in range(start, end)]
    borders = set(accumulate(end - start for start, end in run))
    before = letters[0]
    for first, last in _cheapest("".join(text[at] for at in letters), borders, words):
        start, end = letters[first], letters[last - 1] + 1
        if first:
            gap = text[before:start]
            yield gap or " ", before, start
        word = "".join(text[at] for at in letters[first:last])
        yield from _spelt(word, text, start, end, words)
        before = end


def _spelt(word: str, text: str, start: int, end: int, words: English) -> Iterator[Part]:
    known = words.knows(word) or len(word) < SHORTEST_STRANGE
    yield (word if known else _guess(word)), start, end


@lru_cache(maxsize=4096)
def _guess(word: str) -> str:
    """The word backwards if that is one, else the most common word one edit away, else the word itself."""
    words = english()
    if words.knows(word[::-1]):
        return word[::-1]
    if not min(COMMON) <= len(word) <= LONGEST:
        return word
    most = COMMON[min(len(word), max(COMMON))]
    near = [edit for edit in _edits(word) & words.cost.keys() if words.cost[edit] <= most]
    return min(near, key=lambda edit: (words.cost[edit], edit), default=word)


def _edits(word: str) -> set[str]:
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    dropped = {left + right[1:] for left, right in cuts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    changed = {left + letter + right[1:] for left, right in cuts if right for letter in _ALPHABET}
    added = {left + letter + right for left, right in cuts for letter in _ALPHABET}
    return dropped | swapped | changed | added


def _cheapest(letters: str, borders: set[int], words: English) -> list[Place]:
    """The words of a row of letters as (first, last), by the least sum of costs. `borders`: where words ended."""
    size = len(letters)
    crossed = list(accumulate((at in borders for at in range(size + 1)), initial=0))  # borders before each place
    best, back = [0.0] + [float("inf")] * size, [0] * (size + 1)
    for last in range(1, size + 1):
        cut = 0.0 if last in borders else CUT
        for first in range(max(0, last - LONGEST), last):
            joined = crossed[last] - crossed[first + 1]
            whole = not joined and not cut and (first in borders or not first)
            cost = best[first] + cut + JOIN * joined + _cost(letters[first:last], words, whole)
            if cost < best[last]:
                best[last], back[last] = cost, first
    return _traced(back)


def _traced(back: Sequence[int]) -> list[Place]:
    places: list[Place] = []
    last = len(back) - 1
    while last:
        places.append((back[last], last))
        last = back[last]
    return places[::-1]


def _cost(word: str, words: English, whole: bool) -> float:
    """Nats. A strange word costs what it was typed as (`whole`); put together from pieces it is none."""
    cost = words.cost.get(word)
    if cost is not None and (len(word) >= SHORTEST or word in TINY):
        return cost
    return UNKNOWN + A_LETTER * len(word) if whole else float("inf")
