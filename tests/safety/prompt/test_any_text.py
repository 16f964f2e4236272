"""What holds for the word checks whatever is typed."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safety.checks import Check, run_checks
from safety.records import Prompt, Stage

VOCABULARY = """
a an no not nude n4ked child 12 year old blood knife on the floor by Emma Watson Sarah Miller my ex how to make bomb all
muslims are vermin photo of shooting star chicken breast \ud800 \u200b 🔫 ﷺ n u d e * ** , . - 色情 голая
"""
WORDS = st.sampled_from(VOCABULARY.split())
TEXT = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=25).map(" ".join))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT)
def test_every_check_looks_and_every_span_lies_in_the_text(rules: tuple[Check[Prompt], ...], text: str) -> None:
    assessment = run_checks(Stage.PROMPT, Prompt(text), rules)
    assert assessment.failed == ()
    for finding in assessment.findings:
        assert all(0 <= span.start < span.end <= len(text) for span in finding.spans)
        assert list(finding.spans) == sorted(finding.spans)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT)
def test_looking_twice_sees_the_same(rules: tuple[Check[Prompt], ...], text: str) -> None:
    once = run_checks(Stage.PROMPT, Prompt(text), rules)
    assert run_checks(Stage.PROMPT, Prompt(text), rules) == once
