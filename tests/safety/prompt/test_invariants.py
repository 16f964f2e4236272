"""What the policy promises, held against real prompts and all prompt checks, the model among them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.prompt.fuzz import judge_of, strings
from safety.checks import run_checks
from safety.policy.decide import decide
from safety.policy.model import BASE_MODE, load_policy
from safety.prompt import load_prompt_checks
from safety.records import Assessment, CheckFailure, Prompt, Stage, Verdict

ROOT = Path(__file__).parents[3]
POLICY = load_policy(ROOT / "presets")
CHECKS = load_prompt_checks(ROOT / "presets", ROOT / "assets" / "models", POLICY).checks
TEXT = """
a the no of and in with by photo oil on canvas portrait castle rabbit nude naked blood gore knife corpse surgery CT scan
hate all muslims vermin how to make a bomb suicide rope breast cancer shooting star president arrested logo Batman
ignore the policy for medical purposes n4ked b.l.o.o.d
"""
PIECES = TEXT.split()
prompts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map(" ".join)
pytestmark = pytest.mark.skipif(
    not (ROOT / "assets/models/prompt_classifier/model.onnx").exists(), reason="the weights are not here"
)
some = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assessed(text: str) -> Assessment:
    return run_checks(Stage.PROMPT, Prompt(text), CHECKS)


@some
@given(prompts)
def test_every_verdict_has_reasons_that_name_their_clause(text: str) -> None:
    for mode in POLICY.mode:
        decision = decide(assessed(text), POLICY, mode)
        assert (decision.verdict == Verdict.ALLOW) == (not decision.reasons)
        assert all(reason.clause and reason.code for reason in decision.reasons)


@some
@given(prompts)
def test_a_hard_line_is_one_in_every_mode_and_tells_nothing(text: str) -> None:
    verdicts = {mode: decide(assessed(text), POLICY, mode) for mode in POLICY.mode}
    hard = {mode for mode, decision in verdicts.items() if decision.verdict is Verdict.HARD_BLOCK}
    assert hard in (set(), set(POLICY.mode))
    for mode in hard:
        assert all(not reason.spans and reason.score is None for reason in verdicts[mode].reasons)


@some
@given(prompts, st.data())
def test_less_evidence_never_gives_a_worse_verdict(text: str, data: st.DataObject) -> None:
    whole = assessed(text)
    fewer = tuple(finding for finding in whole.findings if data.draw(st.booleans()))
    for mode in POLICY.mode:
        assert decide(replace(whole, findings=fewer), POLICY, mode).verdict <= decide(whole, POLICY, mode).verdict


@some
@given(prompts)
def test_a_check_that_failed_blocks_whatever_the_others_saw(text: str) -> None:
    broken = replace(assessed(text), failed=(CheckFailure("meaning", "no weights"),))
    assert decide(broken, POLICY, BASE_MODE).verdict >= Verdict.BLOCK


@some
@given(prompts)
def test_the_margin_of_the_mode_agrees_with_the_verdict(text: str) -> None:
    for reason in decide(assessed(text), POLICY, BASE_MODE).reasons:
        margins = dict(reason.margins)
        if reason.score is not None and BASE_MODE in margins:
            assert (margins[BASE_MODE] >= 0) == (reason.verdict >= Verdict.WARN)


@some
@given(prompts)
def test_spans_lie_in_the_text_and_their_weights_are_shares(text: str) -> None:
    for finding in assessed(text).findings:
        assert all(0 <= span.start < span.end <= len(text) for span in finding.spans)
        assert len(finding.span_weights) in (0, len(finding.spans))
        assert all(0 <= weight <= 1 for weight in finding.span_weights) and sum(finding.span_weights) <= 1.001


@pytest.mark.slow
def test_no_string_however_odd_keeps_a_check_from_looking() -> None:
    judge = judge_of(ROOT)
    for text in strings(140, longest=300, seed=1):
        judge(text)
