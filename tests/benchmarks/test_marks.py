"""benchmarks/marks/survival.py: its attacks change pictures, and its tables say what the results say."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.marks.attacks import ATTACKS, BEYOND, RESEARCH, SAME_GEOMETRY
from benchmarks.marks.survival import agreement
from benchmarks.marks.tables import tables
from tests.fakes_marks import photograph

PICTURE = photograph(1, 96, 80)
LARGE = photograph(2, 1600, 90)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "none"])
def test_an_attack_gives_another_rgb_picture(name: str) -> None:
    attacked = ATTACKS[name](PICTURE)

    assert attacked.mode == "RGB"
    assert attacked.size != PICTURE.size or (np.asarray(attacked) != np.asarray(PICTURE)).any()
    if name in SAME_GEOMETRY:
        assert attacked.size == PICTURE.size


def test_a_messenger_makes_the_long_side_1280() -> None:
    assert ATTACKS["messenger1280"](LARGE).size == (1280, 72)


def test_no_attack_is_in_both_lists() -> None:
    assert not RESEARCH.keys() & BEYOND.keys()


def test_what_was_not_found_counts_as_guessed() -> None:
    payload = np.array([0, 1, 1, 0], np.uint8)

    assert agreement(None, payload) == 0.5
    assert agreement(payload, payload) == 1
    assert agreement(1 - payload, payload) == 0


def row(picture: str, **bits: float) -> dict[str, object]:
    figures = {"psnr": 43.0, "ssim": 0.98, "embed_ms": 100, "read_ms": 11, "negative_ms": 600}
    return {"method": "safelight", "size": 512, "group": "ours", "picture": picture, **figures, "bits": bits}


def test_the_table_gives_accuracy_whole_payloads_and_how_many_were_asked() -> None:
    text = tables([row("a", none=1.0, crop50=0.5), row("b", none=1.0, crop50=1.0), row("c", none=0.5)])

    assert "| none | 83 / **66.7** |" in text
    assert "| crop50 | 75 / **50.0** (2) |" in text
    assert "| jpeg90 | – |" in text


def test_refused_pictures_are_counted_and_named() -> None:
    refused = {"method": "safelight", "size": 512, "group": "ours", "picture": "white", "refused": "All white."}
    text = tables([row("a", none=1.0), refused])

    assert "| 1 (1) |" in text
    assert "Refused: white: All white." in text
