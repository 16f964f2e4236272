"""Encodes a 64-bit stamp as 384 code bits, and decodes soft values with error correction.

Stamp and keyed CRC-32 (96 bits) enter a tail-biting convolutional code of rate 1/4 and constraint length 9, whose
generators (463, 535, 733, 745 octal) have the largest free distance of their kind, 24 (Larsen 1973). Every generator
has its first and last tap set, so the two branches into a state carry opposite bits: one metric serves both.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STAMP_BITS, CRC_BITS = 64, 32
INFO_BITS = STAMP_BITS + CRC_BITS
GENERATORS = (0o463, 0o535, 0o733, 0o745)
MEMORY = 8  # past bits that a code bit depends on: the constraint length less one
CODE_BITS = INFO_BITS * len(GENERATORS)
_STATES = 1 << MEMORY
# The trellis is a ring, entered half a turn early and left half a turn late: start and end state are then as good as
# known.
_WARM_UP = INFO_BITS // 2


def _signs(registers: NDArray[np.int64]) -> Floats:
    """Returns the code bits, (..., 4), of shift registers, (...), as +1 (bit 0) and -1 (bit 1)."""
    taps = np.bitwise_count(registers[..., None] & np.array(GENERATORS))
    return np.asarray(1 - 2.0 * (taps & 1), np.float32)


# (states, 4): the code bits of the branch into each state from its predecessor whose oldest bit is 0.
_BRANCHES = _signs(np.arange(_STATES))


def encode(stamp: int, key: bytes) -> Floats:
    """Returns the code bits, (384,), of a stamp with its keyed CRC, as +1 (bit 0) and -1 (bit 1)."""
    word = stamp << CRC_BITS | _crc(stamp, key)
    bits = np.array([word >> shift & 1 for shift in reversed(range(INFO_BITS))])
    registers = np.sum([np.roll(bits, age) << age for age in range(MEMORY + 1)], axis=0)
    return _signs(registers).ravel()


def decode(soft: Floats, key: bytes) -> int | None:
    """Returns the stamp of the most likely code word, or None if its CRC does not match.

    `soft` holds the log-likelihood ratios of the code bits, (384,), positive for bit 0. A random word is accepted with
    probability 2^-32.
    """
    word = int("".join(map(str, viterbi(soft).tolist())), 2)
    stamp, crc = word >> CRC_BITS, word & (1 << CRC_BITS) - 1
    return stamp if crc == _crc(stamp, key) else None


def viterbi(soft: Floats) -> NDArray[np.uint8]:
    """Returns the bits, (96,), of the most likely path around the tail-biting trellis (Viterbi 1967).

    `soft` holds the log-likelihood ratios of the code bits, (384,).
    """
    # Both branches out of a state in one row each: long rows are what numpy is fast at.
    metrics = (soft.reshape(INFO_BITS, -1) @ _BRANCHES.T).reshape(INFO_BITS, _STATES // 2, 2)
    metrics = np.ascontiguousarray(metrics.swapaxes(1, 2))
    steps = (np.arange(INFO_BITS + 2 * _WARM_UP) - _WARM_UP) % INFO_BITS
    score = np.zeros(_STATES, np.float32)
    # Whether the better predecessor has its oldest bit set.
    upper_wins = np.empty((len(steps), 2, _STATES // 2), bool)
    for wins, metric in zip(upper_wins, metrics[steps], strict=True):
        lower, upper = score[: _STATES // 2] + metric, score[_STATES // 2 :] - metric
        np.greater(upper, lower, out=wins)
        np.maximum(lower, upper, out=score.reshape(-1, 2).T)
    from_upper = upper_wins.swapaxes(1, 2).reshape(len(steps), _STATES)
    bits = np.empty(len(steps), np.uint8)
    state = int(score.argmax())
    for number in reversed(range(len(steps))):
        bits[number] = state & 1
        state = state >> 1 | int(from_upper[number, state]) << (MEMORY - 1)
    return bits[_WARM_UP:-_WARM_UP]


def _crc(stamp: int, key: bytes) -> int:
    """Returns the CRC-32 of stamp and key, so that neither zeros nor another studio's code words pass."""
    return zlib.crc32(stamp.to_bytes(STAMP_BITS // 8, "big") + key)
