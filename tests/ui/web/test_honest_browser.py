"""The page in a real Chromium where something goes wrong: it says nothing that is not so, and loses no work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from safety.review.service import ReviewSettings
from tests.ui.conftest import Served
from tests.ui.web.servers import PASSWORD, serving
from tests.ui.web.test_page_browser import CHROMIUM, PROMPT, VERDICT, WAIT, browser, page, says, set_number

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "page"]  # fixtures
STRIP = "#sl-strip .sl-strip li"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


def shown(page: Page, selector: str, is_shown: bool = True) -> None:
    from playwright.sync_api import expect

    expect(page.locator(selector).first).to_be_visible(visible=is_shown, timeout=WAIT)


def create(page: Page, prompt: str) -> None:
    page.fill(PROMPT, prompt)
    page.click("#sl-go")


def test_offline_no_verdict_stands_and_the_words_survive(page: Page) -> None:
    page.fill(PROMPT, "a red apple")
    says(page, VERDICT, "Allowed")
    page.context.set_offline(True)
    page.locator(PROMPT).press_sequentially(" and gore", delay=20)
    shown(page, VERDICT, is_shown=False)
    says(page, ".sl-connection .sl-lost", "Cannot judge just now")
    shown(page, ".sl-connection .sl-lost")
    page.context.set_offline(False)
    says(page, VERDICT, "Refused")
    shown(page, VERDICT)
    shown(page, ".sl-connection .sl-lost", is_shown=False)
    assert page.input_value(PROMPT) == "a red apple and gore"


def test_words_settings_and_pictures_survive_a_reload_and_start_over_forgets_them(page: Page) -> None:
    page.click("#sl-settings > button")
    set_number(page, 1, "7")
    page.get_by_label("Art", exact=True).check()
    create(page, "an unmistakable pear")
    shown(page, STRIP)
    page.reload()
    says(page, VERDICT, "Allowed")
    assert page.input_value(PROMPT) == "an unmistakable pear"
    assert page.locator("#sl-mode input:checked").get_attribute("value") == "art"
    page.click("#sl-settings > button")
    page.wait_for_function("() => document.querySelector('#sl-steps input[type=number]')?.value === '7'")
    page.click(STRIP + " button")
    shown(page, "#sl-strip dialog img")
    page.click("#sl-strip .sl-close")
    assert "unmistakable" not in page.evaluate("JSON.stringify({...localStorage}) + document.cookie")
    page.click(".sl-start-over")
    says(page, "#sl-judgement", "judged here while you type")
    assert page.input_value(PROMPT) == "" and page.locator(STRIP).count() == 0
    assert "unmistakable" not in page.evaluate("JSON.stringify({...sessionStorage})")


def test_settings_of_another_engine_are_filled_in_after_its_defaults_and_only_where_they_were_kept(page: Page) -> None:
    filled = page.evaluate(
        """() => {
            sessionStorage.setItem('sl-form', JSON.stringify({ engine: 'other', steps: 7 }));
            const chosen = () => safelight.followed(['steps', 'count']);
            return [safelight.kept(['engine', 'steps'], ['pocket', 20]), chosen(), chosen(),
                safelight.kept(['engine', 'steps'], ['other', 20]), chosen()];
        }"""
    )
    assert filled == [["other", 7], [7, None], [None, None], ["other", 7], [None, None]]


def test_a_wrong_seed_or_no_words_keep_the_picture(page: Page) -> None:
    create(page, "a quiet pear")
    shown(page, ".sl-slot .image-frame img")
    page.click("#sl-settings > button")
    page.get_by_label("Seed").fill("abc")
    page.click("#sl-go")
    says(page, "#sl-status", "The setting seed must be a whole number")
    shown(page, ".sl-slot .image-frame img")
    page.get_by_label("Seed").fill("")
    create(page, "")
    says(page, "#sl-status", "That did not work")
    shown(page, ".sl-slot .image-frame img")


def test_a_refusal_is_half_a_screen_and_a_person_is_in_reach(page: Page) -> None:
    create(page, "a wide battlefield full of gore")
    says(page, "#sl-status h2", "Refused")
    says(page, "#sl-status .sl-suggestions", "full of fog")
    page.wait_for_selector("#sl-appeal > button")
    statement, ask = (page.locator(one).bounding_box() for one in ("#sl-status .sl-statement", "#sl-appeal > button"))
    assert statement and statement["height"] < 450 and ask and ask["y"] + ask["height"] < 900
    # Told once: the live judgement beside it has the verdict alone.
    assert page.locator("#sl-judgement .sl-reasons").is_hidden() and page.locator("#sl-use-0").is_hidden()
    page.click("#sl-status .sl-suggestions button")
    says(page, VERDICT, "Allowed")
    assert page.input_value(PROMPT) == "a wide battlefield full of fog"
    says(page, "#sl-status .sl-earlier", "earlier words")
    shown(page, "#sl-status .sl-earlier")


def test_a_statement_steps_back_with_another_mode_and_comes_forward_again(page: Page) -> None:
    create(page, "gore on a plate")
    says(page, "#sl-status h2", "Refused")
    shown(page, "#sl-status .sl-earlier", is_shown=False)
    page.click("#sl-status [data-mode=art]")
    says(page, VERDICT, "Needs your confirmation")
    shown(page, "#sl-status .sl-earlier")
    page.get_by_label("General", exact=True).check()
    says(page, VERDICT, "Refused")
    shown(page, "#sl-status .sl-earlier", is_shown=False)


def test_a_lost_studio_is_said_while_a_picture_is_drawn(page: Page, served: Served) -> None:
    served.engine.pause = 0.05
    try:
        page.click("#sl-settings > button")
        set_number(page, 1, "400")
        create(page, "a slow pear")
        says(page, "#sl-status", "Drawing")
        page.context.set_offline(True)
        shown(page, ".sl-connection .sl-lost")
        page.context.set_offline(False)
        shown(page, ".sl-connection .sl-lost", is_shown=False)
        assert page.input_value(PROMPT) == "a slow pear"
    finally:
        served.engine.pause = 0.0


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, ReviewSettings(password=PASSWORD)) as served:
        yield served


def test_a_yes_of_a_reviewer_creates_with_one_click_what_was_refused(browser: Browser, reviewed: Served) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(reviewed.url)
    page.wait_for_selector(PROMPT)
    create(page, "gore on a plate")
    page.click("#sl-appeal > button")
    page.click("#sl-ask")
    says(page, "#sl-asked", "Sent")
    [case] = page.evaluate("JSON.parse(localStorage['sl-cases']).map(one => one.id)")
    reviewed.studio.review.decisions.decide(case, "overturned", "It is ketchup.", "somebody")
    page.fill(PROMPT, "something else")
    page.get_by_role("tab", name="Cases").click()
    page.click(f"#sl-mine [data-look='{case}']")
    says(page, "#sl-case-answer", "The refusal was wrong")
    page.click("#sl-case-answer [data-again]")
    says(page, "#sl-status", "A reviewer let these words through, once")
    shown(page, ".sl-slot .image-frame img")
    assert page.input_value(PROMPT) == "gore on a plate"
    # No verdict beside it that says the contrary.
    shown(page, VERDICT, is_shown=False)
    context.close()
