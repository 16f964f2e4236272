"""Finds the words that carry a score: by what the model would say without them, tried by reading without them.

A head's logit is a mean over tokens, so what it would be without some of them follows from the shares, as far as the
states of the others stay as they are. The choice is made on that and then tried: the text is read again
without the words (occlusion), and what is still missing is chosen from that reading.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from safety.prompt.classifier_model import HEADS, Array, TextAttribution, Window

ROUNDS = 1  # readings of one window beside the one that tries the first choice
MAX_TOKENS = 340  # read for one judgement, all first readings included: so long prompts stay quick
GAIN = 6.0  # leaving words out changes about so many times what the fixed states predict
MIN_GAIN = 1.0
CAUTION = 0.7  # of what a reading gained: the next words are weaker
MIN_MASS = 1e-6

# Their shares are their neighbours': an encoder spreads what it knows, and "the" alone carries nothing.
_FUNCTION = (
    "a an the this that these those of in on at to into onto from for with by as and or but is are was were be been "
    "being it its he she they them his her their who which there has have had do does will would"
)
FUNCTION_WORDS = frozenset(_FUNCTION.split())

Place = tuple[int, int]
Without = Callable[[Window, Collection[int]], Window]
Passes = Callable[[Array], NDArray[np.bool_]]  # (readings, heads) -> (readings,)
Order = Sequence[tuple[int, Array]]


def attribute(
    text: str, attribution: TextAttribution, without: Without, passes: Passes, max_tokens: int = MAX_TOKENS
) -> tuple[int, ...]:
    """Returns the numbers of the fewest words found without which the logits of every window pass, in order.

    `without` reads a window again without some words, `passes` tells of logits whether nothing stops any more. Choices
    are tried ROUNDS times a window, as long as `max_tokens` last; what is left then is the estimate.
    """
    candidates = {number for number, place in enumerate(attribution.words) if is_word(text, place)}
    removed: set[int] = set()
    for window in sorted(attribution.windows, key=lambda window: -float(window.logits[0])):
        gain = GAIN
        for readings in range(ROUNDS + 1):
            if passes(window.logits[None])[0]:
                break
            order = _order(window, candidates - removed)
            order = order[: _enough(window, order, gain, passes)]
            removed.update(number for number, _ in order)
            if not order or readings == ROUNDS or len(window.ids) - len(order) > max_tokens:
                break
            shorter = without(window, removed)
            gain = _gain(window, order[-1][1], shorter)
            window, max_tokens = shorter, max_tokens - len(shorter.ids)
    return tuple(sorted(removed))


def _enough(window: Window, order: Order, gain: float, passes: Passes) -> int:
    """Returns how many words it takes if leaving them out does `gain` times what the fixed states predict."""
    if not order:
        return 0
    predicted = np.stack([logits for _, logits in order])
    enough = passes(window.logits + gain * (predicted - window.logits))
    return 1 + int(enough.argmax()) if enough.any() else len(order)


def _gain(window: Window, predicted: Array, shorter: Window) -> float:
    """Returns how many times as much as predicted a reading without some words changed the first head."""
    expected = float(window.logits[0] - predicted[0])
    actual = float(window.logits[0] - shorter.logits[0])
    return min(max(CAUTION * actual / max(expected, MIN_MASS), MIN_GAIN), GAIN)


def _order(window: Window, candidates: Collection[int]) -> list[tuple[int, Array]]:
    """Returns words of a window, (number, logits without it and those before), that lower the first head most first.

    The logits are those of the states as they are; words that would not lower it are left out.
    """
    numbers, shares, weights = _by_word(window)
    bias = window.logits - window.shares.sum(axis=0)
    total, mass = window.shares.sum(axis=0), window.weights.sum(axis=0)
    free = np.isin(numbers, list(candidates))
    order: list[tuple[int, Array]] = []
    while free.any():
        after = (total[0] - shares[:, 0]) / np.maximum(mass[0] - weights[:, 0], MIN_MASS)
        best = int(np.where(free, after, np.inf).argmin())
        if order and after[best] >= total[0] / mass[0]:
            break
        free[best] = False
        total, mass = total - shares[best], np.maximum(mass - weights[best], MIN_MASS)
        order.append((int(numbers[best]), bias + total / mass))
    return order


def _by_word(window: Window) -> tuple[np.ndarray, Array, Array]:
    """Returns the numbers of the words in a window, (words,), with their shares and weights, (words, heads)."""
    numbers, owners = np.unique(window.words, return_inverse=True)
    sums = np.zeros((2, len(numbers), len(HEADS)), dtype=np.float32)
    np.add.at(sums[0], owners, window.shares)
    np.add.at(sums[1], owners, window.weights)
    return numbers, sums[0], sums[1]


def is_word(text: str, place: Place) -> bool:
    """Tells whether a place holds a word that can carry a meaning by itself."""
    word = text[place[0] : place[1]]
    return word.lower() not in FUNCTION_WORDS and any(char.isalnum() for char in word)


def joined(text: str, places: Sequence[Place], chosen: Iterable[int]) -> list[list[int]]:
    """Returns the numbers of chosen words in groups: neighbours with only spaces and signs between go together."""
    groups: list[list[int]] = []
    for number in sorted(chosen):
        between = text[places[groups[-1][-1]][1] : places[number][0]] if groups else "x"
        if any(char.isalnum() for char in between):
            groups.append([number])
        else:
            groups[-1].append(number)
    return groups


def share_of(attribution: TextAttribution, words: Sequence[int], head: str) -> float:
    """Returns how much of what speaks for a head comes from these words, 0..1: exact for the states computed."""
    column = np.maximum(attribution.shares[:, HEADS.index(head)], 0)
    total = float(column.sum())
    return min(1.0, float(column[list(words)].sum()) / total) if total > 0 else 0.0
