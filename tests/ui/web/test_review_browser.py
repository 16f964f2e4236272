"""Two people, two browsers: one is refused and asks, the other one looks and overturns; then it is delivered, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from safety.review.service import ReviewSettings
from tests.ui.conftest import Served
from tests.ui.web import test_page_browser
from tests.ui.web.servers import PASSWORD, serving
from tests.ui.web.test_page_browser import PROMPT, WAIT, says

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = test_page_browser.pytestmark
browser = test_page_browser.browser


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("two"), ReviewSettings(PASSWORD)) as served:
        yield served


@pytest.fixture
def person(browser: Browser, reviewed: Served) -> Iterator[Page]:
    yield from opened(browser, reviewed.url, PROMPT)


@pytest.fixture
def reviewer(browser: Browser, reviewed: Served) -> Iterator[Page]:
    for page in opened(browser, f"{reviewed.url}/review", "input[name=password]"):
        page.fill("input[name=name]", "Ada")
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_selector("text=Who has waited longest")
        yield page


def opened(browser: Browser, url: str, ready: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(ready)
    yield page
    context.close()


def create(page: Page, prompt: str) -> None:
    page.locator(PROMPT).fill(prompt)
    page.locator("#sl-go").click()


def ask(page: Page, remark: str) -> str:
    page.locator("#sl-appeal > button").click()
    page.locator("#sl-remark textarea").fill(remark)
    page.locator("#sl-ask").click()
    says(page, "#sl-asked", "Sent.")
    return page.locator("#sl-asked").inner_text().split()[-1].strip(".")


def decide(page: Page, case: str, button: str) -> None:
    page.reload()
    page.locator(f"a[href$='{case}']").click()
    page.locator("textarea[name=reason]").fill("Stage make-up, as the remark says.")
    page.get_by_text(button).click()
    page.wait_for_selector("text=Who has waited longest")


def look_up(page: Page, case: str) -> None:
    page.get_by_role("tab", name="Cases").click()
    page.locator("#sl-case input, #sl-case textarea").fill(case)
    page.locator("#sl-look-up").click()


def test_from_appeal_to_overturn_to_one_delivery_and_not_a_second(person: Page, reviewer: Page) -> None:
    create(person, "gore on a stage")
    says(person, "#sl-status", "P301")
    case = ask(person, "It is make-up for a play.")
    look_up(person, case)
    says(person, "#sl-case-answer", "Waiting for a person")
    decide(reviewer, case, "Overturn it")
    person.locator("#sl-look-up").click()
    says(person, "#sl-case-answer", "The refusal was wrong")
    says(person, "#sl-case-answer", "Stage make-up, as the remark says.")
    person.get_by_role("tab", name="Create").click()
    create(person, "gore on a stage")
    person.wait_for_selector("#sl-pictures img")
    create(person, "gore on a stage")
    says(person, "#sl-status", "P301")
    assert person.locator("#sl-pictures img:visible").count() == 0


def test_a_withheld_picture_is_revealed_and_collected(person: Page, reviewer: Page) -> None:
    create(person, "spoilt milk")
    says(person, "#sl-status", "I301")
    case = ask(person, "It is milk.")
    reviewer.reload()
    reviewer.locator(f"a[href$='{case}']").click()
    reviewer.wait_for_selector("img.veiled")
    reviewer.get_by_text("Reveal", exact=True).click()
    reviewer.wait_for_selector("img.revealed")
    reviewer.goto(reviewer.url.split("/case/")[0])
    decide(reviewer, case, "Overturn it")
    look_up(person, case)
    person.locator("#sl-collect").click()
    says(person, "#sl-collected", ".png")
    person.locator("#sl-look-up").click()
    says(person, "#sl-case-answer", "it held for one time")


def test_a_hard_line_offers_no_review(person: Page) -> None:
    create(person, "forbidden")
    says(person, "#sl-status", "P102")
    assert person.locator("#sl-appeal:visible").count() == 0


def test_a_confirmation_that_is_missing_offers_no_review(person: Page) -> None:
    create(person, "a wound")
    says(person, "#sl-status", "P302")
    assert person.locator("#sl-appeal:visible").count() == 0
