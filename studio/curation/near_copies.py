"""Finds pictures that are nearly equal among many, by their PDQ hashes, without comparing each with all.

Multi-index hashing (Norouzi, Punjani and Fleet, CVPR 2012): a hash of 256 bits is cut into 16 words. Two hashes that
differ in at most 31 bits have a word in common that differs in at most one bit, so only those are compared.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

WORDS, WORD_BITS = 16, 16
MAX_DISTANCE = 2 * WORDS - 1
_FLIPS = (0, *(1 << bit for bit in range(WORD_BITS)))


class NearCopies:
    """Holds the hashes that were added; `distance` is how many bits may differ, at most 31."""

    def __init__(self, distance: int) -> None:
        if not 0 <= distance <= MAX_DISTANCE:
            raise ValueError(f"a distance of {distance}: at most {MAX_DISTANCE}")
        self._distance = distance
        # A word must be equal where so few bits differ that they cannot touch all words.
        self._flips = _FLIPS if distance >= WORDS else (0,)
        self._by_word: defaultdict[int, list[int]] = defaultdict(list)
        self._hashes = np.zeros((1024, 4), np.uint64)
        self._names: list[str] = []

    def find(self, pdq: str) -> str:
        """Returns the name of the first hash that is near to one, 64 hex digits; "" for none."""
        found: set[int] = set()
        for place, word in enumerate(_words(pdq)):
            for flip in self._flips:
                found.update(self._by_word.get(place << WORD_BITS | (word ^ flip), ()))
        if not found:
            return ""
        candidates = np.fromiter(found, np.int64)
        distances = np.bitwise_count(self._hashes[candidates] ^ _bits(pdq)).sum(1)
        near = candidates[distances <= self._distance]
        return self._names[int(near.min())] if len(near) else ""

    def add(self, pdq: str, name: str) -> None:
        """Adds a hash under a name."""
        number = len(self._names)
        if number == len(self._hashes):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
        self._hashes[number] = _bits(pdq)
        self._names.append(name)
        for place, word in enumerate(_words(pdq)):
            self._by_word[place << WORD_BITS | word].append(number)


def _words(pdq: str) -> list[int]:
    return [int(pdq[at : at + 4], 16) for at in range(0, 4 * WORDS, 4)]


def _bits(pdq: str) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.frombuffer(bytes.fromhex(pdq), np.uint64)
