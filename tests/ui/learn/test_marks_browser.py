"""Lesson g in a real Chromium, by keyboard alone: what its panels show is what Verify says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from safety.resources import PRESETS
from studio.lessons import load_lessons
from tests.ui.conftest import Served
from tests.ui.learn.test_lessons_browser import VISIBLE, WIDTHS, press, visit
from tests.ui.web.test_page_browser import browser, pytestmark
from ui.learn.marks import FileAttack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "pytestmark"]
STEPS = {step.id: step for step in load_lessons(PRESETS)["marks"].plan.step}
RESULT = f"{VISIBLE} .panel .beside + .wide tbody"


def at(browser: Browser, served: Served, step: str, width: int = 1280, state: str = "%7B%7D") -> Page:
    page = visit(browser, f"{served.url}/learn/marks#step={step}&state={state}", width)
    page.wait_for_selector(f"{VISIBLE} .panel :is(button, input, select)", timeout=120_000)
    return page


def marks_shown(page: Page) -> list[str]:
    """The sign before each finding, of the layers in their order; the visible label is told by the learner."""
    cells = page.locator(f"{RESULT} td").all_inner_texts()
    return [cell.strip()[0] for cell in cells[1:]]


def file_of_fox(served: Served) -> bytes:
    """The picture that the lesson works with: the one that was made for nobody, first."""
    (path,) = {path for path in served.files() if path.suffix == ".png" and "_7_" in path.name}
    return path.read_bytes()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_attack_is_set_by_arrow_keys_and_verified(browser: Browser, looking: Served, width: int) -> None:
    page = at(browser, looking, "save", width)
    assert marks_shown(page) == ["✓"] * 4
    slider = page.locator(f"{VISIBLE} .panel input[type=range]")
    assert slider.bounding_box()["width"] > 150  # type: ignore[index]
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert page.locator(f"{VISIBLE} .panel output").inner_text() == "quality 50"
    press(page, f"{VISIBLE} .panel form button[type=submit]")
    page.wait_for_selector(f"{VISIBLE} .panel h3:has-text('Your tries')", timeout=60_000)
    layers = looking.studio.verify(FileAttack((("jpeg", 50),))(file_of_fox(looking))).as_json()["layers"]
    assert marks_shown(page) == ["✓" if layer["found"] else "–" for layer in layers.values()] == ["–", "✓", "–", "✓"]
    assert page.evaluate("document.activeElement.type") == "submit"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not page.errors  # type: ignore[attr-defined]
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_mark_is_copied_and_the_record_tells(browser: Browser, looking: Served, width: int) -> None:
    page = at(browser, looking, "forge", width)
    press(page, f"{VISIBLE} .panel form button[type=submit]")
    page.wait_for_selector(f"{VISIBLE} .panel h3:has-text('Your tries')", timeout=120_000)
    assert marks_shown(page) == ["–", "✓", "–", "×"]
    assert "A copied mark" in page.locator(f"{VISIBLE} .panel .beside b").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_a_picture_of_ones_own_is_drawn_and_attacked_by_keyboard(browser: Browser, looking: Served) -> None:
    page = at(browser, looking, "attack")
    press(page, f"{VISIBLE} .panel summary")
    page.locator(f"{VISIBLE} .panel input[type=text]").focus()
    page.keyboard.type("a blue boat")
    page.keyboard.press("Enter")
    own = page.locator(f"{VISIBLE} .panel option[value=own]")
    own.wait_for(state="attached", timeout=120_000)
    assert own.inner_text() == "Your own: “a blue boat”"
    press(page, f"{VISIBLE} .panel form:has(.attacks) button[type=submit]")
    page.wait_for_selector(f"{VISIBLE} .panel h3:has-text('Your tries')", timeout=60_000)
    assert marks_shown(page) == ["✓"] * 4
    page.context.close()


def test_a_shared_link_opens_the_same_attack(browser: Browser, looking: Served) -> None:
    state = "%7B%22picture%22%3A0%2C%22amounts%22%3A%7B%22crop%22%3A70%7D%2C%22keep%22%3Atrue%7D"
    page = at(browser, looking, "attack", state=state)
    page.wait_for_selector(f"{VISIBLE} .panel h3:has-text('Your tries')", timeout=60_000)
    assert page.locator(f"{VISIBLE} .panel output").first.inner_text() == "70 % of each side"
    assert marks_shown(page)[:3] == ["–", "✓", "✓"]
    page.context.close()
