"""The form in a real Chromium: marked words, keys, focus, sizes and the queue, as a person meets them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import Served
from tests.ui.web.test_page_browser import CHROMIUM, PROMPT, VERDICT, browser, page, says, set_number

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page"]
MARK = "#sl-prompt mark"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


def marks(page: Page) -> list[str]:
    return page.locator(MARK).all_inner_texts()


def lies_beneath(page: Page) -> bool:
    """Whether the sheet breaks its lines where the field does: then they have the same height of text and width."""
    return bool(
        page.evaluate(
            """() => {
                const area = document.querySelector('#sl-prompt textarea'), sheet = document.querySelector('.sl-sheet');
                const styles = [area, sheet].map(one => getComputedStyle(one));
                const same = ['fontSize', 'fontFamily', 'lineHeight', 'letterSpacing', 'paddingLeft', 'paddingTop',
                    'paddingRight', 'direction', 'unicodeBidi', 'whiteSpace', 'wordSpacing', 'tabSize'];
                return same.every(name => styles[0][name] === styles[1][name])
                    && Math.abs(area.scrollHeight - sheet.scrollHeight) <= 1 && area.clientWidth === sheet.clientWidth
                    && area.scrollTop === sheet.scrollTop;
            }"""
        )
    )


def test_words_that_count_are_marked_where_they_stand_and_follow_the_text(page: Page) -> None:
    prompt = page.locator(PROMPT)
    prompt.press_sequentially("a plate of gore", delay=10)
    says(page, MARK, "gore")
    prompt.press("End")
    prompt.press("!")
    assert marks(page) in ([], ["gore"])
    says(page, MARK, "gore")
    prompt.press("Home")
    page.keyboard.insert_text("two ")
    says(page, "#sl-prompt .sl-sheet", "two a plate of gore!")
    assert marks(page) == ["gore"] and lies_beneath(page)
    prompt.press("ControlOrMeta+a")
    prompt.press("ControlOrMeta+x")
    page.wait_for_selector(MARK, state="detached")
    prompt.press("ControlOrMeta+v")
    says(page, MARK, "gore")
    prompt.press("ControlOrMeta+z")
    page.wait_for_selector(MARK, state="detached")
    assert prompt.input_value() == ""


def test_marks_of_old_words_are_gone_at_the_next_key(page: Page) -> None:
    page.fill(PROMPT, "gore")
    says(page, MARK, "gore")
    page.route("**/queue/join*", lambda route: None)
    page.locator(PROMPT).press("x")
    assert marks(page) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("gore\n" * 30, id="more lines than the field shows"),
        pytest.param("wide words " * 60 + "gore", id="lines that wrap"),
        pytest.param("x" * 400 + " gore", id="one long word"),
        pytest.param("\u05ea\u05e4\u05d5\u05d7 \u05d0\u05d3\u05d5\u05dd, gore", id="right-to-left"),
        pytest.param("gore\n\n", id="empty lines at the end"),
        pytest.param("\U0001f34e\U0001f34f gore", id="signs beyond 16 bits"),
    ],
)
def test_the_marked_sheet_scrolls_wraps_and_turns_as_the_field_does(page: Page, text: str) -> None:
    page.fill(PROMPT, text)
    says(page, MARK, "gore")
    page.evaluate("document.querySelector('#sl-prompt textarea').scrollTop = 1e6")
    page.wait_for_timeout(100)
    assert set(marks(page)) == {"gore"} and lies_beneath(page)
    assert page.locator(".sl-sheet").get_attribute("aria-hidden") == "true"


def test_modes_are_one_group_that_the_arrow_keys_walk_through(page: Page) -> None:
    page.fill(PROMPT, "gore")
    says(page, VERDICT, "Refused")
    page.get_by_label("General", exact=True).focus()
    page.keyboard.press("ArrowRight")
    says(page, VERDICT, "Needs your confirmation")
    assert page.evaluate("document.activeElement.value") == "art"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") != "radio"
    assert page.get_by_role("radiogroup", name="What is it for?").count() == 1


def test_control_and_enter_creates_and_other_enters_make_a_line(page: Page, served: Served) -> None:
    made, prompt = served.engine.drawn, page.locator(PROMPT)
    prompt.press_sequentially("an apple")
    prompt.press("Enter")
    prompt.press("Shift+Enter")
    prompt.press_sequentially("in fog")
    assert prompt.input_value() == "an apple\n\nin fog"
    prompt.press("Control+Enter")
    says(page, ".sl-picture", "Stamp")
    assert served.engine.drawn == made + 1
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_a_card_sets_the_shape_and_the_drawn_seed_is_kept_by_one_click(page: Page) -> None:
    page.fill(PROMPT, "an apple")
    page.locator("#sl-shape label", has_text="Landscape").click()
    page.click("#sl-go")
    says(page, ".sl-picture", "576 × 448 px")
    says(page, "#sl-keep-seed", "Keep ")
    page.wait_for_function("() => /\\d/.test(document.querySelector('#sl-keep-seed').innerText)")
    page.click("#sl-keep-seed")
    page.wait_for_function("() => /^\\d+$/.test(document.querySelector('#sl-seed :is(input, textarea)').value)")
    seed = page.input_value("#sl-seed :is(input, textarea)")
    assert page.inner_text("#sl-keep-seed") == f"Keep {seed}"
    says(page, ".sl-picture", seed)
    page.click("#sl-new-seed")
    page.wait_for_function("() => document.querySelector('#sl-seed :is(input, textarea)').value === ''")


def slow(page: Page, prompt: str) -> None:
    """Begins a picture that takes seconds."""
    page.click("#sl-settings > button")
    set_number(page, 1, "60")
    page.fill(PROMPT, prompt)
    page.focus("#sl-go")
    page.keyboard.press("Enter")
    page.wait_for_selector("#sl-add", state="visible")


def add(page: Page, prompt: str) -> None:
    page.fill(PROMPT, prompt)
    page.locator(PROMPT).press("Control+Enter")
    says(page, f".sl-queue li:has-text('{prompt}')", prompt)


def until_drawn(page: Page, served: Served, count: int) -> None:
    """Waits for so many pictures, and for the page to show that the last is finished."""
    for _ in range(600):
        if served.engine.drawn == count:
            break
        page.wait_for_timeout(50)
    assert served.engine.drawn == count
    page.wait_for_function("() => !sessionStorage['sl-taken']")


def test_wishes_wait_in_line_can_be_taken_out_and_are_judged_when_their_turn_comes(page: Page, served: Served) -> None:
    made, served.engine.pause = served.engine.drawn, 0.5
    try:
        slow(page, "a first apple")
        page.wait_for_function("() => document.activeElement.id === 'sl-add'", timeout=5000)
        for prompt in ("a second pear", "gore on a plate", "a third plum"):
            add(page, prompt)
        page.get_by_role("button", name="Take out: a second pear").click()
        assert page.locator(".sl-queue li span").all_inner_texts() == ["gore on a plate", "a third plum"]
        served.engine.pause = 0.02
        says(page, ".sl-live", "Your picture is ready.")
        says(page, "#sl-status h2", "Refused")
        page.wait_for_selector(".sl-queue", state="hidden")
        until_drawn(page, served, made + 2)
        assert "plum" not in page.evaluate("(sessionStorage['sl-queue'] || '') + (sessionStorage['sl-taken'] || '')")
    finally:
        served.engine.pause = 0.0


def test_stop_stops_the_running_one_and_after_a_reload_the_line_waits_for_a_word(page: Page, served: Served) -> None:
    made, served.engine.pause = served.engine.drawn, 0.5
    try:
        slow(page, "a first apple")
        add(page, "a second pear")
        add(page, "a third plum")
        page.locator(PROMPT).press("Escape")
        page.wait_for_function("() => document.querySelectorAll('.sl-queue li').length === 1")
        page.reload()
        says(page, ".sl-queue .sl-paused", "Each is judged when its turn comes")
        assert page.locator(".sl-queue li span").all_inner_texts() == ["a second pear", "a third plum"]
        served.engine.pause = 0.0
        page.click(".sl-queue .sl-paused button")
        page.wait_for_selector(".sl-queue", state="hidden")
        until_drawn(page, served, made + 2)
    finally:
        served.engine.pause = 0.0


def test_the_verdict_is_read_out_once_somebody_stops_typing(page: Page) -> None:
    page.locator(PROMPT).press_sequentially("a plate of gore", delay=15)
    says(page, ".sl-live", "Refused")
    assert page.locator(".sl-live").get_attribute("aria-live") == "polite"
