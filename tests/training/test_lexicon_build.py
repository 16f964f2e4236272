"""Which terms of public word lists are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from safety.prompt.lexicon import Term
from safety.prompt.matcher import spellings
from training.lexicon import english
from training.lexicon.build import benign_texts, ldnoobw_terms, pruned, surge_terms, usable


def kept(terms: list[str], benign: list[str], known: frozenset[str] = frozenset()) -> list[str]:
    return [term.name for term in pruned([Term(name, "x", "", 0.5) for name in terms], benign, set(known))]


def test_a_term_that_harmless_captions_use_is_dropped() -> None:
    assert kept(["sega", "zzyzx"], ["a Sega console"]) == ["zzyzx"]


def test_a_term_inside_a_longer_word_is_no_use() -> None:
    assert kept(["tit"], ["a title"]) == ["tit"]


def test_our_own_terms_win() -> None:
    assert kept(["zzyzx"], [], frozenset(spellings("zzyzx"))) == []


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        pytest.param("sega", False, id="four Latin letters"),
        pytest.param("merda", True, id="five"),
        pytest.param("性交", True, id="two Chinese signs"),
        pytest.param("13", False, id="no letter"),
    ],
)
def test_short_words_of_other_languages_are_left_out(term: str, expected: bool) -> None:
    assert usable(term) is expected


def test_severity_becomes_a_score(tmp_path: Path) -> None:
    path = tmp_path / "surge.csv"
    path.write_text("text,category_1,severity_rating\nzzyzx,racial / ethnic slurs,2.8\nyyy,political,1\n", "utf-8")
    assert [(term.category, term.score) for term in surge_terms(path)] == [("hate", 0.8), ("harassment", 0.3)]


def test_english_terms_are_scored_higher_than_those_of_other_languages(tmp_path: Path) -> None:
    (tmp_path / "en").write_text("zz\n\n", "utf-8")
    (tmp_path / "it").write_text("merda\nzz\n", "utf-8")
    (tmp_path / "README.md").write_text("not a list", "utf-8")
    assert [(term.name, term.score) for term in ldnoobw_terms(tmp_path)] == [("zz", 0.62), ("merda", 0.45)]


def test_only_rows_labelled_harmless_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,label\ngood,0\nbad,1\n", "utf-8")
    assert list(benign_texts([path])) == ["good"]


def test_the_table_of_english_counts_words_and_keeps_listed_ones_rare() -> None:
    counts = english.counted(["A red apple", "an apple's apple"])
    assert counts["apple"] == 2
    assert counts["apple's"] == 1
    assert english.table({**counts, "zhong": 1}).splitlines()[1:] == ["1\tapple", "0\ta an apple's red zhong"]


def test_every_word_of_the_tokenizer_and_every_name_is_listed() -> None:
    assert {"elephant", "ernst", "max"} <= english.listed(["Ernst, Max"])
