"""What a person does next with a finished picture, in a real Chromium: enlarge it, another seed, other words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.ui.conftest import Served
from tests.ui.web.test_page_browser import CHROMIUM, PROMPT, browser, page, says

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]
TEXT = ".sl-picture"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


def create(page: Page, prompt: str) -> str:
    """Creates a picture; returns what stands under it."""
    page.fill(PROMPT, prompt)
    page.click("#sl-go")
    says(page, TEXT, "512 × 512 px")
    return page.locator(TEXT).first.inner_text()


def test_a_finished_picture_becomes_larger_and_says_where_it_came_from(page: Page, served: Served) -> None:
    small = create(page, "a red apple")
    page.locator(".sl-larger-2").first.click()
    says(page, TEXT, "1024 × 1024 px")
    says(page, TEXT, "Taken from")
    newest = max(served.files(), key=lambda file: file.stat().st_mtime_ns)
    record = served.studio.audit.find([newest.stem.rpartition("_")[2]], "")
    assert record and record.source and record.source in small
    assert record.source in page.locator(TEXT).first.inner_text()
    with Image.open(newest) as image:
        assert image.size == (1024, 1024)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    assert download.value.path().read_bytes() == newest.read_bytes()
    says(page, ".sl-happened", "enlarged 2×")
    says(page, ".sl-happened", "judged for the smaller picture")
    # Four times 1,024 px would be too large.
    assert page.locator(".sl-larger-2").first.is_visible()
    assert not page.locator(".sl-larger-4").first.is_visible()


def test_another_seed_and_other_words_fill_the_form_as_it_was(page: Page) -> None:
    text = create(page, "a quiet harbour")
    seed = page.locator("#sl-seed").locator("textarea, input").first
    page.fill(PROMPT, "something else")
    page.locator(".sl-change-words").first.click()
    page.wait_for_function("() => document.querySelector('#sl-prompt textarea').value === 'a quiet harbour'")
    page.wait_for_function("() => document.activeElement === document.querySelector('#sl-prompt textarea')")
    made_with = seed.input_value()
    assert made_with.isdecimal() and made_with in text
    page.locator(".sl-again").first.click()
    says(page, "#sl-status", "words and settings of this picture")
    page.wait_for_timeout(300)
    assert seed.input_value().isdecimal() and seed.input_value() != made_with


def test_a_veiled_picture_has_no_next_step_before_it_is_revealed(page: Page) -> None:
    page.fill(PROMPT, "a shock")
    page.click("#sl-go")
    says(page, TEXT, "veiled at first")
    assert not page.locator(".sl-larger-2").first.is_visible()
    page.get_by_role("button", name="Reveal the picture").click()
    page.locator(".sl-larger-2").first.wait_for(state="visible")


def test_a_grid_of_a_picture_is_judged_on_the_lists_tab_before_it_is_drawn(page: Page, served: Served) -> None:
    create(page, "a quiet harbour")
    drawn = served.engine.drawn
    page.locator(".sl-make-grid").first.click()
    says(page, "#sl-list-lines", "a quiet harbour")
    assert page.get_by_role("tab", name="Lists").get_attribute("aria-selected") == "true"
    assert served.engine.drawn == drawn
    page.click("#sl-list-go")
    page.locator("#sl-list-pictures th[scope=row]").first.wait_for()
    page.locator("#sl-list-pictures img").first.wait_for(timeout=30_000)
