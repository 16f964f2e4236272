"""The library in a real Chromium: a picture is made, found, kept in order, taken along, deleted; settings come back."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.ui.conftest import Served
from tests.ui.web.test_page_browser import PROMPT, browser, page, pytestmark, says

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["browser", "page", "pytestmark"]
CARD = ".sl-lib-card"
WRITTEN = "gore in a field\nNegative prompt: fog\nSteps: 12, CFG scale: 6, Seed: 4242, Size: 64x64"


def open_library(page: Page) -> None:
    page.get_by_role("tab", name="Library").click()


def keep_prompts(page: Page) -> None:
    open_library(page)
    page.get_by_label("Keep my prompts in my library").check()
    says(page, "#sl-library-root", "Untick it and they are deleted")
    page.get_by_role("tab", name="Create").click()


def test_a_picture_is_made_found_favoured_taken_along_and_deleted(page: Page, served: Served) -> None:
    keep_prompts(page)
    page.locator(PROMPT).fill("a quiet lighthouse")
    page.click("#sl-go")
    page.wait_for_selector(".sl-slot img")

    open_library(page)
    page.get_by_label("Search your prompts").fill("LIGHTHOUSE")
    says(page, ".sl-lib-count", "1 picture")
    card = page.locator(CARD).filter(has_text="a quiet lighthouse")
    card.locator(".sl-lib-star").click()
    page.get_by_label("Favourites").check()
    says(page, ".sl-lib-count", "1 picture")
    page.wait_for_function("document.querySelector('.sl-lib-card img').naturalWidth === 320")

    card.locator(".sl-lib-pick").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as ZIP").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        (picture,) = json.loads(archive.read("manifest.json"))["pictures"]
    assert picture["settings"]["prompt"] == "a quiet lighthouse"

    files = len(served.files())
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".sl-lib-actions").get_by_role("button", name="Delete").click()
    says(page, ".sl-lib-count", "Done: 1.")
    assert page.locator(CARD).filter(has_text="a quiet lighthouse").count() == 0
    assert len(served.files()) == files - 1 and served.studio.verify_audit() == []


def test_the_settings_of_a_picture_in_the_library_fill_the_form(page: Page) -> None:
    keep_prompts(page)
    page.get_by_label("Art", exact=True).check()
    page.locator(PROMPT).fill("a small boat")
    page.click("#sl-go")
    page.wait_for_selector(".sl-slot img")
    page.get_by_label("General", exact=True).check()
    page.locator(PROMPT).fill("something else")
    open_library(page)
    page.locator(f"{CARD} .sl-lib-open").first.click()
    says(page, "#sl-lib-view", "Visible label")
    page.locator("#sl-lib-view").get_by_role("button", name="Use these settings").click()
    page.wait_for_selector("#sl-go", state="visible")
    page.wait_for_function("document.querySelector('#sl-mode input[value=art]').checked")
    assert page.locator(PROMPT).input_value() == "a small boat"


def test_the_settings_of_a_dropped_picture_fill_the_form_and_are_judged(page: Page, tmp_path: Path) -> None:
    chunks = PngInfo()
    chunks.add_text(
        "parameters", "gore in a field\nNegative prompt: fog\nSteps: 12, CFG scale: 6, Seed: 4242, Size: 64x64"
    )
    Image.new("RGB", (64, 64)).save(tmp_path / "from.png", pnginfo=chunks)
    open_library(page)
    page.locator("#sl-lib-file input[type=file]").set_input_files(tmp_path / "from.png")
    says(page, "#sl-lib-found", "4242")
    page.click("#sl-lib-take")
    says(page, "#sl-judgement .sl-verdict", "Refused")
    assert page.locator(PROMPT).input_value() == "gore in a field"
