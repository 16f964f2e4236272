"""A category that the operator has added, over HTTP: the policy tells it, and prompts are judged by it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fastapi.testclient import TestClient

from safety.policy.added_category import AddedCategory
from studio.api_keys import ApiKeys
from tests.fakes import fake_studio
from tests.fakes_page import WordCheck
from tests.ui.http.test_api import HERE
from ui.http.access import Access
from ui.http.application import make_app


def test_a_category_that_the_operator_has_added_is_told_and_judged_by(tmp_path: Path) -> None:
    facts = {"name": "gambling", "number": 1, "title": "Gambling", "sentence": "None here.", "level": "block"}
    added = AddedCategory.model_validate({**facts, "digest": "1" * 64, "check": "category gambling"})
    studio = fake_studio(tmp_path)
    checks = replace(studio.checks, prompt=(WordCheck({"casino": ("gambling", 0.9)}),))
    studio = replace(studio, policy=studio.policy.with_categories([added]), checks=checks)
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys"), True), b"a secret of 32 bytes for testing")
    api = TestClient(app, client=HERE)
    told = api.get("/v1/safety/policy").json()
    assert told["added"] == [
        {"category": "gambling", "title": "Gambling", "sentence": "None here.", "code": 801, "clause": "8.1"}
        | {"level": "block"}
    ]
    assert told["limits"]["art"]["prompt"]["gambling"] == {"block": 0.5}
    judged = api.post("/v1/safety/judge", json={"prompt": "a casino", "mode": "art"}).json()
    assert (judged["verdict"], judged["reasons"][0]["code"], judged["scores"]["gambling"]) == ("BLOCK", "P801", 0.9)
    assert "None here." in judged["reasons"][0]["text"]
    assert api.post("/v1/moderations", json={"input": "a casino"}).json()["results"][0]["flagged"] is True
    studio.audit.close()
