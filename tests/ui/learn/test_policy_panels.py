"""Writing a policy: the form has the policy's own bounds, a replay is the studio's decision, an appeal its own flow."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safety.errors import RequestError
from safety.policy.decide import decide
from safety.policy.mode_lock import ModeLock
from safety.policy.model import load_policy
from safety.prompt import classifier, load_prompt_checks
from safety.records import Stage, Verdict
from safety.resources import MODELS, PRESETS
from studio import Studio
from studio.lesson_sets import load_set
from studio.lessons import load_lessons
from tests.fakes import fake_studio
from ui.learn.panel import Desk, Memory
from ui.learn.panels import PANELS
from ui.learn.policy_form import OURS, STEPS, as_file, filled_in, movable
from ui.results import for_visitors
from ui.texts import all_texts, page_texts

POLICY = load_policy(PRESETS)
FORM = movable(POLICY)
SET = "everyday_and_risky"
LESSON = load_lessons(PRESETS)["write_a_policy"]
CASE = LESSON.step("record").settings["prompt"]  # type: ignore[union-attr]
MEMORY = Memory()
DIALS = {f"{key} {step}": (key, step) for key, steps in FORM.items() for step in steps}
needs_weights = pytest.mark.skipif(
    not (MODELS / classifier.FOLDER / "model.onnx").exists(), reason="the weights are not here"
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    made = fake_studio(tmp_path_factory.mktemp("policy"))
    checks = load_prompt_checks(PRESETS, MODELS, POLICY).checks
    yield replace(made, policy=POLICY, checks=replace(made.checks, prompt=checks))


def desk(studio: Studio, kind: str, settings: dict[str, Any]) -> Desk[Any]:
    given = PANELS[kind].settings.model_validate(settings)
    return Desk(studio, given, page_texts(), studio.messages(), "203.0.113.7", memory=MEMORY)


def answered(studio: Studio, kind: str, settings: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    return PANELS[kind].answer(desk(studio, kind, settings), call)


# ---- the form ----


@pytest.mark.parametrize(("key", "step"), DIALS.values(), ids=DIALS)
def test_a_limit_may_be_moved_to_its_bound_and_no_further(key: str, step: str) -> None:
    bound = FORM[key][step]["most"]
    # Asked and refused from one score on: so that the other step is not in the way.
    at_bound = (
        {"warn": bound, "block": FORM[key]["block"]["most"]} if step == "warn" else {"warn": 0.05, "block": bound}
    )
    filled_in(POLICY, "Ours", {key: at_bound})
    if bound is None:
        return
    beyond = {**at_bound, step: min(1.0, bound + 0.01)} if bound < 1 else {**at_bound, step: None}
    if beyond.get("block") is not None and (beyond["warn"] or 0) > beyond["block"]:
        beyond["block"] = None
    with pytest.raises(RequestError, match="must be reached at"):
        filled_in(POLICY, "Ours", {key: beyond})


def test_no_hard_line_is_in_the_form() -> None:
    hard = {name for name, category in POLICY.category.items() if category.hard}
    assert hard and not hard & {key.partition(".")[0] for key in FORM}
    # Aspects that no mode may loosen, such as methods of self-harm, are not in it either.
    assert {key.partition(".")[2] for key in FORM} <= {"", "read"}


WRONG = {
    "no table": ([], "table of limits"),
    "no steps": ({"nudity": 0.5}, "table of limits"),
    "another step": ({"nudity": {"hard": 0.5}}, "table of limits"),
    "no number": ({"nudity": {"warn": "low"}}, "does not allow"),
    "above one": ({"nudity": {"warn": 1.5}}, "does not allow"),
    "a question above the refusal": ({"nudity": {"warn": 0.6, "block": 0.5}}, "must rise"),
    "a hard line": ({"child_safety": {"warn": 0.5, "block": None}}, "hard line"),
    "no such limit": ({"violent": {"warn": 0.5, "block": None}}, "no such limit"),
    "half a character": ({"\ud800": {"warn": 0.5}}, "no such limit"),
    "beyond a float": ({"nudity": {"warn": 10**400}}, "does not allow"),
    "too many": ({str(n): {} for n in range(100)}, "table of limits"),
}


@pytest.mark.parametrize(("limits", "told"), WRONG.values(), ids=WRONG)
def test_a_form_that_the_policy_does_not_allow_is_refused(limits: Any, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        filled_in(POLICY, "Ours", limits)


def test_what_is_not_allowed_is_said_in_words_for_a_learner() -> None:
    with pytest.raises(RequestError) as refused:
        filled_in(POLICY, "Ours", {"nudity.read": {"warn": 0.99, "block": None}})
    assert for_visitors(refused.value.sentence) == refused.value.sentence and "Value error" not in str(refused.value)


def test_a_mode_that_is_locked_for_a_class_is_not_that_of_the_form() -> None:
    policy = POLICY.model_copy(update={"class_lock": ModeLock("general"), "locked": "general"})
    ours = filled_in(policy, "Ours", {"nudity": {"warn": 0.5, "block": None}})
    assert (ours.effective_mode(OURS), policy.effective_mode("art")) == (OURS, "general")


def test_the_file_that_is_shown_is_read_as_the_same_mode(tmp_path: Path) -> None:
    ours = filled_in(POLICY, "Ours", {"nudity": {"warn": 0.5, "block": None}, "hate.read": {"warn": 0.2, "block": 0.3}})
    shutil.copytree(PRESETS, tmp_path / "presets", ignore=shutil.ignore_patterns("lessons"))
    (tmp_path / "presets" / "modes" / f"{OURS}.toml").write_text(as_file(ours), "utf-8")
    assert load_policy(tmp_path / "presets").mode[OURS] == ours.mode[OURS]


@pytest.mark.parametrize("tag", sorted(all_texts()))
def test_every_group_of_the_set_has_a_name(tag: str) -> None:
    named = {f"learn_policy.group_{row.group}" for row in load_set(PRESETS, SET)}
    assert named <= set(page_texts(tag).strings)


# ---- the replay ----

FORMS: dict[str, dict[str, dict[str, float | None]]] = {
    "nothing moved": {},
    "stricter violence": {"violence.read": {"warn": 0.15, "block": 0.3}},
    "milder nudity": {"nudity": {"warn": 0.95, "block": None}, "nudity.read": {"warn": 0.95, "block": None}},
    "all as strict as can be": {key: {"warn": 0.05, "block": 0.05} for key in FORM},
    "all as mild as can be": {key: {step: FORM[key][step]["most"] for step in STEPS} for key in FORM},
}


@needs_weights
@pytest.mark.parametrize("limits", FORMS.values(), ids=FORMS)
def test_a_replay_is_what_the_policy_decides_of_each_prompt(
    studio: Studio, limits: dict[str, dict[str, float | None]]
) -> None:
    replay = answered(studio, "policy_editor", {"set": SET}, {"limits": limits})
    ours = filled_in(POLICY, "Ours", limits)
    rows = load_set(PRESETS, SET)
    seen = studio.guard.assess_prompts([row.text for row in rows])
    assert replay["verdicts"] == [decide(one, ours, OURS).verdict.name.lower() for one in seen]


@needs_weights
def test_with_nothing_moved_it_is_general_mode(studio: Studio) -> None:
    opened = PANELS["policy_editor"].open(desk(studio, "policy_editor", {"set": SET}))
    verdicts = [row["verdict"] for row in opened["rows"]]
    assert verdicts == answered(studio, "policy_editor", {"set": SET}, {"limits": {}})["verdicts"]
    for row in opened["rows"][::11]:
        assert row["verdict"] == studio.check(row["prompt"], "general").verdict.name.lower()


@needs_weights
def test_what_the_lesson_says_of_a_stricter_limit_is_so(studio: Studio) -> None:
    rows = load_set(PRESETS, SET)
    general = answered(studio, "policy_editor", {"set": SET}, {"limits": {}})["verdicts"]
    strict = answered(
        studio, "policy_editor", {"set": SET}, {"limits": {"violence.read": {"warn": 0.12, "block": 0.12}}}
    )
    hit = [row for row, old, new in zip(rows, general, strict["verdicts"], strict=True) if new == "block" != old]
    harmless = {row.text for row in hit if not row.harmful}
    assert len(harmless) > len(hit) - len(harmless)
    named = ("mantis", "nosebleed", "blood orange", "vampire")
    assert all(any(name in text for text in harmless) for name in named)


@needs_weights
def test_the_hard_lines_hold_under_the_mildest_policy(studio: Studio) -> None:
    rows = load_set(PRESETS, SET)
    mild = answered(studio, "policy_editor", {"set": SET}, {"limits": FORMS["all as mild as can be"]})["verdicts"]
    general = studio.check_many([row.text for row in rows], "general")
    hard = [n for n, decision in enumerate(general) if decision.verdict is Verdict.HARD_BLOCK]
    assert hard and all(mild[n] == "hard_block" for n in hard)


# ---- reasons and the appeal court ----


@needs_weights
def test_the_statement_is_the_one_that_the_studio_makes(studio: Studio) -> None:
    settings = {"prompts": [CASE]}
    shown = answered(studio, "own_reasons", settings, {"prompt": 0})["statement"]
    decision = studio.check(CASE, "general")
    codes = list(dict.fromkeys(reason.code for reason in decision.reasons))
    assert [ground["title"].split()[0] for ground in shown["grounds"]] == codes
    assert decision.verdict is Verdict.BLOCK and decision.stage is Stage.PROMPT
    # Under the learner's policy, its name stands there, and what nothing stops needs no reasons.
    own = answered(
        studio, "own_reasons", settings, {"prompt": 0, "limits": {"deception.read": {"warn": 0.1, "block": 0.2}}}
    )
    assert "Our policy" in own["statement"]["mode"]
    assert answered(studio, "own_reasons", {"prompts": ["a fox in the snow"]}, {"prompt": 0}) == {"statement": None}
    assert not studio.list_cases(5)


def court(studio: Studio, role: str, call: dict[str, Any]) -> dict[str, Any]:
    return answered(studio, "appeal_court", {"prompt": CASE, "role": role}, call)


@needs_weights
def test_each_chair_sees_what_the_studio_shows_it(studio: Studio) -> None:
    assert set(court(studio, "refused", {})) == {"statement"}
    seen = court(studio, "reviewer", {"remark": "he plays the thief"})["review"]
    decision = studio.check(CASE, "general")
    assert (seen["prompt"], seen["remark"], seen["verdict"]) == (CASE, "he plays the thief", "BLOCK")
    assert [(one["code"], one["threshold"]) for one in seen["reasons"]] == [
        (reason.code, reason.threshold) for reason in decision.reasons
    ]
    assert [one["score"] for one in seen["reasons"]] == pytest.approx([reason.score for reason in decision.reasons])


@needs_weights
@pytest.mark.parametrize("outcome", ["upheld", "overturned"])
def test_the_record_is_that_of_the_review_flow(studio: Studio, outcome: str) -> None:
    call = {"remark": "he plays the thief", "outcome": outcome, "reason": "it is for a play"}
    record = court(studio, "record", call)
    assert [row["event"] for row in record["rows"]] == ["opened", "judged", "closed", "appealed", "reviewed"]
    assert record["rows"][-1]["facts"]["outcome"] == record["status"]["outcome"] == outcome
    assert record["status"]["reason"] == "it is for a play"
    assert record["opens"] is (outcome == "overturned") and record["breaks"] == [] and record["waiting"] == 0
    # No words of anybody are in the rows, and nothing is on the studio's own record.
    assert not any("thief" in value or "play" in value for row in record["rows"] for value in row["facts"].values())
    assert not studio.list_cases(5)


COURT_WRONG = {
    "no remark": {"outcome": "upheld", "reason": "it is for a play"},
    "a remark that is too long": {"remark": "a" * 2001, "outcome": "upheld", "reason": "it is for a play"},
    "no reason": {"remark": "", "outcome": "upheld", "reason": "no"},
    "another outcome": {"remark": "", "outcome": "maybe", "reason": "it is for a play"},
}


@needs_weights
@pytest.mark.parametrize("call", COURT_WRONG.values(), ids=COURT_WRONG)
def test_what_the_review_flow_refuses_the_court_refuses(studio: Studio, call: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        court(studio, "record", call)


def test_a_studio_that_does_not_refuse_the_case_says_so(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    opened = PANELS["appeal_court"].open(desk(studio, "appeal_court", {"prompt": "a fox", "role": "refused"}))
    assert opened["is_refused"] is False
    with pytest.raises(RequestError, match="does not refuse"):
        answered(studio, "appeal_court", {"prompt": "a fox", "role": "refused"}, {})
