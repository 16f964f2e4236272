"""Somebody who sees the page for the first time has a downloaded, verified picture after four clicks."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
WAIT = 30_000  # ms
MOST_CLICKS, MOST_SECONDS = 4, 30
COUNT = "addEventListener('click', one => one.isTrusted && (window.clicks = (window.clicks ?? 0) + 1), true)"

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


def test_from_page_load_to_a_verified_picture_in_four_clicks_and_half_a_minute(
    browser: Browser, marked: Served, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.add_init_script(COUNT)
    began = time.monotonic()
    page.goto(marked.url)
    page.locator(".sl-examples button").first.click()
    page.locator("#sl-judgement .sl-verdict").wait_for()
    page.click("#sl-go")
    page.wait_for_selector(".sl-picture")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download", exact=True).click()
    download.value.save_as(tmp_path / "picture.png")
    page.get_by_role("tab", name="Verify").click()
    # Dropped from the folder of downloads: no click.
    page.locator("#sl-file input[type=file]").set_input_files(tmp_path / "picture.png")
    page.wait_for_selector("#sl-report .sl-report")
    seconds, clicks = time.monotonic() - began, page.evaluate("window.clicks")
    said = page.inner_text("#sl-report h3")
    context.close()
    assert said.startswith("Made by AI in this studio") and clicks <= MOST_CLICKS and seconds <= MOST_SECONDS
