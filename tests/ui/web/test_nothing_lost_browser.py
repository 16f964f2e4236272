"""In a real Chromium: no wish is lost or drawn twice, no result is out of sight, and the address names the tab."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.ui.conftest import Served
from tests.ui.web.test_form_browser import add, slow, until_drawn
from tests.ui.web.test_page_browser import PROMPT, VERDICT, WAIT, browser, page, pytestmark, says

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

__all__ = ["browser", "page", "pytestmark"]
ASIDE = "#sl-queue .sl-aside"
CHOSEN = "#sl-tabs [role=tab][aria-selected=true]"


def test_what_was_not_drawn_of_the_line_is_set_aside_and_can_be_taken_up(page: Page, served: Served) -> None:
    made, served.engine.pause = served.engine.drawn, 0.5
    try:
        slow(page, "a first apple")
        page.fill(PROMPT, "a wound")
        page.locator("#sl-acknowledged input").check()
        page.click("#sl-add")
        says(page, "#sl-queue .sl-asks", "this wish is set aside when its turn comes")
        add(page, "gore on a plate")
        add(page, "a third plum")
        # The page has forgotten the warning by then, and with it that it was confirmed.
        says(page, VERDICT, "Allowed")
        page.wait_for_timeout(500)
        served.engine.pause = 0.0
        until_drawn(page, served, made + 2)
    finally:
        served.engine.pause = 0.0
    says(page, f"{ASIDE} li:has-text('gore on a plate')", "Refused")
    says(page, f"{ASIDE} li:has-text('a wound')", "Needs your confirmation")
    # A picture is drawn before it is marked and shown.
    page.wait_for_selector("#sl-strip li:nth-child(2) img")
    labels = page.locator("#sl-strip li img").evaluate_all("all => all.map(one => one.alt)")
    assert labels == ["a third plum", "a first apple"]
    page.reload()
    page.get_by_role("button", name="Take up: a wound").click()
    page.wait_for_function("() => document.querySelector('#sl-prompt textarea').value === 'a wound'")
    says(page, VERDICT, "Needs your confirmation")
    page.wait_for_timeout(1000)
    page.locator("#sl-acknowledged input").check()
    page.click("#sl-go")
    says(page, ".sl-picture", "Stamp")
    page.get_by_role("button", name="Take out: gore on a plate").click()
    page.wait_for_selector(ASIDE, state="hidden")


def test_a_wish_that_a_busy_studio_begins_late_is_drawn_once(page: Page, served: Served) -> None:
    made, served.engine.pause = served.engine.drawn, 0.2

    def late(route: Route) -> None:
        if "a late pear" in (route.request.post_data or "") and not page.locator("#sl-stop").count():
            time.sleep(3)
        route.continue_()

    try:
        slow(page, "a first apple")
        add(page, "a late pear")
        page.fill(PROMPT, "other words")
        page.route("**/queue/join*", late)
        served.engine.pause = 0.0
        until_drawn(page, served, made + 2)
    finally:
        served.engine.pause = 0.0
    page.wait_for_timeout(2500)
    assert not page.locator("#sl-queue .sl-paused").is_visible()
    assert page.locator("#sl-queue li").count() == 0 and served.engine.drawn == made + 2


def test_on_a_phone_the_result_comes_into_sight_and_stop_stays_in_reach(browser: Browser, served: Served) -> None:
    served.engine.pause = 0.5
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    try:
        page.goto(served.url)
        page.fill(PROMPT, "a red apple")
        page.click("#sl-go")
        page.wait_for_selector("#sl-stop")
        page.wait_for_function("() => document.querySelector('#sl-result').getBoundingClientRect().top < 80")
        assert page.evaluate("innerHeight - document.querySelector('#sl-stop').getBoundingClientRect().bottom") == 12
        served.engine.pause = 0.0
        page.wait_for_selector(".sl-slot img")
        page.wait_for_function("() => document.querySelector('.sl-slot img').getBoundingClientRect().top < 200")
    finally:
        served.engine.pause = 0.0
        context.close()


def test_the_tab_is_found_again_by_reload_by_back_and_by_address(page: Page, served: Served) -> None:
    page.get_by_role("tab", name="Library").click()
    page.wait_for_url("**/#library")
    page.reload()
    says(page, CHOSEN, "Library")
    page.get_by_role("tab", name="Verify").click()
    page.wait_for_url("**/#verify")
    page.go_back()
    says(page, CHOSEN, "Library")
    page.goto("about:blank")
    page.goto(f"{served.url}/#cases")
    says(page, CHOSEN, "Cases")


def test_a_large_picture_of_the_library_stands_in_the_middle(page: Page) -> None:
    page.fill(PROMPT, "a red apple")
    page.click("#sl-go")
    page.wait_for_selector(".sl-picture")
    page.get_by_role("tab", name="Library").click()
    page.locator(".sl-lib-open").first.click()
    page.wait_for_selector("#sl-lib-view")
    box = page.locator("#sl-lib-view").bounding_box()
    assert box is not None
    top, bottom = box["y"], 900 - box["y"] - box["height"]
    assert abs(top - bottom) <= 2 and top > 0
