"""Styles, examples and the policy page in a real Chromium, as a person uses them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import Served
from tests.ui.web.test_page_browser import CHROMIUM, PROMPT, VERDICT, WAIT, browser, page, says

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]  # fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


def test_a_style_is_found_chosen_judged_with_the_words_and_removed(page: Page, served: Served) -> None:
    page.fill(PROMPT, "an unmistakable pear")
    page.click(".sl-styles summary")
    page.fill(".sl-style-search", "wash")
    assert not page.locator('[data-style="oil"]').is_visible()
    page.locator('button[data-style="watercolour"]').press("Enter")
    says(page, "#sl-composed", "Your words and the style: an unmistakable pear, watercolour painting")
    says(page, "#sl-composed", "does not follow this style")
    assert page.get_attribute('button[data-style="watercolour"]', "aria-pressed") == "true"
    says(page, VERDICT, "Allowed")
    page.click("#sl-go")
    page.wait_for_selector(".sl-slot img", timeout=WAIT)
    last = served.studio.list_cases(1)[0]["case"]
    assert served.studio.show_case(last)[0]["facts"]["style"] == "watercolour"
    page.click(".sl-style-remove")
    page.wait_for_selector(".sl-composed", state="detached", timeout=WAIT)
    assert page.get_attribute('button[data-style="watercolour"]', "aria-pressed") == "false"


def test_an_example_is_clicked_and_created_and_the_greeting_goes(page: Page) -> None:
    page.wait_for_selector(".sl-greeting img", timeout=WAIT)
    page.click('.sl-example[data-prompt="a fox"]')
    says(page, VERDICT, "Allowed")
    page.wait_for_selector(".sl-example", state="hidden", timeout=WAIT)
    page.click("#sl-go")
    page.wait_for_selector(".sl-slot img", timeout=WAIT)
    assert page.locator(".sl-greeting").count() == 0


def test_examples_follow_the_mode_and_some_show_a_refusal(page: Page) -> None:
    page.get_by_label("Medical", exact=True).check()
    says(page, "#sl-example-chips", "a microscope")
    page.get_by_label("General", exact=True).check()
    page.click('.sl-example[data-prompt="a bloody massacre"]')
    says(page, VERDICT, "Refused")


def test_the_policy_page_opens_from_the_footer_and_from_a_reason(page: Page) -> None:
    with page.expect_popup() as opened:
        page.click('#sl-footer a[href="policy"]')
    says(opened.value, "h1", "The policy in force")
    page.fill(PROMPT, "gore")
    with page.expect_popup() as opened:
        page.locator("#sl-judgement .sl-rule").first.click()
    assert opened.value.url.endswith("/policy#violence")
    says(opened.value, "article:target", "Graphic violence")
