"""Feedback over HTTP: with a key and a person's consent, within limits, shown and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from safety.review.service import ReviewSettings
from studio.api_keys import ApiKeys
from tests.fakes import fake_review, fake_studio, limits
from ui.http.access import Access
from ui.http.application import make_app

FEEDBACK = "/v1/safety/feedback"
SECRET = b"a secret of 32 bytes for testing"
PROMPT = "a red apple"


class Shop:
    """A studio over HTTP with two keys, each of a program with many people."""

    def __init__(self, home: Path, feedback: bool = True, **table: Any) -> None:
        studio = fake_studio(home)
        review = fake_review(studio.audit, home, limits(**table), ReviewSettings(feedback=feedback))
        self.studio = replace(studio, review=review)
        keys = ApiKeys(home / "keys")
        self.app = make_app(self.studio, Access(keys, open_here=False), SECRET)
        self.one, self.other, self.stranger = (self._client(keys, name) for name in ("one", "other", ""))

    def _client(self, keys: ApiKeys, name: str) -> TestClient:
        bearer = {"Authorization": f"Bearer {keys.make(name)[1]}"} if name else {}
        return TestClient(self.app, client=("203.0.113.9", 5000), headers=bearer, raise_server_exceptions=False)

    def draw(self, client: TestClient) -> list[str]:
        """Returns the stamps of two pictures."""
        answer = client.post("/v1/images/generations", json={"prompt": PROMPT, "n": 2, "size": "512x512"})
        return [row["safety"]["stamp"] for row in answer.json()["data"]]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    assert shop.studio.audit.verify() == []
    shop.studio.audit.close()


def test_a_rating_a_choice_and_a_refusal_are_kept_shown_and_taken_back(shop: Shop) -> None:
    one, other = shop.draw(shop.one)
    refused = shop.one.post("/v1/images/generations", json={"prompt": "gore"}).json()["error"]["safety"]["case"]
    ada: dict[str, Any] = {"person": "ada", "consent": True}
    given = [
        {"stamp": one, "prompt": PROMPT, "rating": "down", "reasons": ["too_much"]},
        {"chosen": one, "rejected": other, "prompt": PROMPT},
        {"case": refused, "prompt": "gore"},
    ]
    for body in given:
        answer = shop.one.post(FEEDBACK, json=ada | body)
        assert answer.status_code == 201, answer.text
    kinds = [row["kind"] for row in shop.one.post(f"{FEEDBACK}/given", json={"person": "ada"}).json()["feedback"]]
    assert kinds == ["rating", "choice", "refusal"]
    assert shop.other.post(f"{FEEDBACK}/given", json={"person": "ada"}).json() == {"feedback": []}
    assert shop.one.post(f"{FEEDBACK}/withdraw", json={"person": "ada"}).json() == {"erased": 3}
    assert shop.one.post(f"{FEEDBACK}/given", json={"person": "ada"}).json() == {"feedback": []}


def test_without_consent_a_key_or_a_picture_of_ones_own_nothing_is_kept(shop: Shop) -> None:
    stamp = shop.draw(shop.one)[0]
    body = {"stamp": stamp, "prompt": PROMPT, "rating": "up"}
    assert shop.stranger.post(FEEDBACK, json=body | {"consent": True}).status_code == 401
    missing = shop.one.post(FEEDBACK, json=body)
    assert missing.status_code == 400 and missing.json()["loc"] == ["consent"]
    theirs = shop.other.post(FEEDBACK, json=body | {"consent": True})
    assert theirs.status_code == 400 and "own library" in theirs.json()["detail"]
    assert shop.one.post(f"{FEEDBACK}/given", json={}).json() == {"feedback": []}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"stamp": "0" * 16, "case": "0" * 12, "rating": "up"},
        {"chosen": "0" * 16, "case": "0" * 12},
        {"stamp": "0" * 16},
        {"stamp": "0" * 16, "rating": "five stars"},
        {"case": "0" * 12},
    ],
    ids=["nothing", "two things", "half a pair and a case", "no rating", "an unknown rating", "an unknown case"],
)
def test_a_wrong_call_is_told_in_a_sentence(shop: Shop, body: dict[str, Any]) -> None:
    answer = shop.one.post(FEEDBACK, json={"prompt": PROMPT, "consent": True, **body})
    assert answer.status_code == 400 and answer.json()["detail"].endswith(".")


def test_where_the_operator_takes_none_it_says_so(tmp_path: Path) -> None:
    shop = Shop(tmp_path, feedback=False)
    body = {"stamp": shop.draw(shop.one)[0], "prompt": PROMPT, "rating": "up", "consent": True}
    answer = shop.one.post(FEEDBACK, json=body)
    assert answer.status_code == 400 and "takes no feedback" in answer.json()["detail"]
    shop.studio.audit.close()


def test_one_key_gives_so_much_in_an_hour(tmp_path: Path) -> None:
    shop = Shop(tmp_path, hour={"feedback": 1})
    statuses = []
    for stamp in shop.draw(shop.one):
        body = {"stamp": stamp, "prompt": PROMPT, "rating": "up", "consent": True}
        statuses.append(shop.one.post(FEEDBACK, json=body).status_code)
    assert statuses == [201, 429]
    shop.studio.audit.close()


@pytest.mark.parametrize("consent", ["yes", "true", 1], ids=str)
def test_nothing_but_true_is_consent(shop: Shop, consent: Any) -> None:
    body = {"stamp": shop.draw(shop.one)[0], "prompt": PROMPT, "rating": "up", "person": "ada", "consent": consent}
    answer = shop.one.post(FEEDBACK, json=body)
    assert answer.status_code == 400 and "consent" in answer.text
    assert shop.one.post(f"{FEEDBACK}/given", json={"person": "ada"}).json() == {"feedback": []}
