"""benchmarks/marks/random_*.py: the same seed gives the same pictures and attacks, another one others, in range."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.marks.random_attacks import KINDS, MAX_SIDE, scaled
from benchmarks.marks.random_shapes import MAX_ASPECT, MIN_SIDE, cut, draw_size, drawings
from benchmarks.marks.random_survival import middle, table
from benchmarks.marks.side_by_side import MEASURED, ratios
from tests.fakes_marks import photograph

PICTURE = photograph(1, 160, 96)


def test_there_are_thirty_kinds() -> None:
    assert len(KINDS) == 30


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_repeats_an_attack_and_another_seed_does_not(kind: str) -> None:
    attacked = [np.asarray(KINDS[kind](np.random.default_rng(seed))(PICTURE)) for seed in (1, 1, 2, 3, 4, 5)]

    assert attacked[0].ndim == 3 and (attacked[0] == attacked[1]).all()
    assert any(other.shape != attacked[0].shape or (other != attacked[0]).any() for other in attacked[2:])


def test_nothing_is_enlarged_beyond_what_is_read() -> None:
    assert max(scaled(3.5)(photograph(2, 1600, 90)).size) == MAX_SIDE
    assert scaled(3.5)(PICTURE).size == (560, 336)
    assert scaled(0.5)(PICTURE).size == (80, 48)


@pytest.mark.parametrize("seed", range(20))
def test_sizes_stay_in_their_range(seed: int) -> None:
    width, height = draw_size(np.random.default_rng(seed))

    assert min(width, height) >= MIN_SIDE and max(width, height) <= MAX_SIDE
    assert width / height * 1.01 >= 1 / MAX_ASPECT and width / height <= MAX_ASPECT * 1.01


@pytest.mark.parametrize("size", [(160, 96), (300, 300), (2048, 700)], ids=str)
def test_a_small_source_gives_no_more_than_four_times_its_size(size: tuple[int, int]) -> None:
    part = cut(np.random.default_rng(1), PICTURE, size)

    assert min(part.size) >= min(MIN_SIDE, *size) and part.width <= 640 and part.height <= 384


def test_a_seed_repeats_its_pictures(tmp_path: Path) -> None:
    for number in range(3):
        photograph(number, 300, 280).save(tmp_path / f"{number}.png")
    groups = {"ours": sorted(tmp_path.glob("*.png"))}
    one, same, other = (list(drawings(np.random.default_rng(seed), groups, 3)) for seed in (1, 1, 2))

    assert sorted(drawing.name for drawing in one) == ["0", "1", "2"]
    assert [drawing.image.tobytes() for drawing in one] == [drawing.image.tobytes() for drawing in same]
    assert [drawing.image.size for drawing in one] != [drawing.image.size for drawing in other]


def test_the_middle_is_what_is_compared_of_a_large_picture() -> None:
    assert middle(PICTURE, 64).size == (64, 64)
    assert middle(PICTURE, 200).size == PICTURE.size


def row(number: int, whole: bool, size: tuple[int, int]) -> dict[str, object]:
    figures = {"psnr": 43.0, "ssim": 0.98, "embed_ms": 100, "read_ms": 11, "negative_ms": 600}
    kinds = {"jpeg": {"whole": whole, "size": size, "ms": 12.0}}
    shape = {"picture": number, "group": "own", "name": "a", "size": [300, 400], "untouched": True, "false": False}
    return {**shape, **figures, "kinds": kinds}


def test_the_report_counts_whole_payloads_and_names_small_remains() -> None:
    text = "\n".join(table([row(0, True, (300, 400)), row(1, False, (90, 120)), {"picture": 2, "refused": "Plain."}]))

    assert "2 pictures, 1 refused" in text
    assert "| jpeg | 50.0 | 2 | 12 |" in text
    assert "below 128 px once attacked: 0.0 of 1" in text


def test_two_versions_are_compared_run_by_run() -> None:
    here, there = [[10.0, 1.0, 4.0, 9.0], [30.0, 1.0, 4.0, 9.0]], [[20.0, 2.0, 4.0, 3.0], [30.0, 1.0, 4.0, 3.0]]
    found = ratios(here, there)

    assert [row[0] for row in found] == list(MEASURED)
    assert found[0][1:] == (20.0, 25.0, 0.75)
    assert found[3][3] == 3.0
