"""The panels that draw, in a real Chromium: what is shown is what the library says, by keyboard, wide and narrow."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from studio.demonstration import COLUMNS, LABEL_STRIP, Demonstration, demonstrate, mean_difference
from tests.ui.conftest import Served
from tests.ui.learn.test_lessons_browser import VISIBLE, WIDTHS, answer, press, visit
from tests.ui.web.test_page_browser import browser, pytestmark

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "pytestmark"]
SLIDER = f"{VISIBLE} input[aria-label=Step]"
NUMBERS = f"{VISIBLE} .numbers b"


def opened(browser: Browser, served: Served, lesson: str, step: str, width: int = 1280, **state: Any) -> Page:
    """Follows a shared link to a step, and waits until its pictures are there."""
    page = visit(browser, f"{served.url}/learn/{lesson}#{urlencode({'step': step, 'state': json.dumps(state)})}", width)
    page.wait_for_selector(f"{VISIBLE} .panel .pair img, {VISIBLE} .panel img.small", state="attached")
    page.wait_for_selector(f"{VISIBLE} .panel [aria-busy]", state="detached")
    return page


def told(page: Page) -> str:
    return page.locator(f"{VISIBLE} .panel > .told").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_steps_are_walked_by_the_arrow_keys(browser: Browser, served: Served, width: int) -> None:
    page = opened(browser, served, "noise_to_picture", "inside", width, at=3)
    steps = demonstrate(served.studio, Demonstration("a cat", 1, guidance=4.0, with_steps=True)).steps
    last = len(steps) - 1
    page.locator(SLIDER).focus()
    for at in (3, 4):
        change = mean_difference(steps[at - 1].picture, steps[at].picture)
        left = mean_difference(steps[at].picture, steps[-1].picture)
        assert page.locator(NUMBERS).all_inner_texts() == [f"{change:.1f}", f"{left:.1f}"]
        assert page.locator(SLIDER).get_attribute("aria-valuetext") == f"{at} of {last}"
        assert f"Step {at} of {last}" in told(page)
        page.keyboard.press("ArrowRight")
    assert page.locator(f"{VISIBLE} table tbody tr").count() == len(steps)
    assert page.locator(f"{VISIBLE} .channels canvas").count() == steps[0].latents.shape[0]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_the_frame_shows_the_step_out_of_the_sheet(browser: Browser, served: Served) -> None:
    at = 8
    page = opened(browser, served, "noise_to_picture", "inside", at=at - 1)
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowRight")
    frame = page.locator(f"{VISIBLE} .frame")
    if not frame.is_visible():  # the last step: the finished picture stands in its place
        page.keyboard.press("ArrowLeft")
        at -= 1
    width, height = demonstrate(served.studio, Demonstration("a cat", 1, 4.0, with_steps=True)).steps[0].picture.size
    box, image = frame.bounding_box(), frame.locator("img").bounding_box()
    assert box and image
    scale = box["width"] / width
    assert image["width"] == pytest.approx(COLUMNS * box["width"], abs=1)
    assert box["x"] - image["x"] == pytest.approx(at % COLUMNS * width * scale, abs=1)
    assert box["y"] - image["y"] == pytest.approx((LABEL_STRIP + at // COLUMNS * height) * scale, abs=1)
    assert f"after step {at}" in (frame.locator("img").get_attribute("alt") or "")
    page.context.close()


def test_who_recognises_it_is_told_the_own_guess(browser: Browser, served: Served) -> None:
    page = visit(browser, f"{served.url}/learn/noise_to_picture")
    answer(page, "predict")
    page.locator(SLIDER).wait_for()
    page.locator(SLIDER).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    press(page, f"{VISIBLE} .panel .key button:last-child")
    assert told(page) == "You could tell after step 3. Your guess was 10."
    kept = page.evaluate("Object.values(sessionStorage).map(JSON.parse).find(one => 'noise-recognised' in one)")
    assert kept["noise-recognised"] == {"at": 3}
    page.context.close()


def test_two_pictures_begin_with_the_same_noise(browser: Browser, served: Served) -> None:
    page = opened(browser, served, "noise_to_picture", "same_noise")
    one, two = (
        demonstrate(served.studio, Demonstration(prompt, 1, 4.0, with_steps=True)).steps
        for prompt in ("a cat", "a sailboat")
    )
    assert page.locator(NUMBERS).inner_text() == f"{mean_difference(one[-1].picture, two[-1].picture):.1f}"
    page.locator(SLIDER).focus()
    page.keyboard.press("Home")
    assert page.locator(NUMBERS).inner_text() == "0.0"
    page.context.close()


def test_other_words_are_drawn_and_a_shared_link_opens_them_again(browser: Browser, served: Served) -> None:
    page = opened(browser, served, "noise_to_picture", "same_noise")
    page.locator(f"{VISIBLE} select").first.focus()
    page.keyboard.press("ArrowDown")
    page.locator(f"{VISIBLE} figcaption", has_text="a sailboat").nth(1).wait_for()
    state = json.loads(page.locator(f"{VISIBLE} .panel").get_attribute("data-state") or "")
    assert [picture["prompt"] for picture in state["pictures"]] == ["a sailboat", "a sailboat"]
    again = opened(browser, served, "noise_to_picture", "same_noise", **state)
    assert again.locator(f"{VISIBLE} figcaption").all_inner_texts() == ["a sailboat"] * 2
    for each in (page, again):
        each.context.close()


def test_what_is_saved_of_a_step_is_a_marked_file(browser: Browser, marked: Served) -> None:
    page = opened(browser, marked, "noise_to_picture", "noise")
    for image in page.locator(f"{VISIBLE} .pair img").all():
        file = base64.b64decode((image.get_attribute("src") or "").partition(",")[2])
        assert set(marked.studio.verify(file).stamps) == {"credentials", "invisible", "metadata", "registry"}
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_strength_is_moved_by_the_arrow_keys(browser: Browser, served: Served, width: int) -> None:
    page = opened(browser, served, "steering", "meaning", width, strength="weak")
    page.locator(f"{VISIBLE} input[aria-label=Strength]").focus()
    page.keyboard.press("ArrowRight")
    assert "medium" in told(page)
    pair = page.locator(f"{VISIBLE} .pair figcaption").all_inner_texts()
    assert pair == ["off", "medium: differs by 0.0 of 255"]  # this engine steers nothing, and the page says so
    assert page.locator(f"{VISIBLE} .row img").count() == 5
    assert all(image.get_attribute("alt") for image in page.locator(f"{VISIBLE} .panel img").all())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_all_prompts_stand_beside_their_unsteered_pictures(browser: Browser, served: Served) -> None:
    page = opened(browser, served, "steering", "bends", strength="max")
    page.locator(NUMBERS).wait_for()
    assert page.locator(NUMBERS).inner_text() == "0 of 6"
    assert page.locator(f"{VISIBLE} tbody tr").count() == 6
    page.context.close()
