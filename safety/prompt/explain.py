"""Which words carry a score: the fewest found whose removal makes the prompt pass, checked by removing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from safety.prompt.encoder import HEADS, Read

PASSES = 0.3  # a prompt below this is far from every threshold
ROUNDS = 4  # readings at most; each costs nearly as much as the first
WORDS_A_ROUND = 40  # so many words more cost one reading: long prompts are slow to read again
MOST = 0.7  # of the words that one round may take

# Their shares are their neighbours': an encoder spreads what it knows, and "the" alone carries nothing.
_FUNCTION = (
    "a an the this that these those of in on at to into onto from for with by as and or but is are was were be been "
    "being it its he she they them his her their who which there has have had do does will would"
)
FUNCTION_WORDS = frozenset(_FUNCTION.split())

Place = tuple[int, int]
Reader = Callable[[str], Read]


def carriers(text: str, first: Read, read: Reader) -> tuple[Place, ...]:
    """Words as (start, end) in `text`, in order, without which the first head's probability is below PASSES.

    Greedy: takes the words with the greatest shares until the sum says that it is enough, then reads what
    is left and goes on from there. After ROUNDS readings the words found so far are given.
    """
    now, left = first, text
    taken: list[Place] = []
    for _ in range(max(1, ROUNDS - len(first.words) // WORDS_A_ROUND)):
        if now.probability(HEADS[0]) < PASSES:
            break
        chosen = _greatest(now, left)
        taken += chosen
        left = _blanked(left, chosen)
        if not chosen or not left.strip():
            break
        now = read(left)
    return tuple(sorted(taken))


def _blanked(text: str, places: Sequence[Place]) -> str:
    """The text with spaces in these places: what is left keeps its offsets."""
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def is_word(text: str, place: Place) -> bool:
    """Whether a place holds a word that can carry a meaning by itself."""
    word = text[place[0] : place[1]]
    return word.lower() not in FUNCTION_WORDS and any(char.isalnum() for char in word)


def _greatest(read: Read, text: str) -> list[Place]:
    """The words whose shares, taken away, bring the first head's logit to the passing one."""
    shares = read.shares[:, 0]
    surplus = float(read.logits[0]) - float(np.log(PASSES / (1 - PASSES)))
    order = [int(i) for i in np.argsort(-shares) if is_word(text, read.words[int(i)])]
    chosen: list[Place] = []
    for i in order[: max(1, int(MOST * len(order)))]:
        if chosen and (surplus <= 0 or shares[i] <= 0):
            break
        chosen.append(read.words[i])
        surplus -= float(shares[i])
    return chosen


def joined(text: str, places: Sequence[Place]) -> list[Place]:
    """Neighbours with nothing but spaces and signs between them as one."""
    merged: list[Place] = []
    for start, end in sorted(places):
        if merged and not any(char.isalnum() for char in text[merged[-1][1] : start]):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged
