"""What senders and makers read of a notice: its receipt, what is kept of a file, and truly what holds now."""

from __future__ import annotations

import pytest

from safety.policy.model import load_policy
from safety.resources import PRESETS
from safety.review.notices import NoticeStatus, RemovedPicture, SentNotice
from safety.review.retention import load_retention
from ui.html.notice_form import NoticePages
from ui.texts import all_texts, page_texts

STATUS = NoticeStatus("waiting", "2026-11-29T12:00:00.000000+00:00", "2026-12-01T12:00:00.000000+00:00")


@pytest.mark.parametrize("tag", ["de", "en", "es", "fr", "ja"])
@pytest.mark.parametrize("keeps_files", [True, False], ids=["with room for copies", "without"])
def test_that_no_copy_of_a_file_is_kept_is_said_where_it_is_so(tag: str, keeps_files: bool) -> None:
    texts = page_texts(tag)
    messages = load_policy(PRESETS).messages(tag)
    page = NoticePages(texts, messages, load_retention(PRESETS), 64).sent(
        SentNotice("AAAAA-BBBBB", STATUS, keeps_files)
    )
    assert "AAAAA-BBBBB" in page and (texts["report.no_copy"] in page) is not keeps_files


TIME = "2026-11-29T10:00:00.000000+00:00"
TAGS = sorted(all_texts())


def pages(tag: str) -> NoticePages:
    return NoticePages(all_texts()[tag], load_policy(PRESETS).messages(tag), load_retention(PRESETS), 20)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize(
    ("state", "blocks", "says", "says_not"),
    [
        ("removed", True, "blocks", "blocks_not"),
        ("removed", False, "blocks_not", "blocks"),
        ("upheld", False, "blocks_not", "blocks"),
        ("lifted", False, "is_lifted_text", "blocks"),
        ("lifted", True, "blocks_other", "is_lifted_text"),
        ("rejected", False, "is_rejected_text", "blocks_not"),
    ],
)
def test_a_receipt_says_whether_near_copies_are_withheld_now(
    tag: str, state: str, blocks: bool, says: str, says_not: str
) -> None:
    texts = all_texts()[tag]
    page = pages(tag).status(NoticeStatus(state, TIME, TIME, TIME, "A reason.", blocks))
    assert texts[f"report.{says}"] in page and texts[f"report.{says_not}"] not in page


@pytest.mark.parametrize("tag", TAGS)
def test_a_receipt_says_that_the_picture_had_been_removed_before(tag: str) -> None:
    page = pages(tag).status(NoticeStatus("removed", TIME, TIME, TIME, "A reason.", True, TIME))
    before, after = all_texts()[tag]["report.earlier"].split("{time}")
    assert "2026-11-29 10:00 UTC</time>" in page and f"{before}<time" in page and f"</time>{after}" in page


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize(
    ("state", "blocks", "says"),
    [
        ("removed", True, "is_removed"),
        ("removed", False, "is_free"),
        ("contested", True, "is_contested"),
        ("upheld", True, "is_upheld"),
        ("lifted", False, "is_lifted"),
        ("lifted", True, "is_held"),
    ],
)
def test_a_maker_is_told_whether_near_copies_are_withheld_now(tag: str, state: str, blocks: bool, says: str) -> None:
    texts = all_texts()[tag]
    told = RemovedPicture("0" * 16, "c1", TIME, "other", "A reason.", state, TIME, blocks=blocks)
    page = pages(tag).removed([told], TIME)
    assert texts[f"removed.{says}"] in page and texts["removed.near"] not in page
    assert (texts["removed.is_lifted"] in page) is (says == "is_lifted")
    near = RemovedPicture("0" * 16, "c1", TIME, "other", "A reason.", state, TIME, near=True, blocks=blocks)
    assert texts["removed.near"] in pages(tag).removed([near], TIME)
