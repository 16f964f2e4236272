"""Stated ages of people."""

from __future__ import annotations

import pytest

from safety.prompt.ages import ages_below
from safety.text import normalise


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        pytest.param("a 12 year old", "12 year old", id="figures"),
        pytest.param("a 12-years-old", "12-years-old", id="hyphens"),
        pytest.param("a twelve-year-old", "twelve-year-old", id="words"),
        pytest.param("a 12yr old", "12yr old", id="yr"),
        pytest.param("a 12yo", "12yo", id="yo"),
        pytest.param("a 12 y/o", "12 y/o", id="y/o"),
        pytest.param("a six month old", "six month old", id="months"),
        pytest.param("a 20 month old", "20 month old", id="months beyond eighteen"),
        pytest.param("she is aged 9", "aged 9", id="aged"),
        pytest.param("at age of 9", "age of 9", id="age of"),
        pytest.param("9 years of age", "9 years of age", id="years of age"),
        pytest.param("tiene 12 años", "12 años", id="Spanish"),
        pytest.param("elle a 12 ans", "12 ans", id="French"),
        pytest.param("12 Jahre alt", "12 Jahre", id="German"),
        pytest.param("eine 12-jährige", "12-jährige", id="German adjective"),
        pytest.param("een zestienjarige", "zestienjarige", id="Dutch, joined"),
        pytest.param("en femtonåring", "femtonåring", id="Swedish, joined"),
        pytest.param("ha dodici anni", "dodici anni", id="Italian in words"),
        pytest.param("ей 12 лет", "12 лет", id="Russian"),
        pytest.param("a girl, 15", "girl, 15", id="a bare number after a person"),
        pytest.param("she is 15, alone", "she is 15", id="she is"),
        pytest.param("a boy (9) on a swing", "boy (9", id="in brackets"),
        pytest.param("12歳の人", "12歳", id="Japanese"),
    ],
)
def test_an_age_below_eighteen_is_found_where_it_was_typed(text: str, typed: str) -> None:
    assert typed in {text[span.start : span.end] for span in ages_below(18, normalise(text))}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("an 18-year-old", id="eighteen"),
        pytest.param("aged 45", id="forty-five"),
        pytest.param("a 112 year old woman", id="the end of a greater number"),
        pytest.param("1,012 years old", id="the end of a number with a comma"),
        pytest.param("a 12 year old whisky", id="whisky"),
        pytest.param("a 9 year old dog", id="a dog"),
        pytest.param("12 years ago", id="a time"),
        pytest.param("a girl, 35mm film, 16:9", id="film and format"),
        pytest.param("a girl, 8k, 4k", id="resolution"),
        pytest.param("a girl, 12 roses", id="a count"),
        pytest.param("she is 25, a boy is 180 cm", id="other bare numbers"),
        pytest.param("f/8, f 1.8", id="aperture"),
        pytest.param("page 9", id="a page"),
        pytest.param("1024 x 768", id="a size"),
        pytest.param("size 12, 4k, 35mm", id="figures"),
    ],
)
def test_other_numbers_are_no_age_of_a_minor(text: str) -> None:
    assert list(ages_below(18, normalise(text))) == []
