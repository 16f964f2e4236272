"""presets/engines.toml is read whole or refused with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.cards import read_cards
from safety.errors import PresetError

SHIPPED = Path(__file__).parents[2] / "presets" / "engines.toml"
CARD = """
[one]
title = "One"
model = "one"
licence = "MIT"
licence_url = ""
source = ""
guided = true
steps = { default = 20, least = 1, most = 50 }
guidance = { default = 4, least = 1, most = 12 }
size = { default = 128, least = 128, most = 256 }
count = { default = 1, least = 1, most = 4 }
"""


def read(folder: Path, text: str) -> dict[str, object]:
    path = folder / "engines.toml"
    path.write_text(text)
    return dict(read_cards(path))


def test_the_shipped_cards_are_valid_and_include_the_embedded_model() -> None:
    assert "pocket" in read_cards(SHIPPED)


def test_cards_keep_the_order_of_the_file(tmp_path: Path) -> None:
    assert list(read(tmp_path, CARD.replace("[one]", "[two]") + CARD)) == ["two", "one"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param("least = 1, most = 12", "least = 0.5, most = 12", "one.guidance.least", id="guidance below 1"),
        pytest.param("least = 1, most = 12", "least = -3, most = 12", "one.guidance.least", id="negative guidance"),
        pytest.param("default = 20", "default = 60", "one.steps", id="default out of range"),
        pytest.param("default = 20", "default = 20, quick = 20", "one.steps", id="quick that is no quicker"),
        pytest.param("default = 128", "default = 130", "one.size", id="size that is no multiple"),
        pytest.param('model = "one"', 'model = "a/b"\nrevision = "main"', "one.revision", id="moving revision"),
        pytest.param(
            'title = "One"',
            'title = "One"\nsteering.some = { warm_up = 0, scale = 1, threshold = 0 }',
            "one.steering.some",
            id="no such strength",
        ),
        pytest.param('title = "One"', 'title = "One"\nsafety = "off"', "safety", id="unknown key"),
        pytest.param("[one]", "one =", "engines.toml", id="bad syntax"),
        pytest.param("[one]", "[[one]]", "engines.toml", id="no table"),
    ],
)
def test_a_bad_card_names_the_file_and_the_key(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(PresetError, match="engines.toml") as caught:
        read(tmp_path, CARD.replace(old, new))
    assert says in str(caught.value)


def test_a_model_without_guidance_may_have_guidance_zero(tmp_path: Path) -> None:
    text = CARD.replace("guided = true", "guided = false").replace("least = 1, most = 12", "least = 0, most = 12")
    assert list(read(tmp_path, text)) == ["one"]
