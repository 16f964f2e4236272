"""Terms are whole words, in whatever reading."""

from __future__ import annotations

import pytest

from safety.prompt.matcher import TermMatcher, expand_braces, spellings
from safety.records import Span
from safety.text import normalise


def spans(term: str, text: str) -> list[tuple[int, int]]:
    return [(match.span.start, match.span.end) for match in TermMatcher([(term, None)]).find(normalise(text))]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        pytest.param("tit", "a title", [], id="not the start of a word"),
        pytest.param("tit", "a petit four", [], id="not the end of a word"),
        pytest.param("peg", "a pegboard", [], id="pegboard"),
        pytest.param("ass", "first class hit", [], id="not across words"),
        pytest.param("nig", "a p*a*i*n*i*g*n", [], id="no masked word in letters set apart"),
        pytest.param("fake", "a f**e word", [(2, 6)], id="a masked word"),
        pytest.param("nude", "two nudes", [(4, 9)], id="plural"),
        pytest.param("corpse", "CORPSES!", [(0, 7)], id="capitals and plural"),
        pytest.param("severed head", "a severed-head prop", [(2, 14)], id="hyphen for a space"),
        pytest.param("severed head", "a severed  head", [(2, 15)], id="two spaces"),
        pytest.param("severed head", "a severed\nhead", [(2, 14)], id="a line break"),
        pytest.param("fuck", "f*ck and f**k", [(0, 4), (9, 13)], id="starred out"),
        pytest.param("nude", "nude_v2 nude2", [(0, 4), (8, 12)], id="numbered"),
        pytest.param("裸体", "一个裸体画像", [(2, 4)], id="Chinese has no spaces"),
        pytest.param("голая", "Голая правда", [(0, 5)], id="Russian"),
        pytest.param("größe", "die GRÖSSE", [(4, 10)], id="sharp s and umlaut"),
    ],
)
def test_a_term_is_found_where_it_is_a_word(term: str, text: str, expected: list[tuple[int, int]]) -> None:
    assert spans(term, text) == expected


def test_each_place_is_reported_once_though_many_readings_hold_it() -> None:
    assert spans("nude", "nude n4ked s0 many r3adings") == [(0, 4)]


def test_an_empty_matcher_finds_nothing() -> None:
    assert TermMatcher([]).find(normalise("anything")) == []


def test_two_meanings_of_one_term_are_both_found() -> None:
    found = TermMatcher([("gun", "weapon"), ("gun", "tool")]).find(normalise("a gun"))
    assert [(match.meaning, match.span) for match in found] == [("weapon", Span(2, 5)), ("tool", Span(2, 5))]


def test_braces_multiply() -> None:
    assert list(expand_braces("{a,b}c{,d}")) == ["ac", "acd", "bc", "bcd"]


def test_an_empty_term_is_refused() -> None:
    with pytest.raises(ValueError, match="empty term"):
        spellings("\u200b")
