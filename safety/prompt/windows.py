"""A text as the prompt model sees it: windows of tokens, the words that they belong to, and what was said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADS = (
    "harm",
    "sexual",
    "nudity",
    "violence",
    "shocking",
    "self_harm",
    "hate",
    "harassment",
    "deception",
    "dangerous",
    "protected_works",
    "stereotype",
)
WINDOW, OVERLAP = 128, 16  # tokens; longer texts are read in windows that overlap
SHORTEST = 40  # tokens that the last of several windows holds at least: a few words alone mean little
MOST_WINDOWS = 16
BEGIN, END = 101, 102  # the tokens that frame a text

Array = NDArray[np.float32]


class TooLong(ValueError):
    """The text has more words than the model reads."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of tokens as the model saw it, framed by two of its own.

    words: (tokens,) number of the word that each token belongs to, -1 for the frame. logits: (heads,).
    shares: (tokens, heads), which sum up to the logits less the bias. weights: (tokens, heads), which sum up to one:
    a head's mean over tokens is weighted by them.
    """

    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    logits: Array
    shares: Array
    weights: Array


@dataclass(frozen=True, slots=True)
class TextAttribution:
    """One text as the model saw it.

    logits: (heads,), of the window that is worst. words: (start, end) of each word or sign in the text.
    shares: (words, heads), what each word adds to the logits of its window.
    """

    logits: Array
    words: tuple[tuple[int, int], ...]
    shares: Array
    windows: tuple[Window, ...]

    @property
    def tokens(self) -> int:
        """How many were read, frames included."""
        return sum(len(window.ids) for window in self.windows)


def windows(ids: list[int]) -> list[tuple[int, tuple[int, ...]]]:
    """(first token, framed ids) of each window; one for any text that fits.

    They start at the same places however long the text is: while somebody types, all but the last stay as they are.
    """
    room = WINDOW - 2
    step = room - OVERLAP
    if len(ids) > (MOST_WINDOWS - 1) * step + room:
        most = (MOST_WINDOWS - 1) * step + room
        raise TooLong(f"the prompt has {len(ids)} word pieces; at most {most} can be judged")
    starts = [0, *range(step, len(ids) - OVERLAP, step)] if len(ids) > room else [0]
    starts[-1] = max(0, min(starts[-1], len(ids) - SHORTEST))
    return [(start, (BEGIN, *ids[start : start + room], END)) for start in starts]


def words_of(encoding: Any) -> tuple[NDArray[np.int64], tuple[tuple[int, int], ...]]:
    """The number of each token's word, and where each word stands in the text."""
    numbers: dict[int, int] = {}
    places: list[tuple[int, int]] = []
    owners = np.zeros(len(encoding.ids), dtype=np.int64)
    for token, (word, (start, end)) in enumerate(zip(encoding.word_ids, encoding.offsets, strict=True)):
        if word not in numbers:
            numbers[word] = len(places)
            places.append((start, end))
        owners[token] = at = numbers[word]
        places[at] = (places[at][0], end)
    return owners, tuple(places)


def worst(logits: Sequence[Array]) -> Array:
    """Of the logits of several windows, (heads,) each, those with the highest first head."""
    return max(logits, key=lambda each: float(each[0]))


def framed(words: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[-1], words, [-1]])


def by_word(windows: Sequence[Window], words: int) -> Array:
    """Shares summed over the tokens of a word; where windows overlap, the greater sum counts."""
    best = np.full((words, len(HEADS)), -np.inf, dtype=np.float32)
    for window in windows:
        inner = window.words >= 0
        sums = np.full((words, len(HEADS)), 0, dtype=np.float32)
        np.add.at(sums, window.words[inner], window.shares[inner])
        seen = np.unique(window.words[inner])
        best[seen] = np.maximum(best[seen], sums[seen])
    return best
