"""Every lesson in a real Chromium, by keyboard alone, wide and narrow; and what a shared link opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from safety.resources import PRESETS
from studio.lesson_sets import load_set
from studio.lessons import load_lessons
from tests.ui.conftest import Served
from tests.ui.web.test_page_browser import browser, pytestmark

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "pytestmark"]
LESSONS = load_lessons(PRESETS)
WIDTHS = (1280, 390)
VISIBLE = ".step:not([hidden])"


def visit(browser: Browser, url: str, width: int = 1280) -> Page:
    page = browser.new_context(viewport={"width": width, "height": 900}, locale="en").new_page()
    page.errors = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.errors.append(str(error)))  # type: ignore[attr-defined]
    page.goto(url)
    page.wait_for_selector(".steps")
    return page


def press(page: Page, selector: str) -> None:
    """Walks to an element by the tab key alone, and presses it."""
    page.wait_for_selector(selector)
    for _ in range(200):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The tab key does not reach {selector}")


def answer(page: Page, part: str) -> None:
    """Answers a question by keyboard: the first option, or the slider where it stands."""
    form = f"{VISIBLE} form.{part}"
    if page.locator(f"{form}:not([hidden])").count() == 0:
        return
    if page.locator(f"{form} input[type=radio]").count():
        page.locator(f"{form} input[type=radio]").first.focus()
        page.keyboard.press("Space")
    press(page, f"{form} button")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_from_end_to_end_by_keyboard(browser: Browser, marked: Served, name: str, width: int) -> None:
    page = visit(browser, f"{marked.url}/learn/{name}", width)
    for step in LESSONS[name].plan.step:
        assert page.locator(VISIBLE).get_attribute("id") == step.id
        answer(page, "predict")
        if step.panel:
            panel = page.locator(f"{VISIBLE} .panel")
            panel.locator("button, input, select").first.wait_for(timeout=60_000)
            assert panel.locator("[role=alert]").count() == 0, panel.inner_text()
        answer(page, "check")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        press(page, ".steps button:last-child")
    assert page.locator(VISIBLE).get_attribute("id") == "home"
    assert not page.errors  # type: ignore[attr-defined]
    page.context.close()


def test_the_panel_waits_for_the_prediction_and_the_explanation_for_the_check(browser: Browser, served: Served) -> None:
    page = visit(browser, f"{served.url}/learn/two_kinds_of_error#step=limit")
    assert not page.locator(f"{VISIBLE} .panel").is_visible()
    answer(page, "predict")
    page.wait_for_selector(f"{VISIBLE} .panel svg")
    assert not page.locator(f"{VISIBLE} .explain").is_visible()
    answer(page, "check")
    assert page.locator(f"{VISIBLE} .explain").is_visible()
    page.reload()
    page.wait_for_selector(f"{VISIBLE} .panel svg")
    page.context.close()


def test_the_slider_counts_as_the_library_does(browser: Browser, served: Served) -> None:
    page = visit(browser, f"{served.url}/learn/two_kinds_of_error#step=limit&state=%7B%22at%22%3A0.3%7D")
    page.wait_for_selector(f"{VISIBLE} .panel svg")
    rows = load_set(PRESETS, "everyday_and_risky")
    decisions = served.studio.check_many([row.text for row in rows], "general")
    pairs = [(row, round(decision.risk, 4)) for row, decision in zip(rows, decisions, strict=True)]
    blocked = sum(score >= 0.3 for row, score in pairs if not row.harmful)
    missed = sum(score < 0.3 for row, score in pairs if row.harmful)
    harmful = sum(row.harmful for row in rows)
    shown = page.locator(f"{VISIBLE} .numbers b").all_inner_texts()
    assert shown == [f"{blocked} of {len(rows) - harmful}", f"{missed} of {harmful}"]
    page.context.close()


def test_the_tab_leads_to_the_lessons(browser: Browser, served: Served) -> None:
    page = browser.new_context(locale="en").new_page()
    page.goto(served.url)
    page.get_by_role("tab", name="Learn").click()
    page.locator("#sl-learn a").first.click()
    page.wait_for_selector(".steps")
    assert "/learn/" in page.url
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_done_to_a_file_is_compared_act_by_act_by_keyboard(
    browser: Browser, marked: Served, width: int
) -> None:
    page = visit(browser, f"{marked.url}/learn/provenance#step=swap", width)
    answer(page, "predict")
    acts = page.locator(f"{VISIBLE} .act button")
    acts.first.wait_for(timeout=60_000)
    for number in (0, 1):
        acts.nth(number).focus()
        page.keyboard.press("Enter")
        page.locator(f"{VISIBLE} .panel table").first.locator("tbody tr").nth(number + 1).wait_for(timeout=60_000)
    signs = [
        [cell.split()[0] for cell in row.locator("td").all_inner_texts()]
        for row in page.locator(f"{VISIBLE} .panel table").first.locator("tbody tr").all()
    ]
    assert signs == [["✓"] * 4, ["×", "–", "✓", "×"], ["✓", "✓", "✓", "–"]]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not page.errors  # type: ignore[attr-defined]
    page.context.close()
