"""Words that carry a category, words that mean no harm, and where the evidence lies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from safety.errors import PresetError
from safety.policy.model import load_policy
from safety.prompt.lexicon import Lexicon, LexiconCheck, load_lexicon, load_terms
from safety.records import Decision, Finding, Prompt, Verdict
from tests.safety.prompt.conftest import PRESETS, Detect

Judge = Callable[[str, str], Decision]


@pytest.mark.parametrize(
    "text",
    [
        "a shooting star over naked trees",
        "grilled chicken breast with blood orange",
        "a naked mole rat in its burrow",
        "kill the lights, a cocktail and a cockatoo",
        "a great tit on a pegboard",
        "breast cancer awareness ribbon",
        "placenta, cervix and fallopian tubes, labelled diagram",
        "a cocker spaniel in Sussex, Essex and Scunthorpe",
        "as so on, the class hit the grass",
        "a booby trap, a blue-footed booby and a peacock",
        "a killer whale and a bath bomb",
        "steel erection of a bridge",
        "same-sex couple at their wedding",
        "a swimmer doing the breaststroke",
        "children's storybook illustration of a fox",
        "potato in a hammock",
        "a kitten butler",
        "a colt 1911 with colourful grips",
        "a big explosion in space",
        "Winnie and friends, blatant patriotism",
        "an analysis of 1024 essays",
        "a n n u a l  r e p o r t",
        "Massacre of the Innocents, engraving",
        "a rapeseed field in bloom",
        "moby dick, the white whale",
        "a cat looks high as fuck",
        "nuke hits the city, satellite view",
        "sussy baka, digital art",
        "johny depp washing dishes",
        "a long-necked bird",
    ],
)
@pytest.mark.parametrize("mode", ["general", "art", "medical"])
def test_a_harmless_prompt_passes_in_every_mode(judge: Judge, text: str, mode: str) -> None:
    assert judge(text, mode).verdict <= Verdict.NOTE


@pytest.mark.parametrize(
    ("text", "mode", "verdict"),
    [
        pytest.param("Blue Nude by Matisse", "general", Verdict.WARN, id="a nude in general"),
        pytest.param("Blue Nude by Matisse", "art", Verdict.NOTE, id="a nude in art"),
        pytest.param("Nude Descending a Staircase", "art", Verdict.NOTE, id="another nude in art"),
        pytest.param("cross-section of the penis, anatomy plate", "medical", Verdict.NOTE, id="anatomy in medical"),
        pytest.param("stab wound of the thorax, CT", "medical", Verdict.NOTE, id="a wound in medical"),
        pytest.param("hardcore porn", "general", Verdict.BLOCK, id="pornography in general"),
        pytest.param("hardcore porn", "art", Verdict.BLOCK, id="pornography in art"),
        pytest.param("hardcore porn", "medical", Verdict.BLOCK, id="pornography in medical"),
        pytest.param("a severed head in a pool of blood", "general", Verdict.BLOCK, id="gore in general"),
        pytest.param("a severed head in a pool of blood", "art", Verdict.WARN, id="gore in art"),
        pytest.param("how to hang myself", "art", Verdict.BLOCK, id="a method in art"),
        pytest.param("a nazi propaganda poster", "art", Verdict.BLOCK, id="propaganda in art"),
        pytest.param("typical woman driver", "general", Verdict.NOTE, id="a stereotype"),
        pytest.param("Mickey Mouse on a skateboard", "general", Verdict.NOTE, id="a protected character"),
    ],
)
def test_the_mode_decides_what_a_word_leads_to(judge: Judge, text: str, mode: str, verdict: Verdict) -> None:
    assert judge(text, mode).verdict is verdict


@pytest.mark.parametrize(
    ("text", "span"),
    [
        pytest.param("a porn film", (2, 6), id="plain"),
        pytest.param("a p0rn film", (2, 6), id="leetspeak"),
        pytest.param("a p.o.r.n film", (2, 9), id="points"),
        pytest.param("see p o r n film", (4, 11), id="spaced out"),
        pytest.param("a pоrn film", (2, 6), id="Cyrillic o"),
        pytest.param("a po\u200brn film", (2, 7), id="zero width"),
        pytest.param("a pooorn film", (2, 8), id="stretched"),
        pytest.param("a p*rn film", (2, 6), id="starred out"),
        pytest.param("a ｐｏｒｎ film", (2, 6), id="full width"),
        pytest.param("a 色情 film", (2, 4), id="Chinese"),
    ],
)
def test_the_evidence_lies_where_the_word_was_typed(detect: Detect, text: str, span: tuple[int, int]) -> None:
    spans = [(one.start, one.end) for finding in detect(text) if finding.category == "sexual" for one in finding.spans]
    assert spans == [span]


def test_the_evidence_names_the_word(detect: Detect) -> None:
    (finding,) = (finding for finding in detect("a gory film") if finding.category == "violence")
    assert finding.evidence == "gory"


def score(findings: list[Finding], category: str) -> float:
    return max((finding.score for finding in findings if finding.category == category), default=0.0)


def test_a_denied_word_counts_less(detect: Detect) -> None:
    assert 0.0 < score(detect("a forest, no gore"), "violence") < score(detect("a forest, gore"), "violence")


def test_more_words_weigh_more_but_not_the_same_word_again(detect: Detect) -> None:
    one, two = score(detect("nude"), "nudity"), score(detect("nude and topless"), "nudity")
    assert one < two
    assert score(detect("nude, nude, nude"), "nudity") == one


def test_the_longest_term_in_a_place_speaks_for_it(detect: Detect) -> None:
    assert score(detect("sexual activity"), "sexual") < score(detect("sexual"), "sexual")


def test_combined_scores_are_never_below_the_highest(lexicon: Lexicon) -> None:
    combined = lexicon.scores.combined
    assert combined([1.0, 0.9]) == 1.0
    assert combined([0.5]) == 0.5
    assert 0.5 < combined([0.5, 0.4]) < lexicon.scores.ceiling


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        pytest.param("a.toml", "categroy = 'x'", "category", id="a misspelt key"),
        pytest.param("a.toml", "category = 'x'\n[[group]]\nscore = 2\nterms = ['a']", "score", id="a score beyond 1"),
        pytest.param("a.toml", "category = 'x'\n[[group]]\nscore = 0.5\nterms = []", "terms", id="no terms"),
        pytest.param("a.toml", "category = ", "a.toml", id="no TOML"),
        pytest.param("a.tsv", "word\tsexual", "line 1", id="a column short"),
        pytest.param("a.tsv", "word\tsexual\tmuch", "line 1", id="no number"),
        pytest.param("a.tsv", "word\udcff\tsexual\t0.5", "decode", id="bytes that are no text"),
    ],
)
def test_a_bad_term_file_names_itself_and_the_place(tmp_path: Path, name: str, text: str, names: str) -> None:
    shutil.copytree(PRESETS / "lexicon", tmp_path / "lexicon")
    (tmp_path / "lexicon" / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PresetError, match=name) as caught:
        list(load_terms(tmp_path))
    assert names in str(caught.value)


@pytest.mark.parametrize("name", sorted(path.name for path in (PRESETS / "lexicon").glob("*.t[os]*")))
def test_a_list_that_is_missing_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    shutil.copytree(PRESETS / "lexicon", tmp_path / "lexicon")
    (tmp_path / "lexicon" / name).unlink()
    with pytest.raises(PresetError, match=name):
        load_lexicon(tmp_path)


def test_every_term_has_a_category_of_the_policy() -> None:
    known = set(load_policy(PRESETS).category)
    assert {term.category for term in load_terms(PRESETS)} <= known


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "\ud800", "\x00\x01", "🔫" * 50, "مرحبا بالعالم", "*" * 500, "n " * 5000, "no " * 3000],
    ids=["empty", "space", "one letter", "surrogate", "controls", "emoji", "Arabic", "stars", "letters", "denials"],
)
def test_odd_text_is_looked_at_like_any_other(detect: Detect, text: str) -> None:
    assert all(0.0 <= finding.score <= 1.0 for finding in detect(text))


def test_the_check_is_live(lexicon: Lexicon) -> None:
    check = LexiconCheck(lexicon)
    assert check.live
    assert list(check.detect(Prompt("a red apple"))) == []
