"""What a model can use and what happened, in a real Chromium: chips, words, formats, as a person meets them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import Served
from tests.ui.web.test_page_browser import CHROMIUM, PROMPT, browser, page, says

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


def test_the_chips_of_a_picture_unfold_into_checks_numbers_and_time(page: Page, served: Served) -> None:
    page.fill(PROMPT, "a red apple")
    says(page, "#sl-judgement .sl-words", "has no list of the words")
    page.click("#sl-go")
    says(page, ".sl-happened", "What happened")
    chips = page.locator(".sl-happened:visible details.sl-chip")
    assert chips.count() == 4
    chips.nth(0).locator("summary").click()
    says(page, ".sl-happened details[open]", "Looked at by")
    chips.nth(1).locator("summary").click()
    assert "shapes" in chips.nth(1).inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_refusal_has_the_numbers_of_every_mode(page: Page) -> None:
    page.fill(PROMPT, "gore on a plate")
    says(page, "#sl-judgement", "Refused")
    page.click("#sl-go")
    says(page, "#sl-status .sl-happened", "was not reached")
    page.click("#sl-status details.sl-chip summary")
    says(page, "#sl-status .sl-chip table", "Medical")


def test_a_finished_picture_is_downloaded_in_the_format_that_is_chosen(page: Page) -> None:
    page.fill(PROMPT, "a green apple")
    page.click("#sl-go")
    says(page, ".sl-file-reveals", "What the file reveals")
    for name, suffix in (("WebP", ".webp"), ("JPEG", ".jpg"), ("PNG", ".png")):
        with page.expect_response(lambda answer: "queue/data" in answer.url):
            page.locator(".sl-formats:visible").get_by_role("radio", name=name, exact=True).check()
        page.wait_for_timeout(500)
        with page.expect_download() as started:
            page.locator(".sl-download:visible").first.click()
        assert started.value.suggested_filename.endswith(suffix)
