"""A removed picture over raw HTTP: the page's own copies, and what a reviewer ticks and is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from engines.testing import FakeEngine
from safety.generation import Export, GenerationRequest
from safety.review import removals
from safety.review.notices import NoticeRequest
from safety.review.service import ReviewSettings
from tests.fakes import fake_studio
from tests.fakes_marks import photograph
from tests.safety.review.conftest import SMALL
from tests.safety.review.test_notices import KnowingExporter
from tests.ui.conftest import Served
from tests.ui.web.servers import PASSWORD, serving

pytestmark = pytest.mark.slow
REASON, TOLD = "You are right: it is you, and it never happened.", "Somebody who is depicted has asked for it."


class Twins(FakeEngine):
    """Makes the same photograph for two seeds each."""

    def generate(self, request: Any, seeds: Any, *arguments: Any, **options: Any) -> Any:
        generation = super().generate(request, seeds, *arguments, **options)
        pictures = tuple(replace(one, image=photograph(one.seed // 2, 256, 256)) for one in generation.pictures)
        return replace(generation, pictures=pictures)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("removed")
    with serving(home, ReviewSettings(PASSWORD), engine=Twins(), exporter=KnowingExporter()) as served:
        yield served


@pytest.fixture
def reviewer(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, follow_redirects=True) as client:
        client.post("/review/login", data={"name": "Grace", "password": PASSWORD})
        yield client


def made(served: Served, seed: int, person: str = "") -> Export:
    outcome = served.studio.create(GenerationRequest("a red apple", seed=seed, **SMALL), person=person)
    export = outcome.pictures[0].export  # type: ignore[union-attr]
    assert export
    return export


def noticed(served: Served, stamp: object) -> str:
    asked = NoticeRequest("other", "It shows me where I never was.", "Ada", "a@b.c", stamp=str(stamp), good_faith=True)
    notices = served.studio.review.notices
    notices.submit(asked, notices.named_picture(asked))
    return [one.case_id for one in served.studio.review.notice_decisions.queue() if one.stamp == str(stamp)][-1]


def decide(reviewer: httpx.Client, case: str, what: str = "decide", **form: str) -> httpx.Response:
    page = reviewer.get(f"/review/notice/{case}").text
    (key, *_) = re.findall(r'name="form_key" value="([^"]+)"', page)
    return reviewer.post(f"/review/notice/{case}/{what}", data={"form_key": key, **form})


def copy_of(served: Served, export: Export) -> str:
    from ui.web.picture_slot import hand_over

    return f"{served.url}/gradio_api/file={hand_over(export.path)}"


def test_a_copy_of_the_page_is_not_served_once_another_process_has_removed_the_picture(served: Served) -> None:
    export = made(served, 0)
    address = copy_of(served, export)
    assert httpx.get(address).status_code == 200
    home = served.studio.outputs.parent
    beside = fake_studio(home, Twins(), KnowingExporter())
    case = noticed(replace(served, studio=beside), export.stamp)
    beside.review.notice_decisions.decide(case, "removed", REASON, "Grace", TOLD)
    beside.audit.close()
    assert Path(address.partition("file=")[2]).exists()
    gone = httpx.get(address)
    assert gone.status_code == 404 and "removed here after a notice" in gone.text
    assert not Path(address.partition("file=")[2]).exists()
    assert httpx.head(address).status_code == 404


def test_the_reviewer_sees_near_copies_and_only_the_ticked_ones_go(served: Served, reviewer: httpx.Client) -> None:
    export, ticked, left = made(served, 10), made(served, 11, "cookie:b"), made(served, 10, "cookie:c")
    case = noticed(served, export.stamp)
    page = reviewer.get(f"/review/notice/{case}").text
    boxes = re.findall(r'name="copy_([0-9a-f]{16})" value="yes" form="decide"( checked)?', page)
    assert dict(boxes) == {str(ticked.stamp): " checked", str(left.stamp): " checked"}
    assert page.count('class="veiled"') == 3 and "2 near-copies here" in page
    form = {"outcome": "removed", "reason": REASON, "maker_reason": TOLD, f"copy_{ticked.stamp}": "yes"}
    queue = decide(reviewer, case, **form)
    assert not export.path.exists() and not ticked.path.exists() and left.path.exists()
    # Decided notices stand below.
    assert f'href="/review/notice/{case}"' in queue.text.partition("<h2>Decided</h2>")[2]
    later = reviewer.get(f"/review/notice/{case}").text
    assert "still here" in later and f"copy_{left.stamp}" in later
    decide(reviewer, case, "copies", **{f"copy_{left.stamp}": "yes"})
    assert not left.path.exists()


def test_the_reviewer_is_told_of_a_file_that_cannot_be_deleted(
    served: Served, reviewer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = made(served, 20)
    case = noticed(served, export.stamp)
    with monkeypatch.context() as patched:
        patched.setattr(removals, "delete_thumbnails", fails)
        form = {"outcome": "removed", "reason": REASON, "maker_reason": TOLD}
        assert "cannot be deleted yet" in decide(reviewer, case, **form).text
        assert "cannot be deleted yet" in reviewer.get(f"/review/notice/{case}").text
    served.studio.purge()
    assert "cannot be deleted yet" not in reviewer.get("/review").text


def fails(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_second_notice_is_told_to_be_about_a_picture_that_is_gone(served: Served, reviewer: httpx.Client) -> None:
    export = made(served, 30)
    first = noticed(served, export.stamp)
    decide(reviewer, first, outcome="removed", reason=REASON, maker_reason=TOLD)
    second = noticed(served, export.stamp)
    page = reviewer.get(f"/review/notice/{second}").text
    assert "gone already" in page and f'href="/review/notice/{first}"' in page


def test_both_makers_are_told_and_can_answer(served: Served, reviewer: httpx.Client) -> None:
    own, near = made(served, 40, "cookie:own"), made(served, 41, "cookie:near")
    case = noticed(served, own.stamp)
    form = {"outcome": "removed", "reason": REASON, "maker_reason": TOLD, f"copy_{near.stamp}": "yes"}
    decide(reviewer, case, **form)
    notices = served.studio.review.notices
    for person, export in (("cookie:own", own), ("cookie:near", near)):
        notices.answer(person, str(export.stamp), f"It is a figure that I made up, {person}.")
    page = reviewer.get(f"/review/notice/{case}").text
    assert "made up, cookie:own" in page and "made up, cookie:near" in page
    assert f"The maker of {near.stamp} answers" in page
    decide(reviewer, case, "answer", outcome="upheld", reason="It shows the person all the same.")
    assert {one.state for one in (*notices.removed("cookie:own"), *notices.removed("cookie:near"))} == {"upheld"}
