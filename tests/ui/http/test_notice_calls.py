"""Notices over HTTP: without a key, from anywhere, within limits; what waits is among the figures."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageOps

from safety.generation import Delivered, GenerationRequest
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.review import removals
from safety.review.notices import NoticeRequest
from studio import Studio
from studio.api_keys import SCOPES, ApiKeys
from tests.fakes import fake_studio
from tests.fakes_marks import file_of, photograph
from ui.http.access import Access
from ui.http.application import make_app

NOTICES, STATUS = "/v1/safety/notices", "/v1/safety/notices/status"
BODY: dict[str, Any] = {
    "reason": "deceptive",
    "statement": "It shows me at a place where I have never been.",
    "name": "Ada",
    "contact": "ada@example.org",
    "good_faith": True,
}
REASON = "It is you, and it never happened."


class Office:
    """A studio over HTTP, and somebody far away without a key."""

    def __init__(self, home: Path) -> None:
        self.later = timedelta()
        studio = fake_studio(home, exporter=Exporter(Marks(home / "keys")))
        decisions = replace(studio.review.notice_decisions, now=lambda: datetime.now(UTC) + self.later)
        self.studio = replace(studio, review=replace(studio.review, notice_decisions=decisions))
        keys = ApiKeys(home / "keys")
        app = make_app(self.studio, Access(keys, open_here=False), b"a secret of 32 bytes for testing")
        self.anybody = TestClient(app, client=("203.0.113.9", 5000), raise_server_exceptions=False)
        bearer = {"Authorization": f"Bearer {keys.make('everything', tuple(SCOPES))[1]}"}
        self.operator = TestClient(app, client=("203.0.113.1", 5000), headers=bearer, raise_server_exceptions=False)

    def figure(self, name: str) -> float:
        lines = self.operator.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    assert office.studio.audit.verify() == []
    office.studio.audit.close()


def test_a_file_is_sent_without_a_key_and_its_copies_are_withheld_once_it_is_removed(office: Office) -> None:
    image = photograph(3, 256, 256)
    picture = base64.b64encode(file_of(image)).decode()
    sent = office.anybody.post(NOTICES, json=BODY | {"picture": f"data:image/png;base64,{picture}"})
    assert sent.status_code == 201, sent.text
    decisions = office.studio.review.notice_decisions
    (waiting,) = decisions.queue()
    assert len(decisions.case(waiting.case_id).pictures) == 1
    decisions.decide(waiting.case_id, "removed", REASON, "Grace", REASON)
    status = office.anybody.post(STATUS, json={"receipt": sent.json()["receipt"]}).json()
    assert (status["state"], status["reason"], status["blocks"]) == ("removed", REASON, True)
    mirrored = file_of(ImageOps.mirror(image), "JPEG", quality=70)
    looked = office.operator.post("/v1/safety/look", content=mirrored, headers={"content-type": "image/jpeg"}).json()
    assert looked["verdict"] == "BLOCK" and "removed here" in looked["reasons"][0]["text"]
    marked = office.operator.post("/v1/safety/mark", content=mirrored, headers={"content-type": "image/jpeg"})
    assert marked.status_code == 400 and "removed here" in marked.json()["detail"]


def test_with_the_picture_its_kept_credentials_go(office: Office) -> None:
    made = office.studio.create(GenerationRequest("a red apple", seed=7, width=256, height=256, steps=1))
    assert isinstance(made, Delivered) and made.pictures[0].export
    stamp = str(made.pictures[0].export.stamp)

    def kept() -> bool:
        with office.studio.audit.read_transaction() as reader:
            return reader.manifests.of_stamp(stamp) is not None

    assert kept() and office.anybody.post(NOTICES, json=BODY | {"stamp": stamp}).status_code == 201
    decisions = office.studio.review.notice_decisions
    assert decisions.decide(decisions.queue()[0].case_id, "removed", REASON, "Grace", REASON).pictures == 1
    assert not kept() and not made.pictures[0].export.path.exists()


def test_a_picture_of_ours_with_another_one_pasted_in_is_looked_at_as_it_was_sent(
    office: Office, tmp_path: Path
) -> None:
    export = office.studio.mark(photograph(5), tmp_path / "ours.png")
    mixed = photograph(5)
    with Image.open(export.path) as ours:
        mixed.paste(ours)
    mixed.paste(photograph(6, 512, 300), (0, 0))
    for image, target in ((mixed, ""), (ImageOps.mirror(Image.open(export.path).convert("RGB")), str(export.stamp))):
        picture = base64.b64encode(file_of(image, "JPEG", quality=80)).decode()
        assert office.anybody.post(NOTICES, json=BODY | {"picture": picture}).status_code == 201
        waiting = office.studio.review.notice_decisions.queue()[-1]
        assert waiting.stamp == target


def test_of_a_minor_or_behind_a_hard_line_no_file_is_kept_and_the_copy_is_blocked_all_the_same(office: Office) -> None:
    image = photograph(4, 256, 256)
    picture = base64.b64encode(file_of(image)).decode()
    assert office.anybody.post(NOTICES, json=BODY | {"reason": "minor", "picture": picture}).status_code == 201
    decisions = office.studio.review.notice_decisions
    (waiting,) = decisions.queue()
    assert decisions.case(waiting.case_id).pictures == ()
    decisions.decide(waiting.case_id, "removed", REASON, "Grace", REASON)
    assert not office.studio.look(image.rotate(90), "general").allowed


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"reason": "ugly"}, "reason"),
        ({"statement": "Mine."}, "own words"),
        ({"stamp": "zzz"}, "no stamp"),
        ({"picture": "%%%"}, "no base64"),
        ({"picture": base64.b64encode(b"no picture").decode()}, "no picture"),
        ({"good_faith": False}, "your word"),
        ({"colour": 1}, "colour"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(office: Office, change: dict[str, Any], detail: str) -> None:
    answer = office.anybody.post(NOTICES, json={**BODY, "stamp": "0" * 16, **change})
    assert answer.status_code == 400 and detail in answer.json()["detail"], answer.text


def test_an_unknown_receipt_is_told_nothing(office: Office) -> None:
    assert office.anybody.post(STATUS, json={"receipt": "0" * 20}).status_code == 400


def test_one_address_is_stopped_with_the_time_to_wait(office: Office) -> None:
    said = [office.anybody.post(NOTICES, json=BODY | {"stamp": "0" * 16}) for _ in range(6)]
    assert [one.status_code for one in said] == [201] * 5 + [429] and int(said[-1].headers["retry-after"]) > 0


def test_the_clock_past_48_hours_is_among_the_figures(office: Office) -> None:
    assert office.figure("safelight_notices_waiting") == 0
    office.anybody.post(NOTICES, json=BODY | {"stamp": "0" * 16})
    assert (office.figure("safelight_notices_waiting"), office.figure("safelight_notices_overdue")) == (1, 0)
    office.later = timedelta(hours=48, minutes=1)
    assert (office.figure("safelight_notices_overdue"), office.figure("safelight_notice_oldest_seconds") > 172_800) == (
        1,
        True,
    )


def beside(office: Office) -> Studio:
    """The same studio in another process, such as the command line."""
    home = office.studio.outputs.parent
    return fake_studio(home, exporter=Exporter(Marks(home / "keys")))


def taken_away(studio: Studio, stamp: str) -> None:
    asked = NoticeRequest("other", BODY["statement"], "Ada", "ada@example.org", stamp=stamp, good_faith=True)
    studio.review.notices.submit(asked, studio.review.notices.named_picture(asked))
    studio.review.notice_decisions.decide(
        studio.review.notice_decisions.queue()[-1].case_id, "removed", REASON, "Grace", REASON
    )


@pytest.mark.parametrize("form", ["b64_json", "url"])
def test_no_kept_answer_and_no_address_gives_what_the_command_line_removed(office: Office, form: str) -> None:
    call = {"prompt": "a red apple", "size": "256x256", "response_format": form, "seed": 7, "steps": 1}
    headers = {"Idempotency-Key": "order-1"}
    first = office.operator.post("/v1/images/generations", json=call, headers=headers)
    assert first.status_code == 200, first.text
    (made,) = first.json()["data"]
    again = office.operator.post("/v1/images/generations", json=call, headers=headers)
    assert again.json() == first.json() and again.headers["idempotent-replayed"] == "true"
    taken_away(beside(office), made["safety"]["stamp"])
    after = office.operator.post("/v1/images/generations", json=call, headers=headers)
    assert "idempotent-replayed" not in after.headers and made["safety"]["stamp"] not in after.text
    if form == "url":
        assert office.anybody.get(made["url"]).status_code == 404


def test_a_marked_file_that_was_removed_is_not_answered_again(office: Office) -> None:
    headers = {"Idempotency-Key": "order-2", "content-type": "image/png"}
    data = file_of(photograph(6, 256, 256))
    first = office.operator.post("/v1/safety/mark", content=data, headers=headers)
    assert office.operator.post("/v1/safety/mark", content=data, headers=headers).content == first.content
    taken_away(beside(office), first.headers["x-safelight-stamp"])
    after = office.operator.post("/v1/safety/mark", content=data, headers=headers)
    assert after.status_code == 400 and "removed here" in after.text


def test_what_cannot_be_deleted_yet_is_not_handed_out_and_is_among_the_figures(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = {"prompt": "a red apple", "size": "256x256", "response_format": "url", "seed": 7, "steps": 1}
    (made,) = office.operator.post("/v1/images/generations", json=call).json()["data"]
    assert office.anybody.get(made["url"]).status_code == 200
    monkeypatch.setattr(removals, "delete_thumbnails", fails)
    monkeypatch.setattr(Path, "unlink", fails)
    taken_away(office.studio, made["safety"]["stamp"])
    assert office.figure("safelight_removed_files_undeleted") == 1
    assert office.anybody.get(made["url"]).status_code == 404
    monkeypatch.undo()
    office.studio.purge()
    assert office.figure("safelight_removed_files_undeleted") == 0


def fails(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")
