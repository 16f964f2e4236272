"""A class in a real Chromium: a teacher and two learners, wide and narrow, until the class is closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import Served
from tests.ui.web.servers import serving
from tests.ui.web.test_page_browser import browser, pytestmark

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "pytestmark"]
PASSWORD = "a password for teachers"
LESSON, STEP = "be_the_moderator", ".step:not([hidden])"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("school"), teacher=PASSWORD) as served:
        yield served


@pytest.fixture(autouse=True)
def over(school: Served) -> Iterator[None]:
    yield
    school.studio.close_class()


def opened(browser: Browser, width: int, locale: str = "en") -> Page:
    page = browser.new_context(viewport={"width": width, "height": 900}, locale=locale).new_page()
    page.errors = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.errors.append(str(error)))  # type: ignore[attr-defined]
    return page


def teacher(browser: Browser, school: Served, width: int) -> Page:
    page = opened(browser, width)
    page.goto(f"{school.url}/class/teacher")
    page.get_by_label("The teacher’s password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Open the class").click()
    page.wait_for_selector(".board .code")
    return page


def learner(browser: Browser, school: Served, width: int, code: str, locale: str = "en") -> Page:
    page = opened(browser, width, locale)
    page.goto(f"{school.url}/class")
    page.locator("input.code").fill(code.lower())
    page.keyboard.press("Enter")
    page.wait_for_selector(".in-class")
    return page


def set_guess(page: Page, value: int) -> None:
    page.wait_for_selector(f"{STEP} .predict input[type=range]")
    slider = page.locator(f"{STEP} .predict input[type=range]")
    slider.evaluate("(one, to) => { one.value = to; one.dispatchEvent(new Event('input')) }", value)
    page.locator(f"{STEP} .predict button").click()


def decide(page: Page, stop_every: int) -> None:
    page.wait_for_selector(f"{STEP} .decide", timeout=60_000)
    for number in range(20):
        page.locator(".decide button").nth(0 if number % stop_every else 1).click()
    page.wait_for_selector(f"{STEP} .panel svg")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_class_answers_and_its_chart_fills(browser: Browser, school: Served, width: int) -> None:
    board = teacher(browser, school, width)
    code = board.locator(".board .code").inner_text()
    ann = learner(browser, school, width, code)
    ben = learner(browser, school, width, code, locale="de")
    board.wait_for_function("document.querySelector('.joined').textContent.startsWith('2 of 35')")
    # Both wait at the list, and are led to the lesson that the teacher opens, as far as it is open.
    board.locator("#lesson").select_option(LESSON)
    board.locator("#steps:enabled").select_option("1")
    for page, guess in ((ann, 3), (ben, 17)):
        page.wait_for_url(f"**/learn/{LESSON}*")
        set_guess(page, guess)
    board.wait_for_function("document.querySelector('.chart svg')")
    ann.wait_for_function("document.querySelector('.steps button:last-child').disabled")
    # The chart's table has what the two have guessed, and no more.
    board.locator(".chart summary").first.click()
    rows = board.locator(".chart table").first.locator("tbody tr").all_inner_texts()
    counts = {row.split("\t")[0]: int(row.split("\t")[1]) for row in rows}
    assert counts["2–<4"] == 1 and counts["16–<18"] == 1 and sum(counts.values()) == 2
    for page, every in ((ann, 2), (ben, 3)):
        decide(page, every)
    # Two learners with errors of their own are two squares on the curve, for the teacher and for each other.
    for page in (board, ann, ben):
        page.wait_for_function("document.querySelectorAll('svg .crowd').length === 2")
    assert board.locator(".chart details").first.get_attribute("open") is not None
    for page in (board, ann, ben):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    board.on("dialog", lambda dialog: dialog.accept())
    board.get_by_role("button", name="Close the class").click()
    board.get_by_role("button", name="Open the class").wait_for()
    ann.wait_for_function("document.querySelector('.in-class').textContent.startsWith('The class is over.')")
    ben.wait_for_function("document.querySelector('.in-class').textContent.startsWith('Die Klasse ist zu Ende.')")
    assert ann.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('safelight-lesson'))") == []
    assert not [error for page in (board, ann, ben) for error in page.errors]  # type: ignore[attr-defined]
    for page in (board, ann, ben):
        page.context.close()


def test_an_answer_given_while_the_server_is_away_arrives_later(browser: Browser, school: Served) -> None:
    board = teacher(browser, school, 1280)
    code = board.locator(".board .code").inner_text()
    ann = learner(browser, school, 1280, code)
    ann.goto(f"{school.url}/learn/{LESSON}")
    ann.wait_for_selector(".steps")
    ann.context.set_offline(True)
    set_guess(ann, 5)
    ann.wait_for_timeout(500)
    assert school.studio.classroom is not None and school.studio.classroom.counts() == {}
    ann.context.set_offline(False)
    left = "JSON.parse(sessionStorage[Object.keys(sessionStorage).find((key) => key.endsWith('unsent'))]).length"
    ann.wait_for_function(f"{left} === 0")
    assert list(school.studio.classroom.counts().values()) == [1]
    for page in (board, ann):
        page.context.close()


def test_where_the_mode_is_locked_no_other_can_be_chosen(browser: Browser, school: Served) -> None:
    board = teacher(browser, school, 1280)
    ann = learner(browser, school, 1280, board.locator(".board .code").inner_text())
    ann.goto(school.url)
    ann.wait_for_selector("#sl-mode input")
    ann.wait_for_function("document.querySelectorAll('#sl-mode input').length === 1")
    assert ann.locator("#sl-mode input").is_disabled()
    school.studio.close_class()
    ann.reload()
    ann.wait_for_function("document.querySelectorAll('#sl-mode input').length === 3")
    for page in (board, ann):
        page.context.close()
