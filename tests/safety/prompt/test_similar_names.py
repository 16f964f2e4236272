"""Listed names are known however they are written; other words are left alone."""

from __future__ import annotations

import pytest

from safety.prompt.public_figures import read_public_figures
from safety.prompt.similar_names import SimilarNames
from safety.text import normalise
from tests.safety.prompt.conftest import PRESETS

NAMES = SimilarNames(read_public_figures(PRESETS).figures.names())


def found(text: str) -> set[str]:
    return {text[span.start : span.end] for span in NAMES.find(normalise(text))}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("a Scarlet Johanson poster", "Scarlet Johanson", id="a letter left out of each word"),
        pytest.param("Jenifer Lawrance", "Jenifer Lawrance", id="a letter changed"),
        pytest.param("kiera knigthley", "kiera knigthley", id="letters swapped"),
        pytest.param("Skarlett Yohanson", "Skarlett Yohanson", id="by sound"),
        pytest.param("tailor swift", "tailor swift", id="a word of English by sound"),
        pytest.param("T. Swift", "T. Swift", id="an initial"),
        pytest.param("Em Watson", "Em Watson", id="a given name cut short"),
        pytest.param("sydneysweeney", "sydneysweeney", id="run together"),
        pytest.param("emma, watson", "emma, watson", id="a sign between"),
        pytest.param("Тейлор Свифт", "Тейлор Свифт", id="Russian"),
        pytest.param("Скарлетт Йоханссон", "Скарлетт Йоханссон", id="a sound that English writes otherwise"),
        pytest.param("سكارليت جوهانسون", "سكارليت جوهانسون", id="Arabic"),
        pytest.param("टेलर स्विफ्ट", "टेलर स्विफ्ट", id="Hindi"),
        pytest.param("テイラー・スウィフトの絵", "テイラー・スウィフト", id="Japanese"),
        pytest.param("エマワトソン", "エマワトソン", id="Japanese without a point"),
        pytest.param("테일러 스위프트", "테일러 스위프트", id="Korean"),
    ],
)
def test_a_listed_name_is_found_however_it_is_written(text: str, name: str) -> None:
    assert name in found(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a black back", id="everyday words"),
        pytest.param("the rope", id="a word like a title"),
        pytest.param("a woman's stone statue", id="an s that is no initial"),
        pytest.param("tom cross the river", id="a given name and a verb"),
        pytest.param("undertale, a pixel game", id="a game"),
        pytest.param("портрет старого моряка", id="Russian words"),
    ],
)
def test_words_that_are_somewhat_alike_are_no_name(text: str) -> None:
    assert found(text) == set()
