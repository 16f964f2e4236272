from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from safety.marks.invisible.error_correction import CODE_BITS, GENERATORS, MEMORY, decode, encode, viterbi

KEY = b"a key"
stamps = st.integers(0, 2**64 - 1)


@given(stamps)
def test_a_stamp_comes_back_from_its_own_code_word(stamp: int) -> None:
    assert decode(encode(stamp, KEY), KEY) == stamp


@given(stamps, st.integers(0, 2**32 - 1))
def test_noise_as_strong_as_the_signal_is_corrected(stamp: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.9, CODE_BITS).astype(np.float32)

    assert decode(encode(stamp, KEY) + noise, KEY) == stamp


@given(stamps)
def test_another_key_reads_nothing(stamp: int) -> None:
    assert decode(encode(stamp, KEY), b"another key") is None


def test_words_of_noise_are_refused() -> None:
    random = np.random.default_rng(0)

    assert not any(decode(random.normal(size=CODE_BITS).astype(np.float32), KEY) for _ in range(300))


def test_silence_and_constant_bits_are_refused() -> None:
    assert decode(np.zeros(CODE_BITS, np.float32), KEY) is None
    assert decode(np.ones(CODE_BITS, np.float32), KEY) is None
    assert decode(-np.ones(CODE_BITS, np.float32), KEY) is None


def test_the_generators_have_first_and_last_tap_set_as_the_decoder_assumes() -> None:
    assert all(generator & 1 and generator >> MEMORY == 1 for generator in GENERATORS)


@given(stamps, st.integers(1, 95))
def test_the_code_is_a_ring_that_looks_the_same_from_every_bit(stamp: int, turn: int) -> None:
    word = encode(stamp, KEY).reshape(-1, len(GENERATORS))
    turned = viterbi(np.roll(word, turn, axis=0).ravel())

    assert np.array_equal(np.roll(turned, -turn), viterbi(word.ravel()))
