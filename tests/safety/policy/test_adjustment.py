"""Adopted limits lie over the policy within bounds, and no hard line moves, whatever somebody asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.errors import PresetError
from safety.policy.adjustment import movable_keys, with_limits
from safety.policy.model import load_policy
from safety.records import Stage, Verdict

POLICY = load_policy(Path(__file__).parents[3] / "presets")
DRIFT = 0.10
KEYS = sorted(POLICY.limits[Stage.PROMPT])
SCORES = st.floats(0, 1)
MODES = sorted(POLICY.mode)
asked = st.dictionaries(
    st.sampled_from(MODES),
    st.dictionaries(
        st.sampled_from(KEYS),
        st.dictionaries(st.sampled_from(["note", "warn", "block", "hard"]), st.floats(0.01, 1.0), max_size=2),
        max_size=2,
    ),
    max_size=2,
)
wanted = st.tuples(
    st.sampled_from(MODES),
    st.sampled_from(sorted(movable_keys(POLICY))),
    st.sampled_from(["warn", "block"]),
    st.floats(-DRIFT, DRIFT),
)


def verdict(policy: object, key: str, mode: str, score: float) -> Verdict:
    category, _, kind = key.partition(".")
    thresholds = policy.thresholds(Stage.PROMPT, category, kind, mode)  # type: ignore[attr-defined]
    return thresholds.verdict_for(score)[0]  # type: ignore[no-any-return]


def moved(mode: str, key: str, step: str, by: float) -> dict[str, dict[str, dict[str, float]]]:
    category, _, kind = key.partition(".")
    here = POLICY.thresholds(Stage.PROMPT, category, kind, mode)
    at = getattr(here, step)
    return {mode: {key: {step: round(at + by, 4)}}} if at is not None else {}


@given(asked, st.sampled_from(KEYS), st.sampled_from(MODES), SCORES)
def test_no_hard_line_and_nothing_that_no_mode_relaxes_is_ever_moved(
    limits: dict[str, dict[str, dict[str, float]]], key: str, mode: str, score: float
) -> None:
    try:
        policy = with_limits(POLICY, limits, DRIFT)
    except PresetError:
        return
    base = POLICY.limits[Stage.PROMPT][key]
    if POLICY.category[key.partition(".")[0]].hard or base.loosest is None:
        assert verdict(policy, key, mode, score) is verdict(POLICY, key, mode, score)


@given(wanted, SCORES)
def test_what_is_accepted_stays_within_the_drift_and_the_loosest(
    one: tuple[str, str, str, float], score: float
) -> None:
    mode, key, _, _ = one
    try:
        policy = with_limits(POLICY, moved(*one), DRIFT)
    except PresetError:
        return
    category, _, kind = key.partition(".")
    limits = POLICY.limits[Stage.PROMPT][key]
    for name in MODES:
        before = POLICY.thresholds(Stage.PROMPT, category, kind, name)
        here = policy.thresholds(Stage.PROMPT, category, kind, name)
        assert before and here and limits.loosest
        for step, at in here.steps():
            assert at <= max(limits.loosest.at(step), before.at(step)) + 1e-9
            if step is not Verdict.NOTE:
                assert abs(at - before.at(step)) <= DRIFT + 1e-6 or name != mode
        assert verdict(policy, key, name, score) <= verdict(policy, key, "general", score)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        pytest.param({"general": {"child_safety": {"hard": 0.6}}}, "no mode relaxes it", id="a hard line"),
        pytest.param({"art": {"sexual.grave": {"block": 0.75}}}, "no mode relaxes it", id="grave in every mode"),
        pytest.param({"general": {"sexual.read": {"warn": 0.5}}}, "not within 0.1 of 0.37", id="too far"),
        pytest.param({"general": {"sexual.read": {"hard": 0.9}}}, "hard = 0.9", id="another step"),
        pytest.param({"general": {"sexual.read": {"warn": float("nan")}}}, "warn = nan", id="no number"),
        pytest.param({"school": {"sexual.read": {"warn": 0.4}}}, "mode 'school'", id="no such mode"),
        pytest.param({"general": {"hate.read": {"warn": 0.74}}}, "past the loosest", id="past the loosest"),
        pytest.param({"general": {"cooking.read": {"warn": 0.4}}}, "no mode relaxes it", id="no such category"),
    ],
)
def test_what_goes_too_far_is_refused_and_named(limits: dict[str, dict[str, dict[str, float]]], told: str) -> None:
    with pytest.raises(PresetError, match=told):
        with_limits(POLICY, limits, DRIFT)


def test_nothing_moved_is_the_policy_itself() -> None:
    assert with_limits(POLICY, {}, DRIFT) is POLICY and with_limits(POLICY, {"art": {}}, DRIFT) is POLICY


def test_a_limit_of_general_mode_takes_stricter_modes_along() -> None:
    policy = with_limits(POLICY, {"general": {"hate.read": {"warn": 0.7}}}, DRIFT)
    art = policy.thresholds(Stage.PROMPT, "hate", "read", "art")
    assert art is not None and art.warn == 0.7
    assert policy.digest != POLICY.digest


def test_a_stricter_limit_takes_the_remark_along() -> None:
    policy = with_limits(POLICY, {"general": {"sexual.read": {"warn": 0.3}}}, DRIFT)
    here = policy.thresholds(Stage.PROMPT, "sexual", "read", "general")
    assert here is not None and (here.note, here.warn, here.block) == (0.3, 0.3, 0.66)
