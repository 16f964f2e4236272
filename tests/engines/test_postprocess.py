"""Small pictures grow to the short side asked for; others stay as they are."""

from __future__ import annotations

import pytest
from PIL import Image

from engines.postprocess import enlarge


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param((128, 128), (512, 512), id="square"),
        pytest.param((128, 192), (512, 768), id="portrait"),
        pytest.param((200, 100), (1024, 512), id="landscape"),
        pytest.param((512, 512), (512, 512), id="just large enough"),
        pytest.param((1024, 768), (1024, 768), id="never smaller"),
    ],
)
def test_short_side(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert enlarge(Image.new("RGB", size), 512).size == expected


def test_a_plain_picture_stays_plain() -> None:
    assert enlarge(Image.new("RGB", (16, 16), (9, 90, 200)), 64).getcolors() == [(64 * 64, (9, 90, 200))]
