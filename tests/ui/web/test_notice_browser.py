"""Somebody without an account asks for the removal of a picture of theirs; a reviewer removes it; it stays away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageOps

from engines.testing import FakeEngine
from safety.generation import Delivered, GenerationRequest
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.review.service import ReviewSettings
from studio import Studio
from tests.fakes_marks import photograph
from tests.ui.conftest import Served
from tests.ui.web import test_page_browser
from tests.ui.web.servers import PASSWORD, serving
from tests.ui.web.test_page_browser import PROMPT, WAIT, says
from tests.ui.web.test_review_browser import create, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = test_page_browser.pytestmark
browser = test_page_browser.browser

TEXT = "It shows me at a place where I have never been, and people believe it."
RED = "rgb(179, 50, 28)"


@dataclass
class Clock:
    """Tells the time, so much later."""

    later: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.later


@dataclass
class Photographer(FakeEngine):
    """Draws the same picture for every seed; once `turned`, mirrored and a little smaller, as a copy would be."""

    turned: bool = False

    def generate(self, request: Any, seeds: Any, *arguments: Any, **options: Any) -> Any:
        generation = super().generate(request, seeds, *arguments, **options)
        image = photograph(11, request.width or 512, request.height or 512)
        if self.turned:
            image = ImageOps.mirror(image).resize((image.width - 64, image.height - 64), Image.Resampling.LANCZOS)
        return replace(generation, pictures=tuple(replace(one, image=image) for one in generation.pictures))


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def noticed(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("notice")

    def change(studio: Studio) -> Studio:
        review = studio.review
        notices, decisions = replace(review.notices, now=clock), replace(review.notice_decisions, now=clock)
        return replace(studio, review=replace(review, notices=notices, notice_decisions=decisions))

    marks = Exporter(Marks(home / "keys"))
    with serving(home, ReviewSettings(PASSWORD), engine=Photographer(), exporter=marks, change=change) as served:
        yield served


@pytest.fixture
def maker(browser: Browser, noticed: Served) -> Iterator[Page]:
    yield from opened(browser, noticed.url, PROMPT)


@pytest.fixture
def reviewer(browser: Browser, noticed: Served) -> Iterator[Page]:
    for page in opened(browser, f"{noticed.url}/review", "input[name=password]"):
        page.fill("input[name=name]", "Grace")
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_selector("text=Who has waited longest")
        yield page


@pytest.fixture
def depicted(browser: Browser, noticed: Served) -> Iterator[Page]:
    """A browser without scripts, which has never been here."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(f"{noticed.url}/report")
    yield page
    context.close()


def drawn(page: Page, noticed: Served) -> Path:
    create(page, "a red apple")
    page.wait_for_selector(".sl-slot .image-frame img")
    (file,) = [path for path in noticed.studio.outputs.rglob("*.png")]
    return file


def report(page: Page, file: Path) -> str:
    page.check("input[value=deceptive]")
    page.set_input_files("input[name=file]", file)
    page.fill("textarea[name=statement]", TEXT)
    page.fill("input[name=name]", "Ada Example")
    page.fill("input[name=contact]", "ada@example.org")
    page.check("input[name=good_faith]")
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("text=Your notice has arrived")
    return page.locator(".receipt code").inner_text()


def test_from_the_form_to_the_removal_and_a_mirrored_copy_that_is_withheld(
    maker: Page, depicted: Page, reviewer: Page, noticed: Served, clock: Clock, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    file = drawn(maker, noticed)
    # What goes round: smaller, as JPEG, without the metadata that named the studio.
    copy = tmp_path / "from-a-chat.jpg"
    Image.open(file).convert("RGB").resize((480, 480)).save(copy, quality=80)
    receipt = report(depicted, copy)
    # Somebody else made the same one.
    twin = noticed.studio.create(GenerationRequest("a red apple", width=512, height=512, steps=1), person="cookie:b")
    assert isinstance(twin, Delivered) and twin.pictures[0].export

    # First in the queue, with a clock that counts, and turns red when the time is over: also while it is looked at.
    reviewer.reload()
    says(reviewer, ".notices", "Notice about a picture")
    expect(reviewer.locator(".clock")).not_to_have_css("color", RED)
    clock.later = timedelta(hours=48) - timedelta(seconds=20)
    reviewer.reload()
    expect(reviewer.locator(".clock")).to_have_css("color", RED, timeout=WAIT)
    clock.later = timedelta(hours=51)
    reviewer.reload()
    says(reviewer, ".clock.overdue", "Overdue by")
    expect(reviewer.locator(".clock")).to_have_css("color", RED)
    assert noticed.studio.review.notice_decisions.figures().overdue == 1

    # Looked at blurred, then revealed, then removed.
    reviewer.locator(".notices a").click()
    says(reviewer, "blockquote", TEXT)
    reviewer.wait_for_selector("img.veiled")
    reviewer.get_by_role("button", name="Reveal").click()
    reviewer.wait_for_selector("img.revealed")
    # The near-copy is there to be seen, and ticked: it is the same picture.
    says(reviewer, ".copies", "The same picture, made again")
    expect(reviewer.locator(".copies input")).to_be_checked()
    reviewer.fill("textarea[name=reason]", "You are right: it is you, and it never happened.")
    reviewer.get_by_role("button", name="Remove the picture").click()
    reviewer.wait_for_selector("text=Nobody waits")
    assert not file.exists() and not twin.pictures[0].export.path.exists()
    says(reviewer, ".notices", "Removed")

    # The person who asked sees it by the receipt, in another language if they like.
    depicted.goto(f"{noticed.url}/report?language=de")
    depicted.fill("input[name=receipt]", receipt)
    depicted.get_by_role("button", name="Nachsehen").click()
    says(depicted, ".status-removed", "You are right")
    says(depicted, ".status-removed", "gespiegelte")

    # A mirrored near-copy, made later by the same words, is withheld with the reason.
    assert isinstance(noticed.engine, Photographer)
    noticed.engine.turned = True
    create(maker, "a red apple")
    says(maker, "#sl-result", "removed here")

    # The maker is told, does not learn who asked, and answers.
    maker.get_by_role("tab", name="Cases").click()
    says(maker, "#sl-removed", "was removed after a notice")
    maker.goto(f"{noticed.url}/report/removed")
    says(maker, "section", "Somebody who is depicted")
    assert "Ada" not in maker.content() and TEXT not in maker.content()
    maker.fill("textarea[name=answer]", "It is a figure that I made up.")
    maker.get_by_role("button", name="Send the answer").click()
    says(maker, "[role=status]", "Your answer was sent.")
    assert noticed.studio.audit.verify() == []
