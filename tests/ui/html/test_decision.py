"""A decision as HTML: what is said of it, in which order, and that text from outside stays text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.generation import PictureResult
from safety.records import Span, Stage, Verdict
from tests.ui.html.pages import HARD, MESSAGES, NASTY, PICTURE, REASON, Html, decision_of, fixed_messages
from ui.html import decision, markup, picture, progress
from ui.results import Judged, Problem, Step


def test_a_refusal_names_reason_code_clause_score_threshold_and_what_would_pass() -> None:
    shown = Html(
        decision.judgement(Judged(replace(decision_of(REASON), modes_that_allow=("art", "medical")), MESSAGES))
    ).text
    for part in ("Refused", "Graphic violence", "P301", "3.1:", "gore", "0.90", "0.70", "Art mode: there"):
        assert part in shown
    assert "Medical" not in shown


def test_a_hard_line_shows_help_first_and_neither_number_nor_word() -> None:
    shown = Html(decision.judgement(Judged(decision_of(HARD, risk=1.0), fixed_messages()))).text
    assert shown.index("stopitnow.org.uk") < shown.index("Refused in every mode") < shown.index("This looks like")
    assert "score" not in shown and "would pass" not in shown
    assert "sl-scale" not in decision.judgement(Judged(decision_of(HARD), fixed_messages()))


def test_help_stands_first_and_nobody_who_may_need_it_is_sent_to_another_mode() -> None:
    harm = replace(decision_of(replace(REASON, category="self_harm")), modes_that_allow=("art",))
    html = decision.judgement(Judged(harm, MESSAGES))
    assert str(html).index("sl-help") < str(html).index("sl-head")
    shown = Html(html).text
    assert "116 123" in shown and "findahelpline.com" in shown and "Other countries" in shown
    assert "would pass" not in shown and "href" in Html(html).attributes


def test_reasons_of_one_code_are_told_once() -> None:
    shown = Html(
        decision.judgement(Judged(decision_of(REASON, replace(REASON, evidence="blood")), fixed_messages()))
    ).text
    assert shown.count("This looks like graphic violence.") == 1
    assert "gore" in shown and "blood" in shown


@pytest.mark.parametrize("verdict", list(Verdict), ids=lambda verdict: verdict.name)
def test_every_verdict_is_told_in_words(verdict: Verdict) -> None:
    reasons = [replace(REASON, verdict=verdict)] if verdict else []
    assert MESSAGES.verdict(Stage.PROMPT, verdict).title in decision.judgement(Judged(decision_of(*reasons), MESSAGES))
    assert MESSAGES.verdict(Stage.PICTURE, verdict).possible


FREE_TEXT = ("category", "code", "clause", "title", "text", "check", "evidence")
RENDERED = ("clause", "title", "text")


@pytest.mark.parametrize("field", FREE_TEXT)
def test_text_from_outside_stays_text(field: str) -> None:
    clean = (decision_of(REASON), fixed_messages())
    if field in RENDERED:
        dirty = (decision_of(REASON), fixed_messages(**{field: NASTY}))
    else:
        dirty = (decision_of(replace(REASON, **{field: NASTY})), fixed_messages())
    for show in (
        lambda one, words: decision.judgement(Judged(one, words)),
        lambda one, words: picture.picture(PictureResult(PICTURE, one, None), "case", 1, words),
    ):
        before, after = Html(show(*clean)), Html(show(*dirty))
        assert set(after.tags) == set(before.tags)
        assert set(after.attributes) <= set(before.attributes) | {"class"}


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(markup.problem(Problem(NASTY)), id="problem"),
        pytest.param(markup.notice(NASTY), id="notice"),
        pytest.param(progress.progress(Step(NASTY, 1, 2, 3.0)), id="progress"),
        pytest.param(markup.facts([(NASTY, NASTY)]), id="facts"),
    ],
)
def test_no_sentence_becomes_markup(html: str) -> None:
    assert not {"img", "script"} & set(Html(html).tags)
    assert NASTY.casefold() in Html(html).text.casefold()


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=5))
def test_highlights_are_the_text_as_typed(text: str, spans: list[tuple[int, int]]) -> None:
    reason = replace(REASON, spans=tuple(Span(*span) for span in spans))
    assert "".join(piece for piece, _ in decision.highlights(text, decision_of(reason), MESSAGES)) == text


def test_highlights_name_the_worst_reason_where_several_meet() -> None:
    worse = replace(REASON, category="hate", code="P401", spans=(Span(0, 4),))
    assert decision.highlights("abcdefgh", decision_of(worse, REASON), MESSAGES) == [
        ("abcd", MESSAGES.locale.category["hate"].title),
        ("ef", "Graphic violence"),
        ("gh", None),
    ]
