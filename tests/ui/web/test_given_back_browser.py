"""Credentials given back, in a real Chromium: a file as a chat hands it on, and another picture under its stamp."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from safety.marks import Marks
from safety.marks.export import Exporter
from safety.marks.invisible.embed import embed
from safety.marks.manifest_store import embedded_store
from tests.fakes_marks import file_of, flat_art, photograph
from tests.ui.conftest import Served
from tests.ui.web.servers import serving
from tests.ui.web.test_page_browser import CHROMIUM, browser, says

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("given")
    with serving(home, exporter=Exporter(Marks(home / "keys"))) as served:
        yield served


def in_a_chat(picture: Image.Image, path: Path) -> Path:
    """Writes a picture as a chat hands it on: cut to 80 % of each side, JPEG 70, without metadata."""
    left, top = picture.width // 8, picture.height // 12
    part = picture.crop((left, top, left + round(0.8 * picture.width), top + round(0.8 * picture.height)))
    path.write_bytes(file_of(part.convert("RGB"), "JPEG", quality=70))
    return path


def verify_page(browser: Browser, served: Served, file: Path) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{served.url}/#verify")
    page.get_by_role("tab", name="Verify").click()
    page.locator("#sl-file input[type=file]").set_input_files(file)
    page.wait_for_selector("#sl-report .sl-layers", timeout=60_000)
    return page


def test_a_stripped_and_cropped_file_gets_its_credentials_back_and_another_picture_does_not(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    export = served.studio.mark(photograph(3), tmp_path / "marked.png")
    file = export.path.read_bytes()
    page = verify_page(browser, served, in_a_chat(Image.open(BytesIO(file)), tmp_path / "chat.jpg"))

    says(page, "#sl-report", "Credentials given back")
    says(page, "#sl-report", "A part of the picture")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    with page.expect_download() as started:
        page.get_by_role("link", name="Save the credentials (.c2pa)").click()
    assert started.value.suggested_filename == f"{export.stamp}.c2pa"
    assert Path(started.value.path()).read_bytes() == embedded_store(file)
    page.close()

    forged = embed(flat_art(2), export.stamp, served.studio.exporter.marks.reading_keys().marks[0])
    page = verify_page(browser, served, in_a_chat(forged, tmp_path / "forged.jpg"))
    says(page, "#sl-report", str(export.stamp))
    assert "Credentials given back" not in page.inner_text("#sl-report")
    page.close()
