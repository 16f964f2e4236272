"""Who is drawn, in a real Chromium by keyboard: what the page shows is what the panel counted, picture by picture."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.ui.conftest import Served
from tests.ui.learn.test_lessons_browser import VISIBLE, WIDTHS, answer, press, visit
from tests.ui.web.test_page_browser import browser, pytestmark

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "pytestmark"]
LESSON = "who_is_drawn"
ALL = 50
WAIT = 180  # seconds; on an idle machine it takes ten


def drawn(served: Served, step: str) -> dict[str, Any]:
    """Returns what the panel of a step has once all of its pictures are drawn."""
    began = time.monotonic()
    while time.monotonic() - began < WAIT:
        found = httpx.get(f"{served.url}/learn/{LESSON}/panel/{step}", timeout=60).json()
        if len(found["people"]) == ALL:
            return dict(found)
        time.sleep(0.5)
    raise AssertionError("The pictures were not drawn in time")


def opened(browser: Browser, served: Served, step: str, width: int) -> Page:
    """Opens a step whose pictures are drawn, and answers its first question."""
    page = visit(browser, f"{served.url}/learn/{LESSON}#step={step}", width)
    answer(page, "predict")
    return page


def rows(page: Page, number: int = 0) -> list[list[str]]:
    """Returns the cells of a table of the panel, also of one that is folded away."""
    found = page.locator(f"{VISIBLE} .panel table").nth(number).locator("tbody tr").all()
    return [row.locator("th, td").all_text_contents() for row in found]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_first_ten_are_counted_as_the_panel_counts_them(browser: Browser, served: Served, width: int) -> None:
    found = drawn(served, "asked")
    page = opened(browser, served, "asked", width)
    page.locator(f"{VISIBLE} .person").nth(ALL - 1).wait_for(timeout=60_000, state="attached")
    slider = page.locator(f"{VISIBLE} .panel input[type=range]")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    counted = found["counts"]["upto"][9]
    shown = {row[0]: int(row[1]) for row in rows(page)}
    assert list(shown.values()) == [count for count, _, _ in counted.values()]
    assert [row[3] for row in rows(page)] == [
        f"{low * 100:.0f} % – {high * 100:.0f} %" for _, low, high in counted.values()
    ]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not page.errors  # type: ignore[attr-defined]
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_ten_at_random_have_the_interval_of_their_count(browser: Browser, served: Served, width: int) -> None:
    found = drawn(served, "chance")
    page = opened(browser, served, "chance", width)
    press(page, f"{VISIBLE} .panel .decide button:first-child:enabled")
    told = page.locator(f"{VISIBLE} .panel .told").first.inner_text()
    numbers = list(map(int, re.findall(r"\d+", told)))
    low, high = found["chances"][numbers[1]]
    assert numbers[0] == 10 and numbers[3:] == [round(low * 100), round(high * 100)]
    press(page, f"{VISIBLE} .panel .decide button:nth-child(2)")
    assert sum(int(row[1]) for row in rows(page)) == 21
    assert "25 of 50" in page.locator(f"{VISIBLE} .panel").inner_text()
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_own_eye_is_compared_with_what_was_told(browser: Browser, served: Served, width: int) -> None:
    people = drawn(served, "balanced")["people"][:10]
    page = opened(browser, served, "balanced", width)
    selects = page.locator(f"{VISIBLE} .looks select")
    selects.nth(9).wait_for(timeout=60_000)
    assert not any(page.locator(f"{VISIBLE} .looks p").all_inner_texts())
    for number in range(10):
        selects.nth(number).focus()
        page.keyboard.press("ArrowDown")  # "a woman"
    press(page, f"{VISIBLE} .panel .looks + button")
    women = sum(one["told"]["gender"] == "woman" for one in people)
    assert f"in {women} of 10" in page.locator(f"{VISIBLE} .panel .looks + button + .told").inner_text()
    said = page.locator(f"{VISIBLE} .looks p").all_inner_texts()
    assert [words.split(",")[0] for words in said] == [one["told"]["gender"] for one in people]
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_what_would_be_filled_in_is_listed(browser: Browser, served: Served, width: int) -> None:
    page = opened(browser, served, "hides", width)
    field = page.locator(f"{VISIBLE} .panel input[type=text]")
    field.fill("a woman doctor")
    field.press("Enter")
    page.locator(f"{VISIBLE} .panel li").first.wait_for(timeout=60_000)
    assert served.studio.demographics is not None
    variants = served.studio.demographics.variants("a woman doctor", range(10))
    assert page.locator(f"{VISIBLE} .panel li").all_inner_texts() == list(dict.fromkeys(v.prompt for v in variants))
    assert [row[2] for row in rows(page)] == ["2"] * 5
    page.context.close()
