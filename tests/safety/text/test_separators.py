"""Signs, figures and the syntax of generators between words are read as spaces, and every word stays where it is."""

from __future__ import annotations

import pytest

from safety.text import normalise
from safety.text.separators import without_syntax


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("red_apple_pie", id="underlines"),
        pytest.param("red+apple+pie", id="plus signs"),
        pytest.param("red0apple0pie", id="a figure"),
        pytest.param("red🔥apple🔥pie", id="emoji"),
        pytest.param("red™apple™pie", id="signs that fold to letters"),
        pytest.param("redXappleXpie", id="capitals"),
        pytest.param("red__--apple*/pie", id="mixed signs"),
        pytest.param("(red:1.2) (apple:0.8), [pie]", id="weights"),
        pytest.param("red::2 apple::1 pie", id="weights of Midjourney"),
        pytest.param("red AND apple BREAK pie", id="joining words"),
        pytest.param("[red:apple:0.5] pie", id="a schedule"),
        pytest.param("<lora:red_apple_pie:0.8>", id="a tag"),
        pytest.param("{red|apple} pie", id="alternatives"),
    ],
)
def test_words_with_anything_between_are_read_as_words(typed: str) -> None:
    readings = [reading.text for reading in normalise(typed).readings]
    assert any("red apple pie" in reading for reading in readings), readings


def test_what_is_found_in_a_reading_is_found_where_it_was_typed() -> None:
    typed = "a (red:1.2)_apple"
    spans = {
        typed[span.start : span.end]
        for reading in normalise(typed).readings
        if (start := reading.text.find("red apple")) >= 0
        for span in [reading.span(start, start + len("red apple"))]
    }
    assert spans == {"red:1.2)_apple"}


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("a clock at 4:30, 16:9", id="times and formats"),
        pytest.param("bread and butter", id="a plain and"),
        pytest.param("1,024 x 768", id="numbers"),
    ],
)
def test_what_is_no_syntax_stays(typed: str) -> None:
    assert without_syntax(typed) == typed


def test_a_number_stays_one_without_its_signs() -> None:
    assert not any(" 012 years" in f" {reading.text}" for reading in normalise("1,012 years old").readings)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param(".- / .-. . -.. / -.-. .- -. -.. .-.. .", id="Morse"),
        pytest.param("01100011 01100001 01101110 01100100 01101100 01100101", id="bits"),
        pytest.param("99 97 110 100 108 101", id="numbers of letters"),
        pytest.param("⠉⠁⠝⠙⠇⠑", id="Braille"),
        pytest.param("ǝlpuɐɔ pǝɹ ɐ", id="upside down"),
        pytest.param("a ed-ray andlecay", id="pig latin"),
        pytest.param("'can' + 'dle'", id="pasted"),
    ],
)
def test_what_is_in_code_or_turned_is_read(typed: str) -> None:
    assert any("candle" in reading.text for reading in normalise(typed).readings)
