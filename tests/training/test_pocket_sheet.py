"""What the contact sheets show: 64 pictures each, seeds side by side, a row for each style."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="training/pocket/requirements.txt")

from training.pocket.sheet import COLUMNS, COUNT, EDGE, KINDS, LINE, choose, sheet


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_has_64_pictures_no_two_alike(kind: str) -> None:
    prompts, seeds = choose(kind)
    assert len(prompts) == len(seeds) == COUNT
    assert len(set(zip(prompts, seeds, strict=True))) == COUNT


def test_four_seeds_of_a_prompt_stand_side_by_side() -> None:
    prompts, seeds = choose("seeds")
    assert prompts[:4] == [prompts[0]] * 4 and prompts[4] != prompts[0]
    assert seeds[:8] == [0, 1, 2, 3] * 2


def test_each_style_has_a_row_of_the_same_things() -> None:
    prompts, _ = choose("styles")
    assert all("watercolo" in prompt for prompt in prompts[4 * COLUMNS : 5 * COLUMNS])
    assert all(("dog" in prompt) == (place == 0) for place, prompt in enumerate(prompts[:COLUMNS]))


def test_a_sheet_has_a_place_for_each_picture() -> None:
    page = sheet(np.zeros((COLUMNS + 1, 8, 8, 3), np.uint8), ["a dog"] * (COLUMNS + 1))
    assert page.size == (COLUMNS * (EDGE + 8), 2 * (EDGE + LINE))
