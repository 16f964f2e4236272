"""The operator's command `notices`: list, show, decide, export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from safety.review.notices import NotedPicture, NoticeRequest
from studio import Studio
from tests.fakes_marks import photograph
from tests.ui.cli import test_main
from tests.ui.cli.test_main import Result

home, studio, run = test_main.home, test_main.studio, test_main.run
Run = Callable[..., Result]
REASON = "It is you, and it never happened."
ASKED = NoticeRequest("other", "It shows me at a place where I have never been.", "Ada", "ada@example.org")


def noticed(studio: Studio) -> str:
    asked = replace(ASKED, good_faith=True)
    studio.review.notices.submit(asked, NotedPicture("file", None, photograph(2, 256, 256), keep=True))
    return studio.review.notice_decisions.queue()[-1].case_id


def test_list_and_show_tell_what_waits_and_nothing_of_the_receipt(run: Run, studio: Studio, tmp_path: Path) -> None:
    assert (run("notices", "list").code, run("notices", "list").out) == (0, "")
    case = noticed(studio)
    (row,) = run("notices", "list").rows
    assert (row["case"], row["state"], row["reason"]) == (case, "waiting", "other") and "receipt" not in row
    shown = run("notices", "show", case).row
    assert (shown["words"]["name"], shown["pictures"], shown["state"]["given"]) == ("Ada", 1, "file")
    assert "receipt" not in shown["state"]
    assert run("notices", "show", case, "--picture", str(tmp_path / "seen.png")).code == 0
    with Image.open(tmp_path / "seen.png") as seen:
        assert seen.size == (256, 256)
    assert "picture_seen" in [one["event"] for one in studio.audit.show(case)]


def test_a_removal_is_upheld_or_lifted_and_what_happened_is_exported(run: Run, studio: Studio) -> None:
    case, other = noticed(studio), noticed(studio)
    lacking = run("notices", "remove", case, "--reason", REASON)
    assert lacking.code == 2 and "Say to the maker of the picture why it was removed" in lacking.err
    done = run("notices", "remove", case, "--reason", REASON, "--to-maker", REASON).row
    assert done == {"case": case, "state": "removed", "blocked": True, "pictures": 0, "undeleted": 0}
    assert run("notices", "reject", other, "--reason", REASON).row["state"] == "rejected"
    assert run("notices", "uphold", case, "--reason", REASON).code != 0
    assert not studio.look(photograph(2, 256, 256), "general").allowed
    assert run("notices", "lift", case, "--reason", REASON).row == {"case": case, "state": "lifted", "blocked": False}
    assert run("notices", "lift", case, "--reason", REASON).code != 0
    assert studio.look(photograph(2, 256, 256), "general").allowed
    rows = {row["case"]: row for row in run("notices", "export").rows}
    assert (rows[case]["state"], rows[other]["state"], rows[case]["late"]) == ("lifted", "rejected", False)
    assert "words" not in rows[case] and "Ada" not in str(rows)
    (kept, _) = run("notices", "export", "--words", "--from", "2020-01-01").rows
    assert kept["words"]["notice"]["name"] == "Ada" and "descriptor" not in kept["words"]["notice"]
    assert run("notices", "export", "--to", "2020-01-01").rows == []


@pytest.mark.parametrize(
    ("days", "named"),
    [
        (("--from", "yesterday"), "--from is 'yesterday'"),
        (("--from", "2026-99-99"), "--from is '2026-99-99'"),
        (("--to", "2026-02-30"), "--to is '2026-02-30'"),
        (("--from", "2026-11-02", "--to", "2026-11-01"), "--to 2026-11-01 is before --from 2026-11-02"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_days_that_cannot_be_are_said(run: Run, days: tuple[str, ...], named: str) -> None:
    result = run("notices", "export", *days)
    assert result.code == 2 and result.rows == []
    result.says(named)
