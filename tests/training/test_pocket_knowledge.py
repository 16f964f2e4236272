"""What the model is said to know: things measured by several pictures, and a file written part by part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("efficientnet_lite_pytorch", reason="training/pocket/requirements.txt")
pytest.importorskip("tqdm")

from tests.training.pocket_things import language, things
from training.pocket import knowledge
from training.pocket.evaluate import difference


class Draws:
    """Draws every picture as its number."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def draw(self, prompts: Sequence[str], what: str) -> np.ndarray:
        self.prompts = list(prompts)
        return np.arange(len(prompts))


class Names:
    """Sees a dog in every picture."""

    def names(self, pictures: np.ndarray, best: int) -> list[list[str]]:
        return [["dog"][:best] for _ in pictures]


def test_a_rate_is_the_share_of_a_things_pictures_that_show_it() -> None:
    artist = Draws()
    rates = knowledge.rates(Names(), artist, things()[0], language())  # type: ignore[arg-type]
    assert rates == {"dog": 1.0, "apple": 0.0, "kite": 0.0, "cook": 0.0}
    assert artist.prompts.count("a dog") == knowledge.SEEDS
    assert len(artist.prompts) <= 4 * (knowledge.SEEDS + knowledge.NAMES)


def test_a_part_that_was_not_measured_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "knows.json"
    knowledge.write(path, {"things": {"cat": 1.0, "hat": 0.2}, "relations": {"beside another thing": 0.5}})
    knowledge.write(path, {"things": {"cat": 0.8}, "styles": {"pencil": 0.9}})
    held = json.loads(path.read_text("utf-8"))
    assert held["things"] == {"cat": 0.8}
    assert (held["styles"], held["relations"]) == ({"pencil": 0.9}, {"beside another thing": 0.5})
    assert held["least"] == knowledge.LEAST
    assert list(tmp_path.iterdir()) == [path]


def test_a_kind_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="moods"):
        knowledge.write(tmp_path / "knows.json", {"moods": {"calm": 1.0}})


def test_pictures_differ_by_the_mean_of_all_twos() -> None:
    pictures = np.stack([np.full((2, 2, 3), level, np.uint8) for level in (0, 10, 40)])
    assert difference(pictures) == pytest.approx((10 + 40 + 30) / 3)
