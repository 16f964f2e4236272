"""The page in the reader's language, in a real Chromium: the browser's first, the menu's once it was used."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.ui.conftest import Served
from tests.ui.web.test_page_browser import PROMPT, WAIT, browser, pytestmark

__all__ = ["browser", "pytestmark"]


def test_the_browsers_language_and_then_the_menus(browser, served: Served) -> None:  # type: ignore[no-untyped-def]
    context = browser.new_context(locale="de-DE")
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(served.url)
    page.wait_for_selector(PROMPT)
    html = page.locator("html")
    expect(html).to_have_attribute("lang", "de")
    expect(page.get_by_label("Was soll das Bild zeigen?")).to_be_visible()
    expect(page.locator("#sl-header")).to_contain_text("Bilder aus Worten")
    page.locator(PROMPT).fill("gore")
    expect(page.locator("#sl-judgement .sl-verdict")).to_contain_text("Abgelehnt", timeout=WAIT)
    page.click("#sl-settings > button")
    expect(page.get_by_label("Auf den Standardwert zurücksetzen").first).to_be_visible()
    expect(page.get_by_label("Schritte", exact=True).first).to_be_visible()
    assert page.locator("[aria-label*=' for '], [aria-label^='Reset']").count() == 0
    page.locator(".sl-language").select_option("en")
    expect(html).to_have_attribute("lang", "en", timeout=WAIT)
    for _ in range(2):
        expect(page.get_by_label("What should the picture show?")).to_be_visible(timeout=WAIT)
        expect(page.locator("#sl-judgement .sl-verdict")).to_contain_text("Refused", timeout=WAIT)
        assert page.evaluate("navigator.language") == "en"
        page.reload()
    assert not re.search("@@(text|html):", page.content())
    context.close()
