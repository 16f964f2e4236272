"""What counts as a copy of a training picture, and what a sample is compared with."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("efficientnet_lite_pytorch", reason="training/pocket/requirements.txt")
pytest.importorskip("tqdm")

from training.pocket import memory


def picture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((16, 16, 1), dtype=np.uint8))


def test_a_picture_is_its_own_copy_and_no_other_ones() -> None:
    bits = memory.hashes(np.stack([picture(0), picture(1), picture(2)]))
    apart = memory.apart(bits, bits)
    assert (np.diag(apart) == 0).all()
    assert (apart[~np.eye(3, dtype=bool)] > 2 * memory.COPY).all()


def test_bits_that_differ_are_counted() -> None:
    bits = np.array([[0, 1, 1, 0], [1, 1, 0, 0]], dtype=np.uint8)
    assert memory.apart(bits, bits).tolist() == [[0, 2], [2, 0]]


def test_what_was_learned_is_asked_for_first() -> None:
    asked = memory.prompts(5, ["dog", "dog", "apple"])
    assert asked[:2] == ["a dog", "an apple"] and len(asked) == 5
