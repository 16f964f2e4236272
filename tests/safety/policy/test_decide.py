"""Findings become verdicts in one pure function; these are its invariants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from safety.checks import run_checks
from safety.messages.catalogue import RenderedReason
from safety.policy.decide import CODE_LETTER, decide
from safety.policy.model import load_policy
from safety.records import Assessment, CheckFailure, Decision, Finding, Model, Prompt, Region, Span, Stage, Verdict

POLICY = load_policy(Path(__file__).parents[3] / "presets")


def rendered(decision: Decision) -> tuple[RenderedReason, ...]:
    return POLICY.messages("en").render(decision)


ASPECTS = ["", "method", "instructions", "photoreal", "propaganda", "median", "any", "all", "news", "never heard of"]
ASPECTS += ["read", "grave", "anatomy", "election", "young_face"]

SEEN = Finding("words", "violence", 0.75)

modes = st.sampled_from(sorted(POLICY.mode))
stages = st.sampled_from(list(Stage))
findings = st.builds(
    Finding,
    check=st.just("words"),
    category=st.sampled_from(sorted(POLICY.category)),
    score=st.floats(0, 1),
    evidence=st.text(max_size=5),
    subcategory=st.sampled_from(ASPECTS),
    spans=st.just((Span(0, 1),)),
    regions=st.just((Region(0.1, 0.2, 0.5, 0.6),)),
    stage=st.sampled_from([None, Stage.TEXT]),
)
assessments = st.builds(
    Assessment,
    stage=stages,
    ran=st.just(("words",)),
    findings=st.lists(findings, max_size=4).map(tuple),
    failed=st.lists(st.builds(CheckFailure, st.just("model"), st.just("no weights")), max_size=1).map(tuple),
)


@pytest.mark.parametrize("mode", sorted(POLICY.mode))
@pytest.mark.parametrize("stage", list(Stage))
def test_no_checks_is_a_block_with_that_as_its_reason(stage: Stage, mode: str) -> None:
    decision = decide(Assessment(stage), POLICY, mode)
    assert decision.verdict is Verdict.BLOCK
    assert [reason.text for reason in rendered(decision)] == ["No safety check could look."]
    assert decision.risk == 1.0


def test_a_check_that_raises_is_a_block_and_the_others_still_look() -> None:
    class Broken:
        name, live = "broken", True

        def detect(self, subject: Prompt) -> list[Finding]:
            raise OSError("weights are gone")

    class Calm:
        name, live = "calm", True

        def detect(self, subject: Prompt) -> list[Finding]:
            return []

    assessment = run_checks(Stage.PROMPT, Prompt("a red apple"), (Broken(), Calm()))
    decision = decide(assessment, POLICY, "general")
    assert assessment.ran == ("calm",)
    assert decision.verdict is Verdict.BLOCK
    assert 'The check "broken" could not look: OSError: weights are gone' in rendered(decision)[0].text


def test_a_category_that_the_policy_does_not_know_is_a_block() -> None:
    decision = decide(Assessment(Stage.PROMPT, ("x",), (Finding("x", "weather", 0.1),)), POLICY, "general")
    assert decision.verdict is Verdict.BLOCK
    assert "weather" in rendered(decision)[0].text


def test_nothing_found_is_allowed_without_a_reason() -> None:
    decision = decide(Assessment(Stage.PROMPT, ("words",)), POLICY, "general")
    assert (decision.verdict, decision.reasons, decision.risk) == (Verdict.ALLOW, (), 0.0)


REGION = Region(0.1, 0.2, 0.5, 0.6)


def test_text_read_in_a_picture_is_judged_by_the_limits_of_prompts() -> None:
    finding = Finding("x", "harassment", 0.75, stage=Stage.TEXT, regions=(REGION,))
    decision = decide(Assessment(Stage.PICTURE, ("x",), (finding,)), POLICY, "general")
    same = decide(Assessment(Stage.PROMPT, ("x",), (replace(finding, stage=None),)), POLICY, "general")
    reason = decision.reasons[0]
    assert (reason.code, reason.regions, reason.threshold) == ("T402", (REGION,), same.reasons[0].threshold)
    assert (decision.verdict, decision.risk) == (same.verdict, same.risk)


@pytest.mark.parametrize(
    "sides",
    [
        pytest.param((-0.1, 0, 1, 1), id="outside"),
        pytest.param((0.5, 0, 0.5, 1), id="no width"),
        pytest.param((0, 0, 1, 1.2), id="too far"),
        pytest.param((0, float("nan"), 1, 1), id="no number"),
        pytest.param((0, 0, 1, 1, 2), id="weight above one"),
    ],
)
def test_a_region_lies_inside_the_picture(sides: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="no part of a picture"):
        Region(*sides)


def test_the_same_finding_has_another_code_for_a_prompt_than_for_a_picture() -> None:
    finding = (Finding("x", "violence", 0.99),)
    codes = [decide(Assessment(stage, ("x",), finding), POLICY, "general").reasons[0].code for stage in Stage]
    assert codes == ["P301", "I301", "T301"]


@given(assessments, modes)
def test_every_verdict_above_allow_has_a_reason_and_every_reason_names_its_clause(
    assessment: Assessment, mode: str
) -> None:
    decision = decide(assessment, POLICY, mode)
    assert decision.verdict == max((reason.verdict for reason in decision.reasons), default=Verdict.ALLOW)
    assert all(one.clause and one.reason.code and one.text for one in rendered(decision))
    assert list(decision.reasons) == sorted(decision.reasons, key=lambda reason: -reason.verdict)


@given(assessments, findings, modes)
def test_more_evidence_never_lowers_the_verdict_or_the_risk(assessment: Assessment, more: Finding, mode: str) -> None:
    before = decide(assessment, POLICY, mode)
    after = decide(replace(assessment, findings=(*assessment.findings, more)), POLICY, mode)
    assert after.verdict >= before.verdict
    assert after.risk >= before.risk


@given(assessments, modes)
def test_a_check_that_could_not_look_blocks_whatever_else_was_seen(assessment: Assessment, mode: str) -> None:
    blocked = replace(assessment, failed=(CheckFailure("model", "no weights"),))
    assert decide(blocked, POLICY, mode).verdict >= Verdict.BLOCK


@given(assessments, modes)
def test_a_hard_line_shows_neither_score_nor_span_nor_word(assessment: Assessment, mode: str) -> None:
    decision = decide(assessment, POLICY, mode)
    for reason in decision.reasons:
        if reason.verdict is Verdict.HARD_BLOCK:
            shown = (reason.score, reason.threshold, reason.evidence, reason.check, reason.subcategory)
            assert shown == (None, None, "", "", "")
            assert (reason.spans, reason.regions) == ((), ())
    if decision.verdict is Verdict.HARD_BLOCK:
        assert {reason.verdict for reason in decision.reasons} == {Verdict.HARD_BLOCK}
        assert (decision.scores, decision.risk, decision.modes_that_allow) == ({}, 1.0, ())
    assert not {"child_safety", "intimate_imagery"} & decision.scores.keys()


@given(assessments)
def test_a_hard_line_holds_in_every_mode(assessment: Assessment) -> None:
    hard = {decide(assessment, POLICY, mode).verdict is Verdict.HARD_BLOCK for mode in POLICY.mode}
    assert len(hard) == 1


@given(assessments)
def test_risk_is_one_half_or_more_exactly_where_general_mode_blocks(assessment: Assessment) -> None:
    decision = decide(assessment, POLICY, "general")
    assert (decision.risk >= 0.5) == (decision.verdict >= Verdict.BLOCK)


def judged(mode: str, *findings: Finding) -> Decision:
    return decide(Assessment(Stage.PROMPT, ("x",), findings), POLICY, mode)


AROUSED, NAKED = Finding("x", "sexual", 0.5, "sexy"), Finding("x", "nudity", 0.75, "naked")
NEWS, GORY = Finding("x", "deception", 0.5, "press photo", "news"), Finding("x", "violence", 0.85, "gore")


@pytest.mark.parametrize(
    ("mode", "sign", "finding", "alone", "together"),
    [
        pytest.param("medical", AROUSED, NAKED, Verdict.NOTE, Verdict.BLOCK, id="arousal under medical"),
        pytest.param("art", NEWS, GORY, Verdict.WARN, Verdict.BLOCK, id="news under art"),
        pytest.param("general", NEWS, GORY, Verdict.BLOCK, Verdict.BLOCK, id="general has nothing to contradict"),
    ],
)
def test_wording_that_contradicts_the_mode_is_judged_as_in_general_and_said_so(
    mode: str, sign: Finding, finding: Finding, alone: Verdict, together: Verdict
) -> None:
    assert judged(mode, finding).verdict is alone
    decision = judged(mode, sign, finding)
    assert decision.verdict is together
    said = [one for one in rendered(decision) if one.reason.category == "context"]
    if mode == "general":
        assert not said
    else:
        reason = said[0].reason
        assert (reason.code, reason.evidence, reason.verdict) == ("P001", sign.evidence, Verdict.NOTE)
        assert POLICY.mode[mode].title in said[0].text and "as in General mode" in said[0].text


def test_a_contradiction_that_changes_nothing_is_not_mentioned() -> None:
    assert judged("art", NEWS).reasons == ()
    assert (judged("art", NEWS).risk, judged("art", NEWS).scores) == (0.0, {})


@given(assessments, st.sampled_from(["art", "medical"]))
def test_contradicted_or_not_a_mode_is_never_stricter_than_general(assessment: Assessment, mode: str) -> None:
    assert decide(assessment, POLICY, mode).verdict <= max(decide(assessment, POLICY, "general").verdict, Verdict.NOTE)


@given(assessments, modes)
def test_the_modes_that_are_offered_are_those_that_ask_for_less(assessment: Assessment, mode: str) -> None:
    decision = decide(assessment, POLICY, mode)
    verdicts = {name: decide(assessment, POLICY, name) for name in POLICY.mode if name != mode}
    after_a_click = {name for name, other in verdicts.items() if other.passes(acknowledged=True)}
    without = {name for name, other in verdicts.items() if other.allowed}
    offered = {Verdict.BLOCK: after_a_click, Verdict.WARN: without}.get(decision.verdict, set())
    assert set(decision.modes_that_allow) == offered


def test_under_a_lock_no_other_mode_is_offered_and_the_operator_is_named() -> None:
    locked = load_policy(Path(__file__).parents[3] / "presets", locked="general")
    decision = decide(Assessment(Stage.PROMPT, ("x",), (GORY,)), locked, "general")
    assert (decision.verdict, decision.modes_that_allow, decision.mode_set_by) == (Verdict.BLOCK, (), "operator")
    assert (judged("general", GORY).modes_that_allow, judged("general", GORY).mode_set_by) == (
        ("art", "medical"),
        "person",
    )


def test_a_reason_names_the_weights_that_its_check_judged_with() -> None:
    class Weighed:
        name, live, models = "weighed", True, (Model("small", "ab" * 32),)

        def detect(self, subject: Prompt) -> list[Finding]:
            return [Finding(self.name, "violence", 0.9)]

    decision = decide(run_checks(Stage.PROMPT, Prompt("x"), (Weighed(),)), POLICY, "general")
    assert decision.reasons[0].models == (Model("small", "ab" * 32),)


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.1, float("inf")])
def test_a_score_outside_its_range_is_an_error(score: float) -> None:
    with pytest.raises(ValueError, match="outside 0..1"):
        Finding("x", "violence", score)


@pytest.mark.parametrize(
    ("verdict", "acknowledged", "passes"),
    [
        (Verdict.ALLOW, False, True),
        (Verdict.NOTE, False, True),
        (Verdict.WARN, False, False),
        (Verdict.WARN, True, True),
        (Verdict.BLOCK, True, False),
        (Verdict.HARD_BLOCK, True, False),
    ],
)
def test_only_a_warning_can_be_confirmed_away(verdict: Verdict, acknowledged: bool, passes: bool) -> None:
    decision = replace(decide(Assessment(Stage.PROMPT, ("x",)), POLICY, "general"), verdict=verdict)
    assert decision.passes(acknowledged) is passes


def test_a_reason_says_for_every_mode_how_far_its_score_is_from_stopping() -> None:
    seen = Assessment(
        Stage.PROMPT, ("words",), (Finding("words", "violence", 0.9, span_weights=(1.0,), spans=(Span(0, 1),)),)
    )
    reason = decide(seen, POLICY, "general").reasons[0]
    assert set(dict(reason.margins)) == set(POLICY.mode)
    assert dict(reason.margins)["general"] == pytest.approx(0.9 - 0.4)
    assert reason.span_weights == (1.0,)


@given(assessments, modes)
@example(Assessment(Stage.PICTURE, ("words",), (SEEN, replace(SEEN, stage=Stage.TEXT))), "art")  # two limits, one score
def test_a_margin_is_positive_where_the_mode_would_stop_the_finding(assessment: Assessment, mode: str) -> None:
    for reason in decide(assessment, POLICY, mode).reasons:
        for name, margin in reason.margins:
            meant = (reason.category, reason.score, reason.subcategory)
            alone = [f for f in assessment.findings if (f.category, f.score, f.subcategory) == meant]
            assert (margin >= 0) == any(
                (limits := POLICY.thresholds(f.stage or assessment.stage, f.category, f.subcategory, name)) is not None
                and limits.verdict_for(f.score)[0] >= Verdict.WARN
                for f in alone
                if reason.code.startswith(CODE_LETTER[f.stage or assessment.stage])
            )


LISTED, MODEL = "lexicon", "meaning"
CORROBORATED = [
    pytest.param(0.9, Verdict.BLOCK, id="the model agrees"),
    pytest.param(0.1, Verdict.WARN, id="the model is in doubt"),
    pytest.param(0.03, Verdict.NOTE, id="the model hardly sees it"),
    pytest.param(0.01, Verdict.ALLOW, id="the sentence reads harmless"),
    pytest.param(None, Verdict.BLOCK, id="no model looked"),
]


def listed(probability: float | None, category: str = "sexual") -> Assessment:
    found = [Finding(LISTED, category, 0.95, "a word")]
    if probability is not None:
        found.append(Finding(MODEL, "sexual", 0.0, subcategory="read", probability=probability))
    return Assessment(Stage.PROMPT, (LISTED, MODEL), tuple(found))


@pytest.mark.parametrize(("probability", "verdict"), CORROBORATED)
def test_a_list_alone_does_not_stop_what_reads_harmless(probability: float | None, verdict: Verdict) -> None:
    assert decide(listed(probability), POLICY, "general").verdict is verdict


@pytest.mark.parametrize(
    ("probability", "verdict"),
    [
        pytest.param(0.5, Verdict.BLOCK, id="the model agrees"),
        pytest.param(0.13, Verdict.NOTE, id="the model is in doubt"),
    ],
)
def test_words_against_a_group_need_more_since_they_are_quoted_by_who_speaks_for_it(
    probability: float, verdict: Verdict
) -> None:
    assert decide(listed(probability, "hate"), POLICY, "general").verdict is verdict


def test_praise_of_attackers_needs_no_more_than_other_deeds() -> None:
    found = listed(0.1).findings + (Finding("patterns", "hate", 0.7, "praise", subcategory="extremism"),)
    assert (
        decide(Assessment(Stage.PROMPT, (LISTED, MODEL, "patterns"), found), POLICY, "general").verdict is Verdict.BLOCK
    )


@pytest.mark.parametrize("mode", sorted(POLICY.mode))
def test_what_misleads_voters_needs_nobody_to_agree(mode: str) -> None:
    found = listed(0.0).findings + (Finding("patterns", "deception", 0.7, "a day", subcategory="election"),)
    assert decide(Assessment(Stage.PROMPT, (LISTED, MODEL, "patterns"), found), POLICY, mode).verdict is Verdict.BLOCK


def test_a_hard_line_needs_nobody_to_agree() -> None:
    assert decide(listed(0.0, "child_safety"), POLICY, "general").verdict is Verdict.HARD_BLOCK


@given(st.floats(0, 1), st.floats(0, 1), modes)
def test_the_surer_the_model_the_more_a_list_counts(one: float, other: float, mode: str) -> None:
    low, high = sorted((one, other))
    assert decide(listed(low), POLICY, mode).verdict <= decide(listed(high), POLICY, mode).verdict


PAIRS = [(one, other) for pair in POLICY.together for one in pair.one for other in pair.other]


@pytest.mark.parametrize(("one", "other"), PAIRS)
@given(mode=modes, high=st.floats(0.7, 1), asked=st.floats(0.4, 1), first=st.booleans())
def test_two_harms_at_once_are_refused_in_every_mode(
    one: str, other: str, mode: str, high: float, asked: float, first: bool
) -> None:
    scores = (high, asked) if first else (asked, high)
    found = tuple(Finding("x", name, score) for name, score in zip((one, other), scores, strict=True))
    decision = decide(Assessment(Stage.PROMPT, ("x",), found), POLICY, mode)
    assert decision.verdict is Verdict.BLOCK and decision.modes_that_allow == ()


@pytest.mark.parametrize("mode", ["art", "medical"])
@pytest.mark.parametrize("found", [NAKED, GORY])
def test_one_harm_alone_is_relaxed_for_its_purpose(found: Finding, mode: str) -> None:
    assert judged(mode, found).verdict < judged("general", found).verdict
