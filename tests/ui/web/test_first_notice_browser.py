"""The notice before the first use: there at once, in nobody's way, gone once it was read. In a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
NOTICE, READ, PROMPT = ".sl-notice", ".sl-read", "#sl-prompt textarea"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def test_it_is_read_by_the_keyboard_and_comes_no_more_in_this_browser(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_selector(PROMPT)
    notice = page.get_by_role("complementary", name="Bevor Sie beginnen")
    notice.wait_for()
    assert "Minderjährige" in notice.inner_text() and not page.get_by_role("dialog").count()

    page.wait_for_function(f"document.activeElement?.matches('{NOTICE}')")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.activeElement.matches('{READ}')")
    page.keyboard.press("Enter")
    page.wait_for_selector(NOTICE, state="detached")
    assert page.evaluate(f"document.activeElement.matches('{PROMPT}')")

    for again in (page, context.new_page()):
        again.goto(served.url)
        again.wait_for_selector(PROMPT)
        again.wait_for_selector(NOTICE, state="detached")
    context.close()


@pytest.mark.parametrize(("key", "again"), [("Enter", False), ("Escape", True)])
def test_one_key_puts_it_away_and_only_enter_says_that_it_was_read(
    browser: Browser, served: Served, key: str, again: bool
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_function(f"document.activeElement?.matches('{NOTICE}')")
    page.keyboard.press(key)
    page.wait_for_selector(NOTICE, state="detached")
    page.keyboard.type("a red apple")
    assert page.input_value(PROMPT) == "a red apple"

    page.reload()
    page.wait_for_selector(PROMPT)
    page.wait_for_selector(NOTICE, state="attached" if again else "detached")
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_its_two_buttons_are_of_one_height(browser: Browser, served: Served, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(served.url)
    page.wait_for_selector(NOTICE)
    heights = page.eval_on_selector_all(
        f"{NOTICE} .sl-act", "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert len(heights) == 2 and heights[0] == heights[1] >= 24
    page.close()


def test_who_does_not_read_it_goes_on_all_the_same(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_selector(NOTICE)
    page.fill(PROMPT, "a red apple")
    page.wait_for_selector("#sl-judgement .sl-verdict")
    page.click("#sl-go")
    page.wait_for_selector(".sl-picture")
    assert page.locator(NOTICE).count() == 1
    context.close()


def test_a_policy_of_another_version_is_told_anew(browser: Browser, served: Served) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("localStorage.setItem('sl-read', JSON.stringify('2020.01'))")
    page.goto(served.url)
    page.wait_for_selector(PROMPT)
    page.wait_for_selector(NOTICE)
    assert page.get_attribute(READ, "value") == served.studio.policy_version
    context.close()
