"""The filter panel in a real Chromium: every number is that of the data filter's balance report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from safety.resources import PRESETS
from studio.lesson_sets import load_set
from tests.ui.conftest import Served
from tests.ui.learn.test_filter_panel import balance
from tests.ui.learn.test_lessons_browser import VISIBLE, press, visit
from tests.ui.web.test_page_browser import browser, pytestmark
from ui.texts import page_texts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from studio.curation.balance import BalanceReport

__all__ = ["browser", "pytestmark"]
ROWS = load_set(PRESETS, "training_captions")
NAME = "learn_filter.group_{}"


def at(browser: Browser, served: Served, step: str, state: dict[str, object], width: int = 1280) -> Page:
    link = urlencode({"step": step, "state": json.dumps(state)})
    page = visit(browser, f"{served.url}/learn/what_the_filter_removes#{link}", width)
    page.wait_for_selector(f"{VISIBLE} .panel svg")
    return page


def shown(page: Page) -> dict[str, list[str]]:
    """Returns the rows of the table behind the plot, by the name of the group."""
    page.locator(f"{VISIBLE} .panel details summary").first.click()
    rows = page.locator(f"{VISIBLE} .panel details tbody tr").all()
    return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in rows}


def percent(share: float) -> str:
    return f"{100 * share:.{1 if share < 0.1 else 0}f} %"


def expected(report: BalanceReport) -> dict[str, list[str]]:
    texts = page_texts("en")
    return {
        texts[NAME.format(loss.group.name)]: [
            str(loss.rows),
            str(loss.removed),
            percent(loss.share),
            f"{percent(loss.low)} – {percent(loss.high)}",
            f"{loss.times:.1f} ×",
        ]
        for loss in report.groups
    }


@pytest.mark.parametrize("only", [False, True], ids=["all captions", "harmless ones"])
@pytest.mark.parametrize("limit", [0.1, 0.4])
def test_the_bars_are_the_balance_report_of_the_data_filter(
    browser: Browser, served: Served, limit: float, only: bool
) -> None:
    page = at(browser, served, "score", {"at": limit, "only": only})
    decisions = served.studio.check_many([row.text for row in ROWS], "general")
    removed = [round(decision.risk, 4) >= limit for decision in decisions]
    counted = [n for n, row in enumerate(ROWS) if not (only and row.harmful)]
    report = balance([ROWS[n] for n in counted], [removed[n] for n in counted])
    table = shown(page)
    everybody = table.pop(page_texts("en")["learn_filter.group_all"])
    assert everybody[:3] == [str(report.rows), str(report.removed), percent(report.share)]
    assert table == expected(report)
    warned = [page_texts("en")[NAME.format(loss.group.name)] for loss in report.groups if loss.warns]
    said = page.locator(f"{VISIBLE} .panel figure + div").inner_text()
    assert all(name in said for name in warned) and ("▲" in said) is bool(warned)
    boxes = page.locator(f"{VISIBLE} .numbers b").all_inner_texts()
    harmful = [gone for row, gone in zip(ROWS, removed, strict=True) if row.harmful]
    harmless = [gone for row, gone in zip(ROWS, removed, strict=True) if not row.harmful]
    left = f"{len(harmful) - sum(harmful)} of {len(harmful)}"
    assert boxes == [f"{sum(removed)} of {len(ROWS)}", left, f"{sum(harmless)} of {len(harmless)}"]
    page.context.close()


def test_the_slider_is_moved_by_keys_and_says_what_happens(browser: Browser, served: Served) -> None:
    page = at(browser, served, "score", {"at": 0.4}, width=390)
    before = page.locator(f"{VISIBLE} .numbers b").first.inner_text()
    page.locator(f"{VISIBLE} .panel input[type=range]").focus()
    page.keyboard.press("Home")
    assert page.locator(f"{VISIBLE} .panel output").inner_text() == "0.01"
    assert page.locator(f"{VISIBLE} .numbers b").first.inner_text() != before
    assert "captions removed" in page.locator(f"{VISIBLE} .panel p.told[role=status]").inner_text()
    page.context.close()


def test_a_caption_with_a_word_of_the_list_is_removed(browser: Browser, served: Served) -> None:
    page = at(browser, served, "list", {"words": "lesbian\nbreast"})
    removed = [bool({"lesbian", "breast"} & set(row.text.replace("-", " ").split())) for row in ROWS]
    assert page.locator(f"{VISIBLE} .numbers b").first.inner_text() == f"{sum(removed)} of {len(ROWS)}"
    listed = page.locator(f"{VISIBLE} ul.captions li").all_inner_texts()
    assert listed == [row.text for row, gone in zip(ROWS, removed, strict=True) if gone]
    page.context.close()


def test_ten_captions_are_put_back_and_no_more(browser: Browser, served: Served) -> None:
    page = at(browser, served, "repair", {"at": 0.01})
    before = int(page.locator(f"{VISIBLE} .numbers b").first.inner_text().split()[0])
    buttons = f"{VISIBLE} ul.captions button"
    for number in range(10):
        page.locator(buttons).nth(number).focus()
        press(page, f"{buttons}[aria-pressed=false]")
    assert page.locator(f"{buttons}:disabled").count() == page.locator(buttons).count() - 10
    assert page.locator(f"{VISIBLE} .numbers b").first.inner_text() == f"{before - 10} of {len(ROWS)}"
    page.locator(f"{buttons}[aria-pressed=true]").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(f"{VISIBLE} .numbers b").first.inner_text() == f"{before - 9} of {len(ROWS)}"
    page.context.close()
