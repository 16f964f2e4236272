"""Feedback in a real Chromium: a person agrees, rates and chooses; an annotator compares pairs by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from safety.review.feedback import read_feedback
from safety.review.service import ReviewSettings
from studio import Studio
from tests.ui.conftest import Served
from tests.ui.web import test_page_browser
from tests.ui.web.servers import PASSWORD, serving
from tests.ui.web.test_page_browser import PROMPT, says
from tests.ui.web.test_review_browser import create, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = test_page_browser.pytestmark
browser = test_page_browser.browser
ANNOTATORS = "a password for annotators"
FIRST = ".sl-fb >> nth=0"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = ReviewSettings(PASSWORD, feedback=True, annotator_password=ANNOTATORS)
    with serving(tmp_path_factory.mktemp("feedback"), settings) as served:
        yield served


@pytest.fixture
def person(browser: Browser, asked: Served) -> Iterator[Page]:
    yield from opened(browser, asked.url, PROMPT)


def given(studio: Studio, kind: str) -> list[dict[str, object]]:
    if not studio.audit.has_begun:
        return []
    with studio.audit.read_transaction() as reader:
        return [dict(one.said) for one in read_feedback(reader, kind)]


def agree(page: Page) -> None:
    page.locator(f"{FIRST} >> input[data-fb=agree]").check()
    says(page, FIRST, "Noted")


def make_two(page: Page, prompt: str) -> None:
    page.locator("#sl-count label", has_text="2").click()
    create(page, prompt)
    page.wait_for_selector(".sl-slot >> nth=1 >> .sl-fb")


def test_nothing_can_be_rated_before_its_person_agrees(person: Page, asked: Served) -> None:
    create(person, "a lamp on a table")
    person.wait_for_selector(f"{FIRST} >> input[data-fb=agree]")
    assert not person.locator(f"{FIRST} >> input[data-fb=agree]").is_checked()
    assert person.locator(".sl-fb button:visible").count() == 0
    assert not [one for one in given(asked.studio, "rating") if one["prompt"] == "a lamp on a table"]


def test_a_person_agrees_rates_and_takes_it_all_back(person: Page, asked: Served) -> None:
    create(person, "a quiet harbour")
    agree(person)
    person.locator(f"{FIRST} >> button[data-fb=down]").click()
    person.locator(f"{FIRST} >> button[data-fb=not_asked]").click()
    says(person, FIRST, "Kept. Thank you.")
    (rating,) = given(asked.studio, "rating")
    assert (rating["value"], rating["reasons"], rating["prompt"]) == ("down", ["not_asked"], "a quiet harbour")
    create(person, "gore on a stage")
    person.locator("#sl-status .sl-fb button[data-fb=refusal]").click()
    says(person, "#sl-status .sl-fb", "Kept. Thank you.")
    assert [one["prompt"] for one in given(asked.studio, "refusal")] == ["gore on a stage"]
    person.locator("#sl-status .sl-fb input[data-fb=agree]").uncheck()
    says(person, "#sl-status .sl-fb", "deleted: 2")
    assert not given(asked.studio, "rating") and not given(asked.studio, "refusal")


def test_a_hard_line_offers_no_feedback(person: Page) -> None:
    create(person, "forbidden")
    says(person, "#sl-status", "P102")
    assert person.locator(".sl-fb").count() == 0


def test_the_best_of_two_is_chosen_and_an_annotator_answers_by_keys(
    person: Page, browser: Browser, asked: Served
) -> None:
    make_two(person, "a small boat at sea")
    agree(person)
    person.locator(f"{FIRST} >> button[data-fb=best]").click()
    says(person, FIRST, "Kept. Thank you.")
    (choice,) = given(asked.studio, "choice")
    for page in opened(browser, f"{asked.url}/annotate", "input[name=password]"):
        annotate(page, asked.studio, str(choice["value"]))


def annotate(page: Page, studio: Studio, better: str) -> None:
    from playwright.sync_api import expect

    assert page.goto(f"{page.url}/pairs").status == 401  # type: ignore[union-attr]
    page.goto(page.url.removesuffix("/pairs"))
    page.fill("input[name=name]", "Joan")
    page.fill("input[name=password]", ANNOTATORS)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("#agree")
    assert not page.locator("#agree").is_checked() and not page.locator("#work").is_visible()
    page.locator("#agree").check()
    says(page, "#prompt", "a small boat at sea")
    pictures = page.locator(".side img")
    # By locators alone: what runs nothing but its own script runs no test's function either.
    for number in range(2):
        expect(pictures.nth(number)).to_have_js_property("complete", True)
    assert all(pictures.evaluate_all("(all) => all.map((one) => one.naturalWidth > 0)"))
    page.keyboard.press("0")
    says(page, "#said", "nothing more to compare")
    expect(page.locator("[data-back]")).to_be_enabled()
    page.keyboard.press("Backspace")
    says(page, "#prompt", "a small boat at sea")
    left = page.locator(".side img").first.get_attribute("src") or ""
    page.keyboard.press("1" if left.endswith(better) else "2")
    says(page, "#said", "nothing more to compare")
    page.reload()
    says(page, "#said", "nothing more to compare")
    assert [one["value"] for one in given(studio, "answer")] == [better]


def test_a_reviewers_login_alone_opens_no_annotators_page_and_the_other_way_round(
    browser: Browser, asked: Served
) -> None:
    for page in opened(browser, f"{asked.url}/annotate", "input[name=password]"):
        page.fill("input[name=name]", "Joan")
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("button", name="Log in").click()
        says(page, "main", "not the password")
        page.fill("input[name=name]", "Joan")
        page.fill("input[name=password]", ANNOTATORS)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_selector("#agree")
        assert page.goto(f"{asked.url}/review").status == 401  # type: ignore[union-attr]


def test_a_studio_that_takes_none_shows_none(browser: Browser, served: Served) -> None:
    for page in opened(browser, served.url, PROMPT):
        create(page, "a lamp on a table")
        page.wait_for_selector(".sl-slot img")
        assert page.locator(".sl-fb").count() == 0
        assert page.evaluate("document.documentElement.innerHTML.includes('data-fb')") is False
        assert page.goto(f"{served.url}/annotate").status == 404  # type: ignore[union-attr]
