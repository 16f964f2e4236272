"""Pages for everybody: the policy in force in each language, the small pictures, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from safety.policy.added_category import AddedCategory
from tests.fakes import fake_studio
from ui.web.public_site import PublicSite


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(PublicSite(Starlette(), fake_studio(tmp_path)))


def test_the_policy_page_tells_every_category_with_both_sides(client: TestClient) -> None:
    answer = client.get("/policy")
    assert answer.status_code == 200
    for name in ("child_safety", "violence", "deception", "stereotype"):
        assert f'id="{name}"' in answer.text
    assert "two knights fencing" in answer.text
    assert "a bloody massacre" in answer.text
    assert "for 30 days" in answer.text and "Signed credentials of finished pictures are kept" in answer.text


def test_the_policy_page_tells_a_category_that_the_operator_has_added(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    facts = {"name": "gambling", "number": 1, "title": "Betting & casinos", "sentence": "None here.", "level": "warn"}
    more = {"digest": "1" * 64, "check": "category gambling", "examples": ("a golden <chip>",)}
    policy = studio.policy.with_categories([AddedCategory.model_validate({**facts, **more})])
    text = TestClient(PublicSite(Starlette(), replace(studio, policy=policy))).get("/policy").text
    assert 'id="gambling"' in text and "Betting &amp; casinos <code>801</code>" in text
    assert "a golden &lt;chip&gt;" in text and "<chip>" not in text


@pytest.mark.parametrize(
    ("path", "accept", "language"),
    [
        pytest.param("/policy?language=de", "en", "de", id="asked"),
        pytest.param("/policy", "de-AT,de;q=0.9", "de", id="browser"),
        pytest.param("/policy", "es-MX,es;q=0.9", "es", id="Spanish"),
        pytest.param("/policy", "fr-CA,fr;q=0.9", "fr", id="French"),
        pytest.param("/policy", "ja,en-US;q=0.9", "ja", id="Japanese"),
        pytest.param("/policy?language=<script>", "en", "en", id="nonsense"),
    ],
)
def test_the_policy_page_speaks_the_readers_language(client: TestClient, path: str, accept: str, language: str) -> None:
    text = client.get(path, headers={"Accept-Language": accept}).text
    assert f'<html lang="{language}' in text
    assert ("Gewalt" in text) is (language == "de")
    assert ("Violencia" in text) is (language == "es")
    assert ("Violence explicite" in text) is (language == "fr")
    assert ("暴力" in text) is (language == "ja")
    assert "<script" not in text


def test_the_policy_page_runs_nothing_and_stands_in_no_frame(client: TestClient) -> None:
    policy = client.get("/policy").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("name", ["watercolour.webp", "sample.webp"])
def test_a_picture_is_webp_and_may_be_kept_for_a_day(client: TestClient, name: str) -> None:
    answer = client.get(f"/style-pictures/{name}")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "max-age=86400"
    assert answer.content[8:12] == b"WEBP"


@pytest.mark.parametrize("name", ["nothing.webp", "..%2Flogo.svg", "%2E%2E%2Flogo.svg", "app.css", "UPPER.webp"])
def test_there_is_nothing_else(client: TestClient, name: str) -> None:
    assert client.get(f"/style-pictures/{name}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_sent_there(client: TestClient, method: str) -> None:
    assert client.request(method, "/policy").status_code == 405
