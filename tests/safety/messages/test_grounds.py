"""Reasons of one rule are told once: the most exact sentence, at most three phrases, or the prompt as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.messages.grounds import MAX_PHRASES, ReasonGroup, group_reasons
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.records import Assessment, CheckFailure, Decision, Finding, Span, Stage, Verdict

POLICY = load_policy(Path(__file__).parents[3] / "presets")
ENGLISH = POLICY.messages("en")
DECEPTION = ENGLISH.locale.category["deception"]
PROMPT = "fake passport of Germany with my photo, realistic, ready to print"


def decided(*findings: Finding, failed: tuple[CheckFailure, ...] = (), mode: str = "general") -> Decision:
    return decide(Assessment(Stage.PROMPT, ("meaning",), findings, failed), POLICY, mode)


def told(*findings: Finding, failed: tuple[CheckFailure, ...] = ()) -> tuple[ReasonGroup, ...]:
    return group_reasons(ENGLISH.render(decided(*findings, failed=failed)))


def read(subcategory: str, score: float, *spans: tuple[int, int], category: str = "deception") -> Finding:
    places = tuple(Span(*span) for span in spans)
    return Finding("meaning", category, score, "x", subcategory, places, span_weights=(0.5,) * len(places))


def test_several_findings_of_one_category_are_one_reason_the_most_exact() -> None:
    (group,) = told(read("read", 0.95, (0, 13)), read("grave", 0.97, (0, 13)), read("forgery", 0.7, (0, 13)))
    assert group.text == DECEPTION.subcategories["forgery"].prompt
    assert group.quotes(PROMPT) == ("fake passport",) and len(group.reasons) == 3


def test_a_graver_verdict_counts_before_an_exact_sentence() -> None:
    (group,) = told(read("grave", 0.9, (0, 4)), read("figure", 0.9, (5, 13)))
    assert group.first.reason.verdict is Verdict.BLOCK and group.text == DECEPTION.prompt


def test_a_character_and_a_style_are_two_sentences_of_one_reason() -> None:
    style = Finding("protected works", "protected_works", 0.6, "a", "style", (Span(0, 4),))
    character = Finding("protected works", "protected_works", 0.6, "b", "character", (Span(5, 9),))
    (group,) = told(style, character)
    words = ENGLISH.locale.category["protected_works"].subcategories
    assert words["style"].prompt in group.text and words["character"].prompt in group.text


def test_phrases_of_the_model_come_before_single_words_of_rules() -> None:
    rule = Finding("lexicon", "violence", 0.9, "blood", spans=(Span(2, 4), Span(20, 24)))
    (group,) = told(rule, read("read", 0.6, (0, 12), category="violence"))
    assert group.spans == (Span(0, 12), Span(20, 24))


def test_without_a_phrase_it_is_the_prompt_as_a_whole() -> None:
    (group,) = told(read("read", 0.9))
    assert group.whole and group.quotes(PROMPT) == ()


def test_a_language_that_was_not_read_is_no_matter_of_the_whole() -> None:
    (group,) = told(Finding("language", "unread", 0.9, "German"))
    assert "German" in group.text and not group.whole


def test_a_remark_on_no_words_is_not_told_beside_a_refusal() -> None:
    remark = read("read", 0.34, category="dangerous")
    assert [group.first.reason.category for group in told(read("read", 0.9, (0, 4)), remark)] == ["deception"]
    assert [group.first.reason.category for group in told(remark)] == ["dangerous"]


def test_every_check_that_could_not_look_is_named() -> None:
    (group,) = told(failed=(CheckFailure("lexicon", "no file"), CheckFailure("patterns", "no rules")))
    assert "no file" in group.text and "no rules" in group.text and not group.whole


spans = st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))
findings = st.builds(
    lambda kind, score, places: read(kind, score, *places),
    st.sampled_from(["read", "grave", "forgery", "event", "figure", ""]),
    st.floats(0, 1),
    st.lists(spans, max_size=5),
)


@given(st.lists(findings, max_size=6))
def test_a_reason_quotes_at_most_three_phrases_that_do_not_overlap(found: list[Finding]) -> None:
    decision = decided(*found)
    groups = group_reasons(ENGLISH.render(decision))
    assert len({group.first.reason.code for group in groups}) == len(groups)
    assert max((group.first.reason.verdict for group in groups), default=Verdict.ALLOW) == decision.verdict
    for group in groups:
        assert len(group.spans) <= MAX_PHRASES and group.text.endswith(".")
        pairs = zip(group.spans, group.spans[1:], strict=False)
        assert all(one.end <= other.start for one, other in pairs)


@pytest.mark.parametrize("language", sorted(POLICY.catalogue.locales))
def test_every_category_that_can_be_refused_says_how_to_ask_instead(language: str) -> None:
    locale = POLICY.catalogue.locales[language]
    softly = [name for name, category in POLICY.category.items() if not category.hard]
    for name in softly:
        limits = [POLICY.thresholds(Stage.PROMPT, name, kind, "general") for kind in ("", "read", "grave")]
        if any(limit is not None and limit.at(Verdict.BLOCK) <= 1 for limit in limits):
            assert locale.category[name].advice.endswith((".", "。")), name


@pytest.mark.parametrize(
    ("finding", "category"),
    [
        pytest.param(read("forgery", 0.9), "forgery", id="of the kind"),
        pytest.param(read("grave", 0.9), "", id="of the category"),
    ],
)
def test_advice_is_as_exact_as_the_reason(finding: Finding, category: str) -> None:
    said = DECEPTION.subcategories[category].advice if category else DECEPTION.advice
    assert said and ENGLISH.advice(decided(finding)) == said


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(Finding("x", "child_safety", 0.9), id="hard line"),
        pytest.param(read("read", 0.5), id="a warning"),
    ],
)
def test_what_is_not_softly_refused_gets_no_advice(finding: Finding) -> None:
    assert ENGLISH.advice(decided(finding)) == ""


def test_no_mode_is_offered_where_somebody_may_need_help() -> None:
    assert ENGLISH.modes_to_offer(decided(Finding("x", "violence", 0.75)))
    harm = decided(Finding("x", "self_harm", 0.62))
    assert harm.modes_that_allow and ENGLISH.modes_to_offer(harm) == ()


@pytest.mark.parametrize(
    ("prompt", "category", "modes"),
    [
        pytest.param("Judith beheading Holofernes", "violence", ("art",), id="violence is no medical subject"),
        pytest.param("a fresco of a massacre", "violence", ("art",), id="a painting"),
        pytest.param("a surgeon removes shrapnel", "violence", ("medical",), id="surgery"),
        pytest.param("eine Patientin mit offener Wunde", "violence", ("medical",), id="in German"),
        pytest.param("患者の傷", "violence", ("medical",), id="without spaces"),
        pytest.param("an anatomical woodcut", "violence", ("art", "medical"), id="both"),
        pytest.param("the partition of a country", "violence", ("art",), id="part of a word"),
    ],
)
def test_only_modes_that_suit_the_work_are_offered(prompt: str, category: str, modes: tuple[str, ...]) -> None:
    assert ENGLISH.modes_to_offer(decided(Finding("x", category, 0.75)), prompt) == modes


def test_a_mode_that_asks_is_said_to_need_a_confirmation() -> None:
    decision = decided(Finding("x", "violence", 0.82))
    assert "art" in decision.modes_that_ask
    [sentence] = ENGLISH.would_pass(decision, ("art",))
    assert "Art" in sentence and "with your confirmation" in sentence
