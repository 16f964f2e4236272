"""Panels: every number is what the library says, and a step names only panels and settings that there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from safety.errors import PresetError, RequestError
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.resources import PRESETS
from studio import Studio
from studio.lesson_sets import load_set
from studio.lessons import load_lessons
from tests.fakes import fake_studio
from ui.learn.panel import Desk, Memory, choice_of, file_of, number_of, text_of
from ui.learn.panels import PANELS, require_panels, settings_of
from ui.learn.threshold import ThresholdSettings
from ui.texts import page_texts

LESSONS = load_lessons(PRESETS)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    made = fake_studio(tmp_path_factory.mktemp("learn"))
    checks = load_prompt_checks(PRESETS, policy=load_policy(PRESETS)).checks
    return replace(made, checks=replace(made.checks, prompt=checks))


def desk(studio: Studio, settings: Any) -> Desk[Any]:
    return Desk(studio, settings, page_texts(), studio.messages(), "203.0.113.7")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_names_panels_that_there_are(name: str) -> None:
    require_panels(LESSONS[name])


def test_an_unknown_panel_is_named() -> None:
    lesson = LESSONS["two_kinds_of_error"]
    step = lesson.plan.step[1].model_copy(update={"panel": "thresold"})
    with pytest.raises(PresetError, match="step limit: panel: choose from"):
        settings_of(lesson, step)


def test_a_wrong_setting_of_a_panel_is_named() -> None:
    lesson = LESSONS["two_kinds_of_error"]
    step = lesson.plan.step[1].model_copy(update={"settings": {"sett": "x"}})
    with pytest.raises(PresetError, match="set"):
        settings_of(lesson, step)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_counts_that_a_lesson_names_are_those_of_its_set(language: str) -> None:
    rows = load_set(PRESETS, "everyday_and_risky")
    harmful = sum(row.harmful for row in rows)
    text = (PRESETS / "lessons" / "two_kinds_of_error" / f"{language}.md").read_text(encoding="utf-8")
    for count in (len(rows), len(rows) - harmful, harmful):
        assert f" {count} " in text.replace("\n", " ")


def test_the_scores_of_a_set_are_those_of_the_studio(studio: Studio) -> None:
    panel, settings = PANELS["threshold"], ThresholdSettings(set="everyday_and_risky")
    rows = panel.open(desk(studio, settings))["rows"]
    prompts = load_set(PRESETS, "everyday_and_risky")
    assert [row["prompt"] for row in rows] == [prompt.text for prompt in prompts]
    for row in rows[::7]:
        decision = studio.check(row["prompt"], "general")
        assert row["score"] == pytest.approx(decision.risk, abs=1e-3)
        assert row["stopped"] is not decision.allowed


WRONG_CALLS = {
    "a text that is none": lambda: text_of({"words": 3}, "words", 10),
    "a text that is too long": lambda: text_of({"words": "a" * 11}, "words", 10),
    "a number that is a truth": lambda: number_of({"at": True}, "at", 0, 1),
    "a number outside": lambda: number_of({"at": 2}, "at", 0, 1),
    "no such choice": lambda: choice_of({"mode": "x"}, "mode", ("general",)),
    "no file": lambda: file_of({}),
    "a file that is no base64": lambda: file_of({"file": "?"}),
}


@pytest.mark.parametrize("call", WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_a_call_of_another_form_is_refused(call: Any) -> None:
    with pytest.raises(RequestError):
        call()


def test_half_a_character_is_none() -> None:
    assert text_of({"words": "a\ud800b"}, "words", 10) == "ab"


def test_what_could_not_be_computed_is_tried_again_and_leaves_nothing() -> None:
    memory = Memory()
    for number in range(3):
        with pytest.raises(ZeroDivisionError):
            memory.once(number, lambda: 1 // 0)
    assert not memory._locks
    assert [memory.once(0, lambda: 7), memory.once(0, lambda: 8)] == [7, 7]


def answered(studio: Studio, kind: str, settings: Any, call: dict[str, Any]) -> Any:
    panel = PANELS[kind]
    return panel.answer(desk(studio, panel.settings.model_validate(settings)), call)


def test_the_moderators_errors_are_counted_against_the_labels(studio: Studio) -> None:
    settings = {"set": "everyday_and_risky", "harmless": 12, "harmful": 8, "seed": 7}
    panel = PANELS["moderate"]
    prompts = panel.open(desk(studio, panel.settings.model_validate(settings)))["prompts"]
    labels = {row.text: row.harmful for row in load_set(PRESETS, "everyday_and_risky")}
    assert sum(labels[prompt] for prompt in prompts) == 8 and len(set(prompts)) == 20
    everything = answered(studio, "moderate", settings, {"stopped": [True] * 20})
    assert everything["yours"] == {"blocked": 12, "missed": 0, "harmless": 12, "harmful": 8}
    right = answered(studio, "moderate", settings, {"stopped": [labels[prompt] for prompt in prompts]})
    assert right["yours"] == {"blocked": 0, "missed": 0, "harmless": 12, "harmful": 8}
    stopped = [not studio.check(prompt, "general").allowed for prompt in prompts]
    assert [row["stopped"] for row in right["rows"]] == stopped
    assert right["curve"][0] == (0, 0) and right["curve"][-1] == (1, 1)
    assert right["curve"] == sorted(right["curve"])


@pytest.mark.parametrize("stopped", [None, [True] * 19, [1] * 20, "yes"], ids=["none", "too few", "numbers", "a text"])
def test_decisions_of_another_form_are_refused(studio: Studio, stopped: Any) -> None:
    with pytest.raises(RequestError, match="20 times"):
        answered(studio, "moderate", {"set": "everyday_and_risky"}, {"stopped": stopped})


def test_contexts_show_what_the_studio_decides_in_each_mode(studio: Studio) -> None:
    prompt = "life drawing class, students and a nude model, charcoal"
    shown = answered(studio, "contexts", {"prompts": [prompt]}, {"prompt": prompt})["modes"]
    for mode in shown:
        decision = studio.check(prompt, mode["mode"])
        assert mode["name"] == decision.verdict.name.lower()
        assert [reason["limit"] for reason in mode["reasons"]] == [reason.threshold for reason in decision.reasons]
    general, art = shown[0], next(mode for mode in shown if mode["mode"] == "art")
    assert not general["allowed"] and art["allowed"]
    assert general["scores"] == art["scores"]


@pytest.mark.parametrize("prompt", ["", " ", "\0", "\ud800"], ids=["nothing", "a space", "no sign", "half a sign"])
def test_a_prompt_that_no_check_could_read_is_stopped_with_a_reason(studio: Studio, prompt: str) -> None:
    shown = answered(studio, "contexts", {"prompts": ["a cat"]}, {"prompt": prompt})["modes"]
    for mode in shown:
        assert mode["allowed"] is studio.check(prompt, mode["mode"]).allowed
        assert all(reason["category"] for reason in mode["reasons"]) and (mode["allowed"] or mode["reasons"])


def test_a_line_that_holds_everywhere_holds_in_the_lesson(studio: Studio) -> None:
    prompt = "a poster that says refugees are vermin"
    shown = answered(studio, "contexts", {"prompts": [prompt]}, {"prompt": prompt})["modes"]
    assert not any(mode["allowed"] for mode in shown)
