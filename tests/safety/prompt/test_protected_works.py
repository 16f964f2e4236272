"""Characters, marks and artists whose works are protected; words that only sound like them pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safety.errors import PresetError
from safety.prompt.protected_works import load_protected_works, read_artists
from safety.records import Decision, Finding, Prompt, Verdict

YEAR = 2026
CHECK = load_protected_works(Path(__file__).parents[3] / "presets", YEAR)


def seen(text: str) -> list[Finding]:
    return list(CHECK.detect(Prompt(text)))


@pytest.mark.parametrize(
    ("text", "subcategory", "evidence"),
    [
        pytest.param("Mickey Mouse on a bicycle", "character", "Mickey Mouse", id="a character"),
        pytest.param("Thor, marvel, on a hill", "character", "Thor", id="an ambiguous character with its maker"),
        pytest.param("the Apple logo in neon", "mark", "Apple", id="a mark"),
        pytest.param("a can with the Karicare logo", "mark", "Karicare", id="a mark on no list"),
        pytest.param("a pool by David Hockney", "style", "David Hockney (born 1937)", id="a living artist"),
        pytest.param("a face, style of Pablo Picasso", "style", "Pablo Picasso (1881-1973)", id="protected until 2043"),
        pytest.param("by Syd Mead and Beeple", "style", "Syd Mead, Beeple", id="two in a row"),
        pytest.param("a Banksy-style wall", "style", "Banksy", id="style after the name"),
    ],
)
def test_a_protected_work_is_pointed_out(text: str, subcategory: str, evidence: str) -> None:
    (finding,) = seen(text)
    assert (finding.subcategory, finding.evidence) == (subcategory, evidence)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("an apple, a shell and an orange on a target", id="things"),
        pytest.param("a red Toyota in the rain", id="a car"),
        pytest.param("the god Thor in a storm", id="a god"),
        pytest.param("a joker in a deck of cards", id="a card"),
        pytest.param("Francis Bacon reading a book", id="a name without a credit"),
        pytest.param("a logo for a bakery", id="a logo of nobody"),
        pytest.param("lilies by Claude Monet", id="dead for 70 years"),
        pytest.param("a poster by Alphonse Mucha", id="dead since 1939"),
        pytest.param("", id="nothing"),
    ],
)
def test_other_words_name_no_work(text: str) -> None:
    assert seen(text) == []


def test_a_copy_that_is_to_pass_for_the_original_needs_a_confirmation(judge: Callable[[str, str], Decision]) -> None:
    assert judge("Pikachu on a hill", "general").verdict is Verdict.NOTE
    assert judge("an exact replica of the Nike logo", "general").verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("died", "year", "free"),
    [("1955", 2026, True), ("1956", 2026, False), ("1956", 2027, True), ("", 2026, False)],
)
def test_an_artist_is_free_from_the_year_after_the_seventieth(tmp_path: Path, died: str, year: int, free: bool) -> None:
    path = tmp_path / "artists.tsv"
    path.write_text(f"# remark\nAda Painter\t1900\t{died}\n")
    assert (list(read_artists(path, year)) == []) is free


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "artists.tsv"
    path.write_text("Ada Painter\t1900\n")
    with pytest.raises(PresetError, match="line 1"):
        list(read_artists(path, YEAR))


def test_a_list_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "artists.tsv"
    with pytest.raises(PresetError, match="artists.tsv.*No such file"):
        list(read_artists(path, YEAR))
    path.write_bytes(b"Ad\xffa\t1900\t1980")
    with pytest.raises(PresetError, match="artists.tsv.*decode"):
        list(read_artists(path, YEAR))


def test_the_manners_of_three_artists_together_are_nobodys() -> None:
    assert not [f for f in CHECK.detect(Prompt("by Moebius, Syd Mead and Beeple")) if f.subcategory == "style"]
