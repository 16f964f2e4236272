"""Calls that are wrong in ways that somebody tried by hand: the right status, one sentence, and nothing half done."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from engines.testing import FakeEngine
from safety.review.rate_limit import ApiHour
from studio.api_keys import CREATE, JUDGE, ApiKeys
from tests.fakes import fake_studio
from tests.ui.http.test_api import AWAY, HERE, Served, create, png
from ui.http.access import Access
from ui.http.application import make_app

JSON = {"Content-Type": "application/json"}
PICTURES, JUDGED = "/v1/images/generations", "/v1/safety/judge"
DEEP = b'{"prompt":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
MANY_DIGITS = b"1" + b"0" * 400


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.studio.audit.close()


@pytest.fixture
def api(served: Served) -> TestClient:
    return served.client()


def sentence_of(answer: Any) -> str:
    row = answer.json()
    return str(row["detail"] if "detail" in row else row["error"]["message"])


def field_of(answer: Any) -> str | None:
    row = answer.json()
    return ".".join(map(str, row["loc"])) if "loc" in row else row.get("error", {}).get("param")


@pytest.mark.parametrize("path", [PICTURES, JUDGED, "/v1/moderations", "/v1/safety/look"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(DEEP, id="too deep"),
        pytest.param(b'{"prompt": "\xff\xfe"}', id="no UTF-8"),
        pytest.param(b'{"prompt": ' + b"9" * 6000 + b"}", id="too many digits"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"[1]", id="a list"),
    ],
)
def test_what_cannot_be_read_is_said_to_be_no_json(api: TestClient, path: str, body: bytes) -> None:
    answer = api.post(path, content=body, headers=JSON)
    assert answer.status_code == 400
    assert sentence_of(answer).endswith(".")
    if body or "look" not in path:
        assert "no JSON" in sentence_of(answer)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(b'{"prompt": "a", "seed": ' + MANY_DIGITS + b"}", "seed", id="seed of many digits"),
        pytest.param(b'{"prompt": "a", "steps": ' + MANY_DIGITS + b"}", "steps", id="steps of many digits"),
        pytest.param(b'{"prompt": "a", "steps": -' + MANY_DIGITS + b"}", "steps", id="fewer than no steps"),
        pytest.param(b'{"prompt": "a", "guidance": NaN}', "guidance", id="no number"),
        pytest.param(b'{"prompt": "a", "n": 9}', "n", id="more than the model gives"),
        pytest.param(b'{"prompt": "a", "size": "7x7"}', "size", id="size of other digits"),
        pytest.param(b'{"prompt": "a", "size": "104x104"}', "size", id="size that it does not draw"),
        pytest.param(b'{"prompt": "a", "model": "none"}', "model", id="unknown model"),
        pytest.param(b'{"prompt": "a", "style": "none"}', "style", id="unknown style"),
        pytest.param(b'{"prompt": "a", "safety": {"mode": "x"}}', "safety.mode", id="unknown mode"),
        pytest.param(b'{"prompt": "a", "safety": {"language": "x"}}', "safety.language", id="unknown language"),
        pytest.param(b'{"prompt": " "}', "prompt", id="blank prompt"),
        pytest.param(b'{"prompt": "a\\u0000b"}', "prompt", id="null byte"),
        pytest.param(b'{"prompt": "a", "negative_prompt": "a\\u0000b"}', "negative_prompt", id="null byte beside it"),
    ],
)
def test_the_field_at_fault_is_named(served: Served, body: bytes, field: str) -> None:
    answer = served.client().post(PICTURES, content=body, headers=JSON)
    assert (answer.status_code, field_of(answer)) == (400, field)
    assert len(answer.text) < 1000 and "pattern" not in answer.text
    assert served.engine.drawn == 0 and not served.studio.list_cases(9)


def test_a_made_up_name_is_not_said_again_in_full(api: TestClient) -> None:
    answer = api.post(PICTURES, json={"prompt": "a", "x" * 100_000: 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_field")
    assert len(answer.content) < 500
    assert len(api.get("/v1/safety/cases/" + "a" * 5000).content) < 500


def test_of_a_field_of_several_forms_the_fault_of_the_one_that_was_meant_is_told(api: TestClient) -> None:
    answer = api.post("/v1/moderations", json={"input": [{"type": "audio"}]})
    assert field_of(answer) == "input.0.type"
    assert field_of(api.post(JUDGED, json={"prompt": 1})) == "prompt"


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param("", id="nothing"),
        pytest.param([{"type": "text"}], id="a text without one"),
        pytest.param([{"type": "image_url"}], id="a picture without one"),
        pytest.param([{"type": "image_url", "image_url": {"url": "data:image/png;base64,é"}}], id="no base64"),
    ],
)
def test_an_empty_input_is_not_moderated(api: TestClient, parts: Any) -> None:
    answer = api.post("/v1/moderations", json={"input": parts})
    assert answer.status_code == 400
    assert sentence_of(answer).endswith(".")


def test_null_is_a_field_that_is_not_there(api: TestClient) -> None:
    nulls = dict.fromkeys(("n", "size", "response_format", "output_format", "stream", "partial_images", "quality"))
    assert create(api, **nulls).status_code == 200
    assert create(api, colour=None).json()["error"]["code"] == "unknown_field"


@pytest.mark.parametrize("query", ["until=99999999999&signature=%C3%A9", f"until={'9' * 5000}&signature=a"])
def test_a_forged_address_of_a_picture_is_no_failure(api: TestClient, query: str) -> None:
    assert api.get(f"/v1/images/files/a/b.png?{query}").status_code in (400, 404)


def test_a_key_for_calls_on_a_body_that_is_too_deep_is_no_failure(api: TestClient) -> None:
    assert api.post(PICTURES, content=DEEP, headers=JSON | {"Idempotency-Key": "deep"}).status_code == 400


def test_two_keys_for_one_call_are_none(api: TestClient) -> None:
    headers = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    answer = api.post(PICTURES, json={"prompt": "a"}, headers=headers)  # type: ignore[arg-type]
    assert answer.json()["error"]["code"] == "invalid_idempotency_key"


@pytest.mark.parametrize("path", ["/v1/images/edits", "/v1/images/variations"])
def test_openais_client_is_told_that_pictures_are_not_edited(api: TestClient, path: str) -> None:
    """It sends a form with the picture in it, which may be large."""
    answer = api.post(path, files={"image": png() + b"0" * 2_000_000}, data={"prompt": "a pear"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (501, "not_offered")


class Unforeseen(FakeEngine):
    def generate(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("a very particular walrus")


def test_what_nobody_foresaw_is_one_sentence_and_said_once(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    served.app.state.context.quota.take = Unforeseen().generate
    answer = served.client().post(JUDGED, json={"prompt": "a red apple"}, headers={"X-Request-Id": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
    assert "walrus" not in answer.text
    assert len([record for record in caplog.records if "page problem" in record.getMessage()]) == 1


def test_a_made_up_method_is_no_name_of_a_figure(served: Served) -> None:
    api = served.client()
    assert api.request("BREWCOFFEE", PICTURES).status_code == 405
    told = api.get("/metrics").text
    assert 'method="OTHER"' in told and "BREWCOFFEE" not in told


def test_moderations_count_as_judging_and_looking(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    limits = studio.review.rate_limiter.limits.model_copy(update={"api": ApiHour(judges=2, looks=1, marks=0)})
    limiter = replace(studio.review.rate_limiter, limits=limits)
    studio = replace(studio, review=replace(studio.review, rate_limiter=limiter))
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
    api = TestClient(app, client=HERE)
    url = "data:image/png;base64," + base64.b64encode(png()).decode()
    picture = [{"type": "image_url", "image_url": {"url": url}}]
    said = [api.post("/v1/moderations", json={"input": one}).status_code for one in (["a", "b"], "c", picture, picture)]
    assert said == [200, 429, 200, 429]
    studio.audit.close()


def test_a_model_says_which_sizes_it_gives_and_gives_those(api: TestClient) -> None:
    model = api.get("/v1/models/pocket").json()
    assert api.get("/v1/models").json()["data"] == [model]
    assert api.get("/v1/models/none").json()["error"]["code"] == "model_not_found"
    size = model["safety"]["sizes"][0]
    assert create(api, size=size).json()["size"] == size


def test_a_false_block_is_reported_where_there_is_no_embedded_model(tmp_path: Path) -> None:
    studio = replace(fake_studio(tmp_path), engines={"theirs": FakeEngine()})
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
    answer = TestClient(app, client=HERE).post("/v1/safety/reports", json={"prompt": "gore", "remark": "a film"})
    assert (answer.status_code, answer.json()["kind"]) == (201, "report")
    studio.audit.close()


# ---- another key's ----


@pytest.fixture
def two(served: Served) -> tuple[TestClient, TestClient]:
    own, other = (served.client(AWAY, served.keys.make(name, (JUDGE, CREATE))[1]) for name in ("own", "other"))
    return own, other


def test_a_refused_case_is_its_own_keys_and_nobody_elses(two: tuple[TestClient, TestClient]) -> None:
    own, other = two
    case = create(own, prompt="gore").json()["error"]["safety"]["case"]
    asked = {"case": case, "prompt": "gore"}
    for answer in (other.get(f"/v1/safety/cases/{case}"), other.post("/v1/safety/appeals", json=asked)):
        assert (answer.status_code, "There is no case" in sentence_of(answer)) == (400, True)
    assert own.post("/v1/safety/appeals", json=asked).status_code == 201
    assert own.get(f"/v1/safety/cases/{case}").json()["outcome"] == "waiting"


def test_a_warning_is_confirmed_by_whom_it_was_shown(two: tuple[TestClient, TestClient], served: Served) -> None:
    own, other = two
    warning = {"warning": create(own, prompt="a wound").json()["error"]["safety"]["case"]}
    assert create(other, prompt="a wound", safety=warning).json()["error"]["code"] == "confirmation_required"
    assert served.engine.drawn == 0
    assert create(own, prompt="a wound", safety=warning).status_code == 200


def test_what_a_stream_says_of_its_picture_is_so(api: TestClient) -> None:
    with api.stream("POST", PICTURES, json={"prompt": "a red apple", "stream": True}) as answer:
        rows = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    safety = rows[-1]["safety"]
    assert rows[-1]["size"] == f"{safety['width']}x{safety['height']}"
