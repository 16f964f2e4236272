"""The form for people who are depicted over raw HTTP: what a page would not send, and whose answers are whose."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from safety.generation import Delivered, GenerationRequest
from safety.review.notices import NoticeRequest
from safety.review.service import ReviewSettings
from tests.ui.conftest import Served
from tests.ui.web.servers import PASSWORD, serving
from ui.web.person import Persons

pytestmark = pytest.mark.slow

FORM = {
    "reason": "other",
    "statement": "It shows me at a place <b>where</b> I have never been.",
    "name": "Ada",
    "contact": "ada@example.org",
    "stamp": "0" * 16,
    "good_faith": "yes",
}


@pytest.fixture(scope="module")
def noticed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = ReviewSettings(PASSWORD, proxies=("127.0.0.1",))
    with serving(tmp_path_factory.mktemp("form"), settings, uploads={"megabytes": 1}) as served:
        yield served


def send(served: Served, address: str = "192.0.2.1", query: str = "", **change: Any) -> httpx.Response:
    """Sends the form from an address; `file` is that of the picture."""
    form = {**FORM, **change}
    file = form.pop("file", None)
    files = {"file": ("a.png", file, "image/png")} if file is not None else None
    headers = {"X-Forwarded-For": address}
    return httpx.post(f"{served.url}/report{query}", data=form, files=files, headers=headers)


def test_the_page_has_no_script_and_needs_none(noticed: Served) -> None:
    page = httpx.get(f"{noticed.url}/report")
    assert page.status_code == 200 and "<script" not in page.text and "set-cookie" not in page.headers
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "form-action 'self'" in policy
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("tag", ["de", "en", "es", "fr", "ja"])
def test_it_is_told_in_five_languages_problems_too(noticed: Served, tag: str) -> None:
    assert f'<html lang="{tag}">' in httpx.get(f"{noticed.url}/report?language={tag}").text
    answer = send(noticed, query=f"?language={tag}", name="")
    assert answer.status_code == 400 and f'<html lang="{tag}">' in answer.text
    assert ("Fill in name and contact" in answer.text) is (tag == "en")


def receipt_of(page: httpx.Response) -> str:
    found = re.search(r'class="receipt"><code>([0-9A-Z-]+)<', page.text)
    assert found, page.text
    return found[1]


def in_language(served: Served, tag: str, **form: str) -> httpx.Response:
    """Presses the button of a language: sends a form as it stands."""
    return httpx.post(f"{served.url}/report/language?language={tag}", data=form)


def test_another_language_keeps_what_was_written(noticed: Served) -> None:
    page = in_language(noticed, "de", **{**FORM, "file": "holiday.png"})
    assert page.status_code == 200 and '<html lang="de">' in page.text and "<b>where</b>" not in page.text
    for kept in (
        "&lt;b&gt;where&lt;/b&gt;",
        'value="ada@example.org"',
        'value="other" required checked',
        "noch einmal",
    ):
        assert kept in page.text
    assert "noch einmal aus" not in in_language(noticed, "de", **FORM).text and "4.000" in page.text


def test_another_language_keeps_the_receipt_and_an_address_to_come_back_to(noticed: Served) -> None:
    sent = send(noticed, "192.0.2.60", reason="intimate")
    receipt = receipt_of(sent)
    assert f"<code>{noticed.url}/report</code>" in sent.text
    for shown in ("sent", "status"):
        page = in_language(noticed, "fr", shown=shown, receipt=receipt, about="intimate")
        assert page.status_code == 200 and '<html lang="fr">' in page.text and f'value="{receipt}"' in page.text
    again = in_language(noticed, "fr", shown="sent", receipt=receipt)
    assert receipt_of(again) == receipt and f"<code>{noticed.url}/report</code>" in again.text
    alone = in_language(noticed, "fr", shown="sent_alone", receipt=receipt)
    assert "seule l’empreinte est gardée" in alone.text and "seule l’empreinte" not in again.text
    wrong = in_language(noticed, "fr", shown="sent", receipt="AAAAA")
    assert wrong.status_code == 400 and 'value="AAAAA"' in wrong.text


@pytest.mark.parametrize(("reason", "helped"), [("intimate", True), ("minor", True), ("deceptive", False)])
def test_whoever_may_need_help_is_told_where_it_is(noticed: Served, reason: str, helped: bool) -> None:
    assert ('<aside class="sl-help"' in send(noticed, f"192.0.2.{70 + len(reason)}", reason=reason).text) is helped


def test_a_time_is_in_utc_to_the_minute_and_one_script_of_ours_adds_the_readers_own(noticed: Served) -> None:
    page = send(noticed, "192.0.2.62")
    times = re.findall(r'<time datetime="([^"]+)"[^>]*>([^<]+)</time>', page.text)
    assert times and all(re.fullmatch(r"[-0-9]{10}T[0-9]{2}:[0-9]{2}Z", machine) for machine, _ in times)
    assert all(re.fullmatch(r"[-0-9]{10} [0-9]{2}:[0-9]{2} UTC", read) for _, read in times)
    (script,) = re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert page.headers["content-security-policy"].endswith(f"script-src 'sha256-{digest}'")


def test_what_was_written_stands_in_the_form_again_and_is_escaped(noticed: Served) -> None:
    answer = send(noticed, name="")
    assert "&lt;b&gt;where&lt;/b&gt;" in answer.text and "<b>where</b>" not in answer.text
    assert 'value="ada@example.org"' in answer.text and 'value="other" required checked' in answer.text


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"file": b"no picture"}, 400, "no picture that can be read"),
        ({"file": b"x" * 2_000_000}, 413, "too large"),
        ({"statement": "y" * 400_000}, 400, "own words"),
        ({"stamp": "zz"}, 400, "no stamp"),
        ({f"more{number}": "x" for number in range(40)} | {"file": b""}, 400, "did not arrive whole"),
    ],
    ids=["no picture", "too large", "a long statement", "no stamp", "too many fields"],
)
def test_a_form_that_cannot_be_taken_is_answered_with_a_sentence(
    noticed: Served, change: dict[str, Any], status: int, words: str
) -> None:
    answer = send(noticed, **change)
    assert answer.status_code == status and words in answer.text, answer.text[-400:]


def test_a_file_that_is_too_large_is_refused_in_the_language_of_its_sender(noticed: Served) -> None:
    answer = send(noticed, query="?language=de", file=b"x" * 2_000_000)
    assert answer.status_code == 413 and "höchstens 1 MB" in answer.text


def test_a_name_is_no_file(noticed: Served) -> None:
    answer = httpx.post(f"{noticed.url}/report", data={**FORM, "stamp": "", "file": "/etc/passwd"})
    assert answer.status_code == 400 and "which picture it is" in answer.text


def test_a_form_of_another_site_does_not_count(noticed: Served) -> None:
    answer = httpx.post(f"{noticed.url}/report", data=FORM, headers={"Origin": "http://evil.test"})
    assert answer.status_code == 403


def test_whether_a_picture_was_made_here_does_not_show(noticed: Served) -> None:
    """Two notices, one about a stamp that nobody made: all that differs is the receipt, and a nonce."""
    answers = [send(noticed, "192.0.2.9", stamp=stamp) for stamp in ("0" * 16, "1" * 16)]
    assert [one.status_code for one in answers] == [201, 201]
    receipt, nonce = r"[0-9A-Z]{5}(-[0-9A-Z]{5}){3}", r' nonce="[\w-]+"'
    plain = {re.sub(nonce, "", re.sub(receipt, "RECEIPT", one.text)) for one in answers}
    assert len(plain) == 1


def test_one_address_is_stopped_and_another_one_is_not(noticed: Served) -> None:
    said = [send(noticed, "192.0.2.44") for _ in range(6)]
    assert [one.status_code for one in said] == [201] * 5 + [429]
    assert int(said[-1].headers["retry-after"]) > 0 and "wait for a reviewer" in said[-1].text
    assert send(noticed, "192.0.2.45").status_code == 201


def test_a_removed_picture_is_shown_to_its_maker_alone(noticed: Served) -> None:
    studio = noticed.studio
    with httpx.Client(base_url=noticed.url) as mine, httpx.Client(base_url=noticed.url) as other:
        for browser in (mine, other):
            browser.get("/")
        outcome = httpx.get(f"{noticed.url}/report/removed")
        assert "No picture of yours" in outcome.text
        person = Persons(mine, studio.person_secret).read(mine.cookies["safelight_person"])  # type: ignore[arg-type]
        made = studio.create(GenerationRequest("a red apple", seed=1, width=256, height=256, steps=1), person=person)
        assert isinstance(made, Delivered) and made.pictures[0].export
        stamp = str(made.pictures[0].export.stamp)
        asked = NoticeRequest("other", "It shows me where I never was.", "Ada", "a@b.c", stamp=stamp, good_faith=True)
        notices, decisions = studio.review.notices, studio.review.notice_decisions
        notices.submit(asked, notices.named_picture(asked))
        (case,) = [one.case_id for one in decisions.queue() if one.stamp == stamp]
        decisions.decide(case, "removed", "You are right about it.", "Grace", "Somebody depicted asked for it.")
        assert stamp in mine.get("/report/removed").text and "Ada" not in mine.get("/report/removed").text
        assert stamp not in other.get("/report/removed").text
        answer = {"stamp": stamp, "answer": "It is a figure that I made up."}
        assert other.post("/report/removed", data=answer).status_code == 400
        assert mine.post("/report/removed", data=answer).status_code == 303
        assert mine.post("/report/removed", data=answer).status_code == 400


def test_nothing_else_is_below_the_address(noticed: Served) -> None:
    assert httpx.get(f"{noticed.url}/report/all").status_code == 404
