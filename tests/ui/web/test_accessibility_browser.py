"""axe-core on every tab and on the policy page, wide and narrow, light and dark, finds nothing serious or critical.

Nor headings out of order, nor anything to press that is smaller than 24 pixels.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.conftest import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
WAIT = 30_000  # ms
GRAVE = ("serious", "critical")
RUN = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"
# Links in a sentence are as high as its line; a field and a card of a choice are as large as what holds them.
SMALL = """[...document.querySelectorAll('button, a, summary, select, input, [role=tab]')]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.closest('p, li, figcaption, .policy'))
    .filter(one => !one.closest('.visually-hidden') && one.type !== 'file')
    .map(one => [one, one.matches('input') ? one.closest('label, .wrap, .container') || one : one])
    .map(([one, holds]) => [one, holds.getBoundingClientRect()])
    .filter(([one, {width, height}]) => width && height && (width < 24 || height < 24))
    .map(([one, {width, height}]) => `${one.outerHTML.slice(0, 120)} is ${width} x ${height}`)"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def axe() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="axe-core comes with axe-playwright-python")
    return (files(package) / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)], ids=["wide", "narrow"])
def test_axe_finds_nothing_grave_on_any_tab(
    browser: Browser, marked: Served, axe: str, colours: Any, width: int, height: int
) -> None:
    # Without motion, no colour is measured halfway.
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=colours, reduced_motion="reduce"
    )
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(marked.url)
    page.wait_for_selector("#sl-prompt textarea")
    found = [f"{state}: {one}" for state in _states(page, marked) for one in _grave(page, axe) + page.evaluate(SMALL)]
    context.close()
    assert found == []


def _states(page: Page, marked: Served) -> Iterator[str]:
    """Brings the page from state to state as a person would, and yields the name of each."""
    yield "first visit"
    page.fill("#sl-prompt textarea", "a quiet apple")
    page.click("#sl-go")
    page.wait_for_selector(".sl-picture")
    page.click("#sl-settings > button")
    yield "picture and settings"
    page.fill("#sl-prompt textarea", "gore on a plate")
    page.wait_for_selector("#sl-judgement .sl-block")
    page.click("#sl-go")
    page.wait_for_selector("#sl-status .sl-statement")
    yield "refusal"
    for tab in ("Lists", "Library", "Cases", "Verify"):
        page.get_by_role("tab", name=tab).click()
        yield tab
    page.locator("#sl-file input[type=file]").set_input_files(_newest(marked))
    page.wait_for_selector("#sl-report .sl-report")
    yield "verification"
    page.goto(f"{marked.url}/policy")
    yield "policy"


def _newest(marked: Served) -> Path:
    return max((path for path in marked.files() if path.suffix == ".png"), key=lambda path: path.stat().st_mtime)


def _grave(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    violations = page.evaluate(RUN)
    return [f"{one['id']}: {node['target']}" for one in violations if _is_grave(one) for node in one["nodes"]]


def _is_grave(found: dict[str, Any]) -> bool:
    return found["impact"] in GRAVE or found["id"] == "heading-order"
