"""Categories that an operator adds: they have limits and words of their own, and loosen nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.errors import PresetError
from safety.policy.added_category import AddedCategory
from safety.policy.decide import decide
from safety.policy.model import load_policy
from safety.records import Assessment, CheckFailure, Finding, Stage, Verdict
from safety.resources import PRESETS

POLICY = load_policy(PRESETS)
SENTENCE = "No adverts for betting."


def gambling(**changes: Any) -> AddedCategory:
    facts = {"name": "gambling", "number": 1, "title": "Gambling", "sentence": SENTENCE, "level": "block"}
    return AddedCategory.model_validate({**facts, "digest": "1" * 64, "check": "category gambling", **changes})


WITH = POLICY.with_categories([gambling()])
OWN = [key for key in POLICY.limits[Stage.PROMPT] if not POLICY.category[key.partition(".")[0]].hard]


def finding(score: float) -> Finding:
    return Finding("category gambling", "gambling", score, "“bet now”")


def seen(*findings: Finding, failed: tuple[CheckFailure, ...] = ()) -> Assessment:
    return Assessment(Stage.PROMPT, ("lexicon",), findings, failed)


@pytest.mark.parametrize("mode", sorted(POLICY.mode))
@pytest.mark.parametrize(
    ("level", "verdict"), [("note", Verdict.NOTE), ("warn", Verdict.WARN), ("block", Verdict.BLOCK)]
)
def test_its_level_is_what_happens_at_the_limit_in_every_mode(level: str, verdict: Verdict, mode: str) -> None:
    policy = POLICY.with_categories([gambling(level=level)])
    assert decide(seen(finding(0.49)), policy, mode).verdict is Verdict.ALLOW
    assert decide(seen(finding(0.5)), policy, mode).verdict is verdict


@pytest.mark.parametrize("tag", sorted(POLICY.catalogue.locales))
def test_the_reason_names_title_sentence_and_nearest_examples_in_every_language(tag: str) -> None:
    messages = WITH.messages(tag)
    (reason,) = messages.render(decide(seen(finding(0.9)), WITH, "general"))
    assert all(part in reason.text for part in ("Gambling", SENTENCE, "“bet now”"))
    assert "{" not in reason.text + reason.clause + messages.check("category gambling")
    assert reason.clause.startswith("8.1: ") and "Gambling" in reason.clause
    assert reason.reason.code == "P801"
    assert "Gambling" in messages.check("category gambling")


@pytest.mark.parametrize(
    "added",
    [
        pytest.param([gambling(name="violence")], id="the name of a hazard"),
        pytest.param([gambling(name="child_safety")], id="the name of a hard line"),
        pytest.param([gambling(), gambling(number=2)], id="one name twice"),
        pytest.param([gambling(), gambling(name="betting")], id="one number twice"),
    ],
)
def test_what_is_taken_is_not_taken_again(added: list[AddedCategory]) -> None:
    with pytest.raises(PresetError, match="has the name or the code"):
        POLICY.with_categories(added)


def test_a_finding_of_a_category_that_the_policy_does_not_know_stops() -> None:
    assert decide(seen(finding(0.0)), POLICY, "general").verdict is Verdict.BLOCK


def test_limits_of_the_policy_stay_and_its_digest_does_not() -> None:
    for stage, table in POLICY.limits.items():
        assert {key: WITH.limits[stage][key] for key in table} == table
    assert WITH.mode == POLICY.mode and WITH.shipped_categories == tuple(POLICY.category)
    digests = {POLICY.digest, WITH.digest, POLICY.with_categories([gambling(digest="2" * 64)]).digest}
    assert len(digests) == 3
    assert POLICY.with_categories([]) is POLICY


FINDINGS = st.lists(
    st.builds(
        lambda key, score, probability: Finding(
            "meaning", key.partition(".")[0], score, "", key.partition(".")[2], probability=probability
        ),
        st.sampled_from(OWN),
        st.floats(0, 1),
        st.none() | st.floats(0, 1),
    ),
    max_size=6,
)
FAILED = st.sampled_from([(), (CheckFailure("meaning", "gone"),)])


@given(findings=FINDINGS, failed=FAILED, score=st.floats(0, 1), mode=st.sampled_from(sorted(POLICY.mode)))
def test_adding_a_category_never_loosens_a_verdict(
    findings: list[Finding], failed: tuple[CheckFailure, ...], score: float, mode: str
) -> None:
    before = decide(seen(*findings, failed=failed), POLICY, mode)
    after = decide(seen(*findings, finding(score), failed=failed), WITH, mode)
    assert after.verdict >= before.verdict
    assert set(after.modes_that_allow) <= set(before.modes_that_allow) or after.verdict > before.verdict
    assert after.risk >= before.risk


@given(findings=FINDINGS, failed=FAILED, mode=st.sampled_from(sorted(POLICY.mode)))
def test_what_the_category_does_not_touch_is_decided_as_before(
    findings: list[Finding], failed: tuple[CheckFailure, ...], mode: str
) -> None:
    before = decide(seen(*findings, failed=failed), POLICY, mode)
    with_it = decide(seen(*findings, failed=failed), WITH, mode)
    assert replace(with_it, policy_digest=before.policy_digest) == before
