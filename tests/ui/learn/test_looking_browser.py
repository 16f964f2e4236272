"""Lesson f in a real Chromium, by keyboard alone: what its panels show is what the library says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from safety.image.attribution import cover_cells
from safety.image_io import open_picture
from tests.fakes_marks import file_of, photograph
from tests.ui.conftest import Served
from tests.ui.learn.test_lessons_browser import VISIBLE, WIDTHS, press, visit
from tests.ui.web.test_page_browser import browser, pytestmark
from ui.learn.occlusion import PICTURES
from ui.learn.sand import SandSettings, dunes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "pytestmark"]
LESSON = "looking_at_pictures"


def at(browser: Browser, served: Served, step: str, width: int = 1280) -> Page:
    page = visit(browser, f"{served.url}/learn/{LESSON}#step={step}&state=%7B%7D", width)
    page.wait_for_selector(f"{VISIBLE} .panel :is(button, input)")
    return page


def rows(page: Page, table: int) -> list[list[str]]:
    """The table behind a plot, opened by its summary."""
    details = page.locator(f"{VISIBLE} .panel details").nth(table)
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    found = details.locator("tbody tr").all()
    return [row.locator("th, td").all_inner_texts() for row in found]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_map_is_chosen_by_keyboard_and_its_table_has_the_scores_of_look(
    browser: Browser, looking: Served, width: int
) -> None:
    page = at(browser, looking, "cover", width)
    press(page, ".pictures button[data-name=snail]")
    page.wait_for_selector(f"{VISIBLE} .heat svg", timeout=60_000)
    picture = open_picture((PICTURES / "snail.webp").read_bytes())
    whole = looking.studio.look(picture, "general").scores
    shown = {row[0]: row[1] for row in rows(page, 0)}
    titles = looking.studio.messages("en").locale.category
    assert shown == {titles[name].title: f"{score:.4f}" for name, score in whole.items()}
    cells = rows(page, 1)
    for cell, (copy, (column, row, _, _)) in zip(cells, cover_cells(picture, 4), strict=True):
        score = looking.studio.look(copy, "general").scores["nudity"]
        assert cell[:3] == [str(row + 1), str(column + 1), f"{score:.4f}"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not page.errors  # type: ignore[attr-defined]
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sand_is_turned_by_the_arrow_keys(browser: Browser, looking: Served, width: int) -> None:
    page = at(browser, looking, "sand", width)
    page.locator(f"{VISIBLE} .panel input[type=range]").focus()
    for turn in (165, 150):
        page.keyboard.press("ArrowLeft")
        score = looking.studio.look(dunes(SandSettings().seed, turn), "general").scores["nudity"]
        assert page.locator(f"{VISIBLE} .panel output").inner_text() == f"{turn}°"
        assert page.locator(f"{VISIBLE} .panel .numbers b").inner_text() == f"{score:.2f}"
    assert not page.errors  # type: ignore[attr-defined]
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_own_picture_is_brought_by_keyboard(browser: Browser, looking: Served, tmp_path: Path, width: int) -> None:
    path = tmp_path / "mine.png"
    path.write_bytes(file_of(photograph(3, 300, 200)))
    page = at(browser, looking, "own", width)
    # Once the page has moved the focus to the step that was opened: before that, a key would go astray.
    page.wait_for_load_state("networkidle")
    with page.expect_file_chooser() as chooser:
        page.locator(f"{VISIBLE} .panel input[type=file]").press("Enter")
    chooser.value.set_files(path)
    page.wait_for_selector(f"{VISIBLE} .heat text", timeout=60_000)
    scores = looking.studio.look(open_picture(path.read_bytes()), "general").scores
    assert {row[1] for row in rows(page, 0)} == {f"{score:.4f}" for score in scores.values()}
    assert not page.errors  # type: ignore[attr-defined]
    page.context.close()


def test_a_shared_link_opens_the_picture_that_was_chosen(browser: Browser, looking: Served) -> None:
    page = visit(browser, f"{looking.url}/learn/{LESSON}#step=scores&state=%7B%22picture%22%3A%22dog%22%7D")
    page.wait_for_selector(f"{VISIBLE} .panel .looked", timeout=60_000)
    assert page.locator(f"{VISIBLE} .pictures button[aria-pressed=true]").inner_text() == "a dog"
    page.context.close()
