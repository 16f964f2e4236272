"""The HTTP API, called as clients call it: judged before anything is drawn, marked before anything leaves."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from engines.testing import FakeEngine
from safety.errors import EngineUnavailable, RequestError
from studio import Studio
from studio.api_keys import CREATE, JUDGE, MARK, ApiKeys
from studio.tenant import BATCH, INTERACTIVE, Tenant, current
from tests.fakes import fake_studio
from ui.http import idempotency
from ui.http.access import Access
from ui.http.application import make_app
from ui.http.metrics import Metrics

HERE, AWAY = ("127.0.0.1", 5000), ("203.0.113.9", 5000)


class Broken(FakeEngine):
    def generate(self, *_: Any, **__: Any) -> Any:
        raise EngineUnavailable("The model cannot be loaded.")


class Served:
    def __init__(self, home: Path, open_here: bool = True) -> None:
        self.engine = FakeEngine()
        self.studio: Studio = fake_studio(home, self.engine)
        self.keys = ApiKeys(home / "keys")
        self.app = make_app(self.studio, Access(self.keys, open_here), b"a secret of 32 bytes for testing")

    def client(self, address: tuple[str, int] = HERE, key: str = "") -> TestClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return TestClient(self.app, client=address, headers=headers, raise_server_exceptions=False)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.studio.audit.close()


@pytest.fixture
def api(served: Served) -> TestClient:
    return served.client()


def create(api: TestClient, **body: Any) -> Any:
    return api.post("/v1/images/generations", json={"prompt": "a red apple", "seed": 1, **body})


def png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return file.getvalue()


def test_a_picture_comes_as_base64_with_what_was_judged(api: TestClient, served: Served) -> None:
    answer = create(api).json()
    picture = Image.open(BytesIO(base64.b64decode(answer["data"][0]["b64_json"])))
    assert f"{picture.width}x{picture.height}" == answer["size"]
    assert answer["data"][0]["safety"]["marks"] == ["visible"]
    assert answer["safety"]["prompt"]["verdict"] == "ALLOW"
    assert served.studio.show_case(answer["safety"]["case"])


def test_an_address_gives_the_file_to_whoever_has_it(api: TestClient) -> None:
    url = create(api, response_format="url").json()["data"][0]["url"]
    answer = api.get(url)
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(BytesIO(answer.content)).format == "PNG"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("signature=", "signature=0", id="forged"),
        pytest.param("until=", "until=9", id="later"),
        pytest.param("/files/", "/files/..%2F", id="elsewhere"),
    ],
)
def test_an_address_that_was_changed_gives_nothing(api: TestClient, old: str, new: str) -> None:
    url = create(api, response_format="url").json()["data"][0]["url"]
    assert api.get(url.replace(old, new, 1)).status_code == 404


def test_what_is_refused_is_not_drawn_and_says_why(api: TestClient, served: Served) -> None:
    answer = create(api, prompt="gore")
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert (error["code"], error["param"]) == ("moderation_blocked", "prompt")
    assert error["safety"]["reasons"][0]["spans"] == [[0, 4]]
    assert error["safety"]["statement"]["case"] == error["safety"]["case"]
    assert error["safety"]["passes_in"] == ["art", "medical"]
    assert not served.engine.drawn


def test_a_warning_is_confirmed_by_its_id_once(api: TestClient) -> None:
    first = create(api, prompt="a wound").json()["error"]
    assert first["code"] == "confirmation_required"
    confirmed = {"safety": {"warning": first["safety"]["warning"]}}
    assert create(api, prompt="a wound", **confirmed).status_code == 200
    assert create(api, prompt="a wound", **confirmed).status_code == 400


def test_the_mode_is_the_works_own(api: TestClient) -> None:
    assert create(api, prompt="gore", safety={"mode": "art"}).json()["error"]["code"] == "confirmation_required"


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        pytest.param(b"{", 400, "invalid_json", None, id="no JSON"),
        pytest.param(b"null", 400, "invalid_json", None, id="null"),
        pytest.param(b"[]", 400, "invalid_json", None, id="a list"),
        pytest.param(b"{}", 400, "invalid_request", "prompt", id="no prompt"),
        pytest.param(b'{"prompt": "a", "colour": 1}', 400, "unknown_field", "colour", id="unknown field"),
        pytest.param(b'{"prompt": "a", "n": 11}', 400, "invalid_request", "n", id="too many"),
        pytest.param(b'{"prompt": "a", "size": "big"}', 400, "invalid_request", "size", id="no size"),
        pytest.param(b'{"prompt": "a", "size": "9999x16"}', 400, "invalid_request", None, id="wrong size"),
        pytest.param(b'{"prompt": "a", "model": "none"}', 400, "invalid_request", None, id="unknown model"),
        pytest.param(b'{"prompt": "a", "safety": {"mode": "x"}}', 400, "invalid_request", None, id="unknown mode"),
        pytest.param(b'{"prompt": "a", "safety": {"acknowledged": true}}', 400, "unknown_field", None, id="ticked"),
    ],
)
def test_a_wrong_call_gets_one_sentence(
    api: TestClient, served: Served, body: bytes, status: int, code: str, param: str | None
) -> None:
    answer = api.post("/v1/images/generations", content=body, headers={"Content-Type": "application/json"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert param is None or error["param"] == param
    assert error["message"].endswith(".")
    assert not served.engine.drawn


def test_a_body_that_is_too_large_is_not_read(api: TestClient) -> None:
    answer = create(api, prompt="a" * 2_000_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_pictures_that_people_bring_are_not_changed(api: TestClient) -> None:
    assert api.post("/v1/images/edits", json={}).status_code == 501
    assert api.post("/v1/images/variations", json={}).json()["error"]["code"] == "not_offered"


def test_partial_pictures_are_streamed_before_the_whole_one(api: TestClient) -> None:
    with api.stream("POST", "/v1/images/generations", json={"prompt": "a red apple", "stream": True}) as answer:
        rows = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert rows[-1]["type"] == "image_generation.completed"
    assert rows[-1]["safety"]["marks"] == ["visible"]


def test_a_refusal_is_streamed_as_an_error(api: TestClient) -> None:
    with api.stream("POST", "/v1/images/generations", json={"prompt": "gore", "stream": True}) as answer:
        rows = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert [row["type"] for row in rows] == ["error"]
    assert rows[0]["error"]["code"] == "moderation_blocked"


def test_texts_and_pictures_are_moderated_in_one_call(api: TestClient) -> None:
    url = "data:image/png;base64," + base64.b64encode(png()).decode()
    parts = [{"type": "text", "text": "gore"}, {"type": "image_url", "image_url": {"url": url}}]
    results = api.post("/v1/moderations", json={"input": parts}).json()["results"]
    assert [result["flagged"] for result in results] == [True, False]
    assert results[0]["categories"]["violence"]
    assert results[0]["category_applied_input_types"]["violence"] == ["text"]


def test_nothing_is_fetched_for_a_moderation(api: TestClient) -> None:
    part = {"type": "image_url", "image_url": {"url": "http://203.0.113.1/a.png"}}
    assert api.post("/v1/moderations", json={"input": [part]}).json()["error"]["code"] == "not_fetched"


def test_a_prompt_is_judged_as_the_command_line_judges_it(api: TestClient) -> None:
    row = api.post("/v1/safety/judge", json={"prompt": "gore"}).json()
    assert (row["verdict"], row["passes"], row["passes_in"]) == ("BLOCK", False, ["art", "medical"])


def test_many_prompts_are_judged_in_one_call(api: TestClient) -> None:
    rows = api.post("/v1/safety/judge", json={"prompt": ["gore", "a red apple"]}).json()["results"]
    assert [row["passes"] for row in rows] == [False, True]


def test_errors_of_the_studios_own_endpoints_are_problems(api: TestClient) -> None:
    answer = api.post("/v1/safety/judge", json={"prompt": "a", "mode": "x"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code == 400


def test_the_policy_names_its_limits(api: TestClient) -> None:
    policy = api.get("/v1/safety/policy").json()
    assert set(policy["modes"]) == {"general", "art", "medical"}
    assert policy["limits"]["general"]["prompt"]["violence"]


def test_a_case_is_appealed_and_looked_up(api: TestClient) -> None:
    case = create(api, prompt="gore").json()["error"]["safety"]["case"]
    asked = api.post("/v1/safety/appeals", json={"case": case, "prompt": "gore", "remark": "a film"})
    assert asked.status_code == 201
    assert api.get(f"/v1/safety/cases/{case}").json()["outcome"] == "waiting"


def test_a_call_keeps_the_id_that_it_came_with(api: TestClient) -> None:
    assert api.get("/health/live", headers={"X-Request-Id": "abc"}).headers["x-request-id"] == "abc"


def test_a_call_that_is_sent_again_is_done_once(api: TestClient, served: Served) -> None:
    key = {"Idempotency-Key": "order-1"}
    body = {"prompt": "a red apple"}
    first, second = (api.post("/v1/images/generations", json=body, headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert (served.engine.drawn, len(served.studio.list_cases(9))) == (1, 1)


def test_a_refusal_that_is_sent_again_is_recorded_once(api: TestClient, served: Served) -> None:
    key = {"Idempotency-Key": "order-2"}
    first, second = (api.post("/v1/images/generations", json={"prompt": "gore"}, headers=key) for _ in range(2))
    assert first.json() == second.json()
    assert len(served.studio.list_cases(9)) == 1


def test_a_key_for_calls_names_one_call(api: TestClient) -> None:
    key = {"Idempotency-Key": "order-3"}
    api.post("/v1/images/generations", json={"prompt": "a red apple"}, headers=key)
    other = api.post("/v1/images/generations", json={"prompt": "a green apple"}, headers=key)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")


def test_a_key_for_calls_is_each_callers_own(served: Served) -> None:
    tokens = [served.keys.make(name, (CREATE,))[1] for name in ("one", "two")]
    key = {"Idempotency-Key": "order-4"}
    answers = [
        served.client(AWAY, token).post("/v1/images/generations", json={"prompt": "a red apple"}, headers=key)
        for token in tokens
    ]
    assert served.engine.drawn == 2
    assert "idempotent-replayed" not in answers[1].headers


def test_a_revoked_key_gets_no_answer_that_was_kept(served: Served) -> None:
    key, token = served.keys.make("shop")
    client = served.client(AWAY, token)
    client.headers["Idempotency-Key"] = "order-1"
    assert create(client).status_code == 200
    served.keys.revoke(key.id)
    again = create(client)
    assert again.status_code == 401
    assert "data" not in again.json()


def test_nothing_is_kept_for_somebody_without_a_key(served: Served, tmp_path: Path) -> None:
    headers = {"Idempotency-Key": "order-1", "Content-Type": "application/json"}
    client = Served(tmp_path / "away", open_here=False).client(AWAY)
    assert client.post("/v1/images/generations", content=b"{", headers=headers).status_code == 401
    assert not list(tmp_path.glob("away/answers/*"))


def test_of_one_caller_so_many_answers_are_kept(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_OF_ONE", 2)
    said = [api.post("/v1/safety/reports", json={}, headers={"Idempotency-Key": str(n)}).status_code for n in range(3)]
    assert said == [400, 400, 429]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_stream_whose_client_hung_up_at_once_gives_its_place_back(served: Served) -> None:
    # An application server hands "disconnect" to whoever asks next: the response then asks for no event at all.
    told: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": "POST",
        "path": "/v1/images/generations",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": HERE,
    }

    async def receive() -> Any:
        return told.pop() if told else {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        pass

    for _ in range(8):
        told.append({"type": "http.request", "body": b'{"prompt": "a red apple", "stream": true}'})
        await served.app(scope.copy(), receive, send)
        await anyio.to_thread.run_sync(_joined)
        assert served.app.state.context.waiting == 0


def _joined() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("stream"):
            thread.join(10)


def test_a_wrong_call_may_be_mended_under_the_same_key(api: TestClient, served: Served) -> None:
    key = {"Idempotency-Key": "order-5"}
    served.studio.engines["pocket"] = Broken()  # type: ignore[index]
    assert api.post("/v1/images/generations", json={"prompt": "a red apple"}, headers=key).status_code == 503
    served.studio.engines["pocket"] = served.engine  # type: ignore[index]
    assert api.post("/v1/images/generations", json={"prompt": "a red apple"}, headers=key).status_code == 200


def test_ready_says_whether_every_check_looks(api: TestClient) -> None:
    assert api.get("/health/ready").json() == {"ready": True, "blind": []}


def test_figures_tell_what_was_decided_and_of_nobody(tmp_path: Path) -> None:
    metrics = Metrics()
    studio = replace(fake_studio(tmp_path), observer=metrics.decided)
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing", metrics)
    api = TestClient(app, client=HERE)
    create(api, prompt="gore")
    told = api.get("/metrics").text
    assert 'safelight_decisions_total{mode="general",stage="prompt",verdict="BLOCK"} 1.0' in told
    assert 'safelight_stopped_total{category="violence",mode="general",stage="prompt"} 1.0' in told
    assert 'route="/v1/images/generations",status="400"' in told
    assert "127.0.0.1" not in told
    studio.audit.close()


def test_figures_are_for_who_operates(served: Served) -> None:
    _, token = served.keys.make("shop")
    assert served.client(AWAY, token).get("/metrics").status_code == 403


def test_elsewhere_a_key_is_needed(served: Served) -> None:
    answer = create(served.client(AWAY))
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_key_opens_its_scopes_and_no_others(served: Served) -> None:
    _, token = served.keys.make("judges only", (JUDGE,))
    api = served.client(AWAY, token)
    assert api.post("/v1/safety/judge", json={"prompt": "a red apple"}).status_code == 200
    assert create(api).json()["error"]["code"] == "insufficient_scope"


def test_a_revoked_key_is_none(served: Served) -> None:
    key, token = served.keys.make("shop", (CREATE,))
    served.keys.revoke(key.id)
    assert create(served.client(AWAY, token)).status_code == 401


def test_a_key_of_one_mode_stays_in_it(served: Served) -> None:
    _, token = served.keys.make("museum", (CREATE, JUDGE), mode="art")
    answer = create(served.client(AWAY, token), prompt="gore", safety={"mode": "general"})
    assert answer.json()["error"]["code"] == "confirmation_required"


def test_a_case_is_its_own_keys_and_nobody_elses(served: Served) -> None:
    own, other = (served.client(AWAY, served.keys.make(name)[1]) for name in ("shop", "stranger"))
    case = create(own).json()["safety"]["case"]
    assert own.get(f"/v1/safety/cases/{case}").status_code == 200
    assert other.get(f"/v1/safety/cases/{case}").status_code == 400
    with pytest.raises(RequestError):
        served.studio.collect(case, person="somebody at the page")


def test_a_prompt_of_half_signs_is_judged_and_comes_back(api: TestClient) -> None:
    body = b'{"prompt": "a \\ud800 apple"}'
    answer = api.post("/v1/safety/judge", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["verdict"]) == (200, "BLOCK")


def test_a_key_has_limits_of_its_own(served: Served) -> None:
    _, token = served.keys.make("shop", (CREATE,), per_hour=1)
    api = served.client(AWAY, token)
    assert create(api).status_code == 200
    over = create(api)
    assert over.status_code == 429
    assert int(over.headers["retry-after"]) > 0


def test_a_drawing_waits_as_its_keys_and_without_one_under_no_address(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Tenant] = []
    generate = FakeEngine.generate

    def noting(engine: FakeEngine, *arguments: Any, **named: Any) -> Any:
        seen.append(current())
        return generate(engine, *arguments, **named)

    monkeypatch.setattr(FakeEngine, "generate", noting)
    key, token = served.keys.make("nightly", (CREATE,), priority=BATCH, weight=3)
    assert create(served.client(AWAY, token)).status_code == create(served.client()).status_code == 200
    assert seen[0] == Tenant(f"key:{key.id}", 3, BATCH)
    assert re.fullmatch("[0-9a-f]{64}", seen[1].name) and seen[1].priority == INTERACTIVE


def test_no_key_is_kept_as_it_is(served: Served, tmp_path: Path) -> None:
    _, token = served.keys.make("shop", (MARK,))
    assert token.rpartition("-")[2] not in (tmp_path / "keys" / "api-keys.json").read_text()
