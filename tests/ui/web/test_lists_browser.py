"""The Lists tab in a real Chromium: judged before anything is drawn, stopped, reloaded, and gone on with."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import Served
from tests.ui.web.test_page_browser import CHROMIUM, PROMPT, WAIT, browser, says  # noqa: F401  a fixture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:  # noqa: F811
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(served.url)
    open_lists(page)
    yield page
    context.close()


def open_lists(page: Page) -> None:
    page.wait_for_selector(PROMPT)
    page.get_by_role("tab", name="Lists").click()


def check(page: Page, text: str) -> None:
    page.fill("#sl-list textarea", text)
    page.wait_for_timeout(300)
    page.click("#sl-list-check")


def test_a_refused_line_shows_before_drawing_and_is_never_drawn(page: Page, served: Served) -> None:
    from playwright.sync_api import expect

    made = served.engine.drawn
    check(page, "a {red|green} apple\ngore on a plate\na wound")
    says(page, "#sl-list-status", "Judged: 4.")
    expect(page.locator(".sl-list-table tbody tr")).to_have_count(4)
    says(page, ".sl-list-table tr.sl-block", "Refused")
    says(page, ".sl-list-table tr.sl-block", "Graphic violence")
    assert served.engine.drawn == made
    page.locator("#sl-list-ticks input").first.check()
    page.wait_for_timeout(300)
    page.click("#sl-list-go")
    says(page, "#sl-list-status", "finished: 3. Left to draw: 0")
    assert served.engine.drawn == made + 3
    expect(page.locator("button.sl-tile")).to_have_count(3)


def test_stop_reload_and_resume_lose_none(page: Page, served: Served) -> None:
    from playwright.sync_api import expect

    made = served.engine.drawn
    served.engine.pause = 0.15
    try:
        check(page, "a lake\na hill\na boat\na tree")
        page.click("#sl-list-go")
        page.wait_for_selector("button.sl-tile")
        page.click("#sl-list-stop")
        says(page, "#sl-list-status", "Left to draw")
    finally:
        served.engine.pause = 0.0
    finished = page.locator("button.sl-tile").count()
    page.reload()
    expect(page.locator("#sl-list textarea")).to_have_value(re.compile("^a lake"), timeout=WAIT)
    expect(page.locator("button.sl-tile")).to_have_count(finished)
    says(page, "#sl-list-go", "Draw the rest")
    page.click("#sl-list-go")
    says(page, "#sl-list-status", "finished: 4. Left to draw: 0")
    assert served.engine.drawn == made + 4
    page.locator("button.sl-tile").first.click()
    page.wait_for_function("() => document.querySelector('.sl-large img')?.naturalWidth > 0")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.click(".sl-list-zip")
    names = zipfile.ZipFile(download.value.path()).namelist()
    assert len(names) == 5 and "manifest.json" in names


def test_a_lost_connection_is_said_here_too(page: Page) -> None:
    from playwright.sync_api import expect

    lost = page.locator("#sl-list-lost")
    expect(lost).to_be_hidden()
    page.context.set_offline(True)
    expect(lost).to_be_visible(timeout=WAIT)
    page.context.set_offline(False)
    expect(lost).to_be_hidden(timeout=WAIT)
