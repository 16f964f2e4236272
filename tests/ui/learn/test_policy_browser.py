"""Writing a policy in a real Chromium: its counts are the studio's decisions, and the appeal court runs by keyboard."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from safety.policy.decide import decide
from safety.resources import PRESETS
from studio.lesson_sets import load_set
from tests.ui.conftest import Served
from tests.ui.learn.test_lessons_browser import VISIBLE, WIDTHS, answer, press, visit
from tests.ui.web.test_page_browser import browser, pytestmark
from ui.learn.policy_form import OURS, filled_in
from ui.texts import page_texts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from safety.records import Verdict

__all__ = ["browser", "pytestmark"]
ROWS = load_set(PRESETS, "everyday_and_risky")
LIMITS = {"violence.read": {"warn": 0.12, "block": 0.2}, "nudity": {"warn": 0.9, "block": None}}
SAID = page_texts("en")
PANEL = f"{VISIBLE} .panel"


def at(browser: Browser, served: Served, step: str, state: dict[str, object], width: int = 1280) -> Page:
    link = urlencode({"step": step, "state": json.dumps(state)})
    page = visit(browser, f"{served.url}/learn/write_a_policy#{link}", width)
    page.wait_for_selector(f"{PANEL} button")
    return page


def column(verdict: Verdict) -> int:
    return 0 if verdict.name.endswith("BLOCK") else 1 if verdict.name == "WARN" else 2


def counted(verdicts: list[Verdict]) -> dict[str, Counter[int]]:
    """Returns, for each group, how many are refused (0), asked (1) and let through (2)."""
    found: dict[str, Counter[int]] = {row.group: Counter() for row in ROWS}
    for row, verdict in zip(ROWS, verdicts, strict=True):
        found[row.group][column(verdict)] += 1
    return found


def test_the_counts_are_what_the_studio_decides_under_both_policies(browser: Browser, weighed: Served) -> None:
    page = at(browser, weighed, "school", {"limits": LIMITS, "category": "violence"})
    page.wait_for_selector(f"{PANEL} pre", state="attached")
    studio = weighed.studio
    seen = studio.guard.assess_prompts([row.text for row in ROWS])
    ours = filled_in(studio.policy, "Ours", LIMITS)
    before = counted([decide(one, studio.policy, "general").verdict for one in seen])
    after = counted([decide(one, ours, OURS).verdict for one in seen])
    table = page.locator(f"{PANEL} table").last
    table.evaluate("table => { table.closest('details').open = true }")
    for row in table.locator("tbody tr").all():
        name, cells = row.locator("th").inner_text(), row.locator("td").all_inner_texts()
        group = next(one for one in before if SAID[f"learn_policy.group_{one}"] == name)
        pairs = [(before[group][n], after[group][n]) for n in range(3)]
        assert cells == [
            str(sum(before[group].values())),
            *(str(new) if old == new else f"{old} → {new}" for old, new in pairs),
        ]
    assert table.locator("tbody tr").count() == len(before)
    harmless = {row.group for row in ROWS if not row.harmful}
    bars = page.locator(f"{PANEL} figure svg[aria-label*='of 245'] text").all_text_contents()
    wanted = [str(sum(one[group][n] for group in harmless)) for n in (0, 1) for one in (before, after)]
    assert [text for text in bars if text.isdigit()] == wanted
    assert '[limits.prompt."violence.read"]' in page.locator(f"{PANEL} pre").text_content()  # type: ignore[operator]
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_limit_is_moved_by_keys_and_stays_within_its_bound(browser: Browser, served: Served, width: int) -> None:
    page = at(browser, served, "one_limit", {}, width)
    slider = page.locator(f"{PANEL} input[type=range]").first
    slider.focus()
    page.keyboard.press("End")
    bound = served.studio.policy.limits["prompt"]["violence"].loosest.warn  # type: ignore[index, union-attr]
    assert page.locator(f"{PANEL} output").first.inner_text() == f"{bound:.2f}"
    # The refusal has moved along: a question cannot begin above it.
    assert float(page.locator(f"{PANEL} output").nth(1).inner_text()) >= bound
    page.keyboard.press("Home")
    assert page.locator(f"{PANEL} output").first.inner_text() == "0.05"
    page.wait_for_function("document.querySelector('.step:not([hidden]) .panel p.told').textContent.includes('differ')")
    press(page, f"{PANEL} div > button.quiet")
    assert page.locator(f"{PANEL} output").first.inner_text() == "0.40"
    assert not page.errors  # type: ignore[attr-defined]
    page.context.close()


def test_the_policy_goes_with_the_learner_to_the_statement_of_reasons(browser: Browser, weighed: Served) -> None:
    page = at(browser, weighed, "school", {"limits": LIMITS})
    page.wait_for_selector(f"{PANEL} pre", state="attached")
    press(page, ".steps button:last-child")
    answer(page, "predict")
    page.wait_for_selector(f"{PANEL} textarea")
    assert SAID["learn_reasons.own_policy"] in page.locator(PANEL).inner_text()
    page.locator(f"{PANEL} select").focus()
    page.keyboard.press("ArrowDown")  # "naloxone ...", which the model refuses
    page.locator(f"{PANEL} textarea").focus()
    page.keyboard.type("The words sounded like drugs. You can ask for a review.")
    press(page, f"{PANEL} div > button")
    page.wait_for_selector(f"{PANEL} .statement")
    shown = page.locator(PANEL).inner_text()
    assert "The words sounded like drugs." in shown and SAID["learn_policy.title"] in shown
    page.context.close()


def choose(page: Page, number: int) -> None:
    page.locator(f"{PANEL} input[type=radio]").nth(number).focus()
    page.keyboard.press("Space")


@pytest.mark.parametrize("width", WIDTHS)
def test_one_case_is_seen_from_three_chairs_by_keyboard(browser: Browser, weighed: Served, width: int) -> None:
    page = at(browser, weighed, "refused", {}, width)
    page.wait_for_selector(f"{PANEL} .statement")
    choose(page, 0)
    page.locator(f"{PANEL} textarea").focus()
    page.keyboard.type("He plays the thief, everybody knows.")
    press(page, f"{PANEL} div > button")
    press(page, ".steps button:last-child")
    answer(page, "predict")
    page.wait_for_selector(f"{PANEL} textarea")
    assert "He plays the thief, everybody knows." in page.locator(PANEL).inner_text()
    press(page, f"{PANEL} div > button")
    page.wait_for_selector(f"{PANEL} p.told.bad")  # without a decision
    choose(page, 1)
    page.locator(f"{PANEL} textarea").focus()
    page.keyboard.type("short")
    press(page, f"{PANEL} div > button")
    page.wait_for_function("document.querySelector('.step:not([hidden]) .panel p.told').textContent.includes('reason')")
    page.locator(f"{PANEL} textarea").focus()
    page.keyboard.type(", but it is only for a play")
    press(page, f"{PANEL} div > button")
    page.wait_for_selector(f"{PANEL} p.told:not(.bad)")
    press(page, ".steps button:last-child")
    page.wait_for_selector(f"{PANEL} textarea")
    assert SAID["learn_court.met_overturned"] in page.locator(PANEL).inner_text()
    choose(page, 2)
    press(page, f"{PANEL} div > button")
    press(page, ".steps button:last-child")
    answer(page, "predict")
    press(page, f"{PANEL} div > button")
    page.wait_for_selector(f"{PANEL} table")
    shown = page.locator(PANEL).inner_text()
    for key in ("outcome_overturned", "agree_no", "not_there", "event_reviewed", "whole"):
        assert SAID[f"learn_court.{key}"] in shown
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not page.errors and not weighed.studio.list_cases(5)  # type: ignore[attr-defined]
    page.context.close()
