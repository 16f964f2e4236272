"""What stands beside the label's "AI": words of twelve label_words, and an operator's badge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from safety.errors import PresetError
from safety.marks.label import LabelStyle, draw, label_words, read_badge
from safety.marks.visible import MIN_CONTRAST, Corner, labelled
from tests.fakes_marks import flat_art, photograph

PRESETS = Path(__file__).parents[3] / "presets"
WORDS = label_words(PRESETS)
RING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9" fill="#c00"/></svg>'
GROUNDS = [pytest.param(flat_art(1), id="flat"), pytest.param(photograph(2), id="busy")]


@pytest.mark.parametrize("language", WORDS)
def test_every_language_is_readable_large_enough_and_keeps_ai_as_the_main_element(language: str) -> None:
    image, label = labelled(photograph(1), style=LabelStyle(WORDS[language]))
    alone = draw(512, LabelStyle())
    words = np.asarray(draw(512, LabelStyle(WORDS[language])).mask)[:, alone.mask.width + 14 :]
    rows = np.flatnonzero((words > 128).any(axis=1))
    drawn = draw(512, LabelStyle(WORDS[language]))

    assert label.contrast >= MIN_CONTRAST and image.size == (512, 512)
    assert rows[-1] - rows[0] + 1 >= 0.05 * 512
    assert drawn.letter_height >= 0.06 * 512 and drawn.mask.width > alone.mask.width


@pytest.mark.parametrize("corner", Corner)
@pytest.mark.parametrize("image", GROUNDS)
def test_a_badge_is_drawn_in_the_ink_of_the_letters(image: Image.Image, corner: Corner) -> None:
    out, label = labelled(image, corner, LabelStyle(WORDS["en"], RING))
    left, top, _, bottom = label.letters
    inside = np.asarray(out.crop((left, top, left + bottom - top, bottom))).reshape(-1, 3)

    assert label.contrast >= MIN_CONTRAST
    assert (np.abs(inside.astype(int) - label.ink).sum(-1) < 20).mean() > 0.2  # the disc, without its red


def test_a_small_picture_keeps_the_letters_and_leaves_the_rest_out() -> None:
    small = Image.new("RGB", (64, 200), "teal")

    assert labelled(small, style=LabelStyle(WORDS["fr"], RING))[1] == labelled(small)[1]


BADGES = [
    pytest.param("no svg", "no SVG", id="text"),
    pytest.param(RING.replace("viewBox", 'width="900" height="10" data-x'), "too wide", id="wide"),
    pytest.param('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>', "draws nothing", id="empty"),
    pytest.param(RING + " " * 200_001, "200,", id="large"),
]


@pytest.mark.parametrize(("text", "words"), BADGES)
def test_a_badge_that_cannot_be_used_is_named_at_the_start(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "badge.svg").write_text(text)
    with pytest.raises(PresetError) as caught:
        read_badge(tmp_path / "badge.svg")
    assert words in caught.value.sentence and caught.value.advice


def test_words_that_the_font_cannot_draw_are_named(tmp_path: Path) -> None:
    (tmp_path / "labels.toml").write_text('[label.am]\nwords = "በAI"\n', "utf-8")
    with pytest.raises(PresetError, match="label.am"):
        label_words(tmp_path)
    (tmp_path / "labels.toml").write_text('[label.am]\nword = "x"\n')
    with pytest.raises(PresetError, match="words"):
        label_words(tmp_path)
