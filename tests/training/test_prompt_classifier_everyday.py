"""Harmless rows made by code: all benign, the same for the same seed."""

from __future__ import annotations

from training.prompt_classifier import everyday
from training.prompt_classifier.rows import HARM, full

TATE = [full("Dawn, graphite on paper by Jane Doe", "tate", 0.0)]
STYLED = [full("a castle, highly detailed, 8k", "sd_discord", 0.0)]


def test_nouns_are_harmless_and_repeat_with_the_seed() -> None:
    rows = everyday.nouns(50, seed=1)
    assert [row.text for row in rows] == [row.text for row in everyday.nouns(50, seed=1)]
    assert not any(target for row in rows for target in row.target.values())


def test_a_risky_title_names_one_category_and_is_hardly_harmful() -> None:
    for row in everyday.titles(TATE, 50):
        assert row.target[HARM] == everyday.ART_HARM
        assert sum(row.target[category] > 0 for category in everyday.SUBJECTS) == 1
        assert row.target["sexual"] == 0


def test_a_style_changes_no_label() -> None:
    rows = [full("a cat", "coco", 0.0), full("blood", "made", 1.0, ["violence"])]
    for row in everyday.styled(rows, STYLED, 20):
        assert row.text.endswith(", highly detailed, 8k")
        assert row.target[HARM] == float(row.text.startswith("blood"))


def test_without_styles_nothing_is_styled() -> None:
    assert everyday.styled(TATE, [full("a castle", "sd_discord", 0.0)], 5) == []
