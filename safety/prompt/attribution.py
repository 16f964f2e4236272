"""Which words carry a score: chosen by what the model would say without them, checked by reading without them.

A head's logit is a mean over tokens, so what it would be without some of them follows from the shares, as far as the
states of the others stay as they are. The choice is made on that and then tried: the text is read again
without the words (occlusion), and what is still missing is chosen from that reading.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from safety.prompt.windows import HEADS, Array, TextAttribution, Window

ROUNDS = 1  # readings of one window beside the one that tries the first choice
TOKENS = 340  # read at most for one judgement, all first readings included: so long prompts stay quick
GAIN = 6.0  # leaving words out changes about so many times what the fixed states foretell
LEAST_GAIN = 1.0
CAUTION = 0.7  # of what a reading gained: the next words are weaker
LEAST_MASS = 1e-6

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
    text: str, read: TextAttribution, without: Without, passes: Passes, left: int = TOKENS
) -> tuple[int, ...]:
    """Numbers of the fewest words found without which the logits of every window pass, in order.

    Checked by reading again, ROUNDS times a window, as long as `left` tokens last; what is left then is the estimate.
    """
    fit = {number for number, place in enumerate(read.words) if is_word(text, place)}
    gone: set[int] = set()
    for window in sorted(read.windows, key=lambda window: -float(window.logits[0])):
        gain = GAIN
        for readings in range(ROUNDS + 1):
            if passes(window.logits[None])[0]:
                break
            order = _order(window, fit - gone)
            order = order[: _enough(window, order, gain, passes)]
            gone.update(number for number, _ in order)
            if not order or readings == ROUNDS or len(window.ids) - len(order) > left:
                break
            seen = without(window, gone)
            gain = _gain(window, order[-1][1], seen)
            window, left = seen, left - len(seen.ids)
    return tuple(sorted(gone))


def _enough(window: Window, order: Order, gain: float, passes: Passes) -> int:
    """How many words it takes if leaving them out does `gain` times what the fixed states foretell."""
    if not order:
        return 0
    foretold = np.stack([logits for _, logits in order])
    enough = passes(window.logits + gain * (foretold - window.logits))
    return 1 + int(enough.argmax()) if enough.any() else len(order)


def _gain(window: Window, foretold: Array, seen: Window) -> float:
    """How many times as much as foretold a reading without some words changed the first head."""
    hoped = float(window.logits[0] - foretold[0])
    found = float(window.logits[0] - seen.logits[0])
    return min(max(CAUTION * found / max(hoped, LEAST_MASS), LEAST_GAIN), GAIN)


def _order(window: Window, fit: Collection[int]) -> list[tuple[int, Array]]:
    """Words of a window, (number, logits without it and those before): first what lowers the first head most.

    The logits are those of the states as they are; words that would not lower it are left out.
    """
    numbers, shares, weights = _by_word(window)
    bias = window.logits - window.shares.sum(axis=0)
    total, mass = window.shares.sum(axis=0), window.weights.sum(axis=0)
    free = np.isin(numbers, list(fit))
    order: list[tuple[int, Array]] = []
    while free.any():
        after = (total[0] - shares[:, 0]) / np.maximum(mass[0] - weights[:, 0], LEAST_MASS)
        best = int(np.where(free, after, np.inf).argmin())
        if order and after[best] >= total[0] / mass[0]:
            break
        free[best] = False
        total, mass = total - shares[best], np.maximum(mass - weights[best], LEAST_MASS)
        order.append((int(numbers[best]), bias + total / mass))
    return order


def _by_word(window: Window) -> tuple[np.ndarray, Array, Array]:
    """Numbers of the words in a window, (words,), with their shares and weights, (words, heads)."""
    numbers, owners = np.unique(window.words, return_inverse=True)
    sums = np.zeros((2, len(numbers), len(HEADS)), dtype=np.float32)
    np.add.at(sums[0], owners, window.shares)
    np.add.at(sums[1], owners, window.weights)
    return numbers, sums[0], sums[1]


def is_word(text: str, place: Place) -> bool:
    """Whether a place holds a word that can carry a meaning by itself."""
    word = text[place[0] : place[1]]
    return word.lower() not in FUNCTION_WORDS and any(char.isalnum() for char in word)


def joined(text: str, places: Sequence[Place], chosen: Iterable[int]) -> list[list[int]]:
    """Numbers of the chosen words, neighbours with nothing but spaces and signs between them together."""
    groups: list[list[int]] = []
    for number in sorted(chosen):
        between = text[places[groups[-1][-1]][1] : places[number][0]] if groups else "x"
        if any(char.isalnum() for char in between):
            groups.append([number])
        else:
            groups[-1].append(number)
    return groups


def part(read: TextAttribution, words: Sequence[int], head: str) -> float:
    """How much of what speaks for a head comes from these words, 0..1: exact for the states that were computed."""
    column = np.maximum(read.shares[:, HEADS.index(head)], 0)
    total = float(column.sum())
    return min(1.0, float(column[list(words)].sum()) / total) if total > 0 else 0.0
