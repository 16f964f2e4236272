"""What somebody reads who has sent a notice: its receipt, and truly what is kept of a file."""

from __future__ import annotations

import pytest

from safety.policy.model import load_policy
from safety.resources import PRESETS
from safety.review.notices import NoticeStatus, SentNotice
from safety.review.retention import load_retention
from ui.html.notice_form import NoticePages
from ui.texts import page_texts

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
