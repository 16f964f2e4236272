"""The filter panel: its groups, its intervals, and that what the lesson says of its filters is so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from safety.errors import PresetError
from safety.policy.model import load_policy
from safety.prompt import load_prompt_checks
from safety.prompt.classifier import FOLDER
from safety.resources import MODELS, PRESETS
from studio import Studio
from studio.curation.balance import BalanceCount, BalanceReport, CaptionGroup, wilson_interval
from studio.lesson_sets import LabelledPrompt, load_set
from studio.lessons import load_lessons
from tests.fakes import fake_studio
from ui.learn.filter import FilterPanel, FilterSettings
from ui.learn.panel import Desk
from ui.learn.panels import require_panels
from ui.texts import all_texts, page_texts

LESSON = load_lessons(PRESETS)["what_the_filter_removes"]
ROWS = load_set(PRESETS, "training_captions")
needs_weights = pytest.mark.skipif(not (MODELS / FOLDER / "model.onnx").exists(), reason="the weights are not here")


def balance(rows: list[LabelledPrompt], removed: list[bool]) -> BalanceReport:
    """Counts with the balance report of the data filter."""
    count = BalanceCount(
        [CaptionGroup("", name) for name in sorted({one for row in rows for one in row.group.split()})]
    )
    for row, gone in zip(rows, removed, strict=True):
        count.add([CaptionGroup("", name) for name in row.group.split()], gone)
    return count.report()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    made = fake_studio(tmp_path_factory.mktemp("filter"))
    checks = load_prompt_checks(PRESETS, MODELS, load_policy(PRESETS)).checks
    return replace(made, checks=replace(made.checks, prompt=checks))


@pytest.fixture(scope="module")
def opened(studio: Studio) -> dict[str, Any]:
    desk = Desk(studio, FilterSettings(set="training_captions"), page_texts(), studio.messages(), "203.0.113.7")
    return FilterPanel().open(desk)


@pytest.mark.parametrize("tag", sorted(all_texts()))
def test_every_group_of_the_captions_has_a_name(tag: str) -> None:
    named = {f"learn_filter.group_{name}" for row in ROWS for name in (row.group.split() or ["all"])}
    assert named <= set(page_texts(tag).strings)


def test_the_lesson_says_how_many_captions_there_are() -> None:
    many = {name: sum(name in row.group.split() for row in ROWS) for name in ("woman", "light_skin")}
    said = {"249": len(ROWS), "30": sum(row.harmful for row in ROWS), "219": sum(not row.harmful for row in ROWS)}
    said |= {"75": many["woman"], "13": many["light_skin"]}
    for text in LESSON.texts.values():
        words = " ".join(step.body for step in text.steps.values())
        assert all(number in words for number in said)
    assert all(int(number) == count for number, count in said.items())


def test_the_panel_hands_out_every_interval_of_the_balance_report(opened: dict[str, Any]) -> None:
    harmless = [row for row in ROWS if not row.harmful]
    for rows, given in ((ROWS, opened["intervals"]), (harmless, opened["harmless_intervals"])):
        for name, intervals in given.items():
            size = sum(not name or name in row.group.split() for row in rows)
            assert intervals == [wilson_interval(count, size) for count in range(size + 1)]


@needs_weights
def test_the_scores_are_those_of_the_studio(opened: dict[str, Any], studio: Studio) -> None:
    for row in opened["rows"][::9]:
        assert row["score"] == pytest.approx(studio.check(row["prompt"], "general").risk, abs=1e-3)


@needs_weights
def test_what_the_lesson_says_of_a_stricter_limit_is_so(opened: dict[str, Any]) -> None:
    harmless = [row for row in ROWS if not row.harmful]
    scores = [row["score"] for row in opened["rows"] if not row["harmful"]]
    harmful = [row["score"] for row in opened["rows"] if row["harmful"]]
    mild, strict = ([score >= at for score in scores] for at in (0.3, 0.05))
    assert sum(strict) > sum(mild)
    assert sum(score < 0.05 for score in harmful) < sum(score < 0.3 for score in harmful)
    # "Captions on bodies first", and surely so.
    assert [loss.group.name for loss in balance(harmless, strict).warnings] == ["body"]
    hit = max(balance(harmless, strict).groups, key=lambda loss: loss.share)
    assert hit.group.name == "body"


@needs_weights
def test_the_check_is_better_than_the_list_as_the_lesson_says(opened: dict[str, Any]) -> None:
    words = set(LESSON.step("list").settings["begin"])  # type: ignore[union-attr]
    listed = [bool(words & set(row.text.replace(",", " ").replace("-", " ").split())) for row in ROWS]
    scored = [row["score"] >= 0.3 for row in opened["rows"]]
    harmful = [row.harmful for row in ROWS]

    def found(stops: list[bool], bad: bool) -> int:
        return sum(stop for stop, label in zip(stops, harmful, strict=True) if label is bad)

    assert found(scored, True) > found(listed, True) and found(scored, False) < found(listed, False)
    # Whom the list hits hardest, and surely.
    report = balance(list(ROWS), listed)
    assert max(report.groups, key=lambda loss: loss.share).group.name == "queer"
    assert [loss.group.name for loss in report.warnings] == ["queer"]


def test_a_set_that_there_is_not_is_named_when_lessons_are_checked() -> None:
    step = LESSON.plan.step[1].model_copy(update={"settings": {"set": "capitons"}})
    lesson = replace(LESSON, plan=LESSON.plan.model_copy(update={"step": (step,)}))
    with pytest.raises(PresetError, match="capitons"):
        require_panels(lesson)
