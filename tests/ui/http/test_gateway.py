"""The gateway before generators of other people: what goes in is judged, what comes out is judged and marked."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from engines.upstream import upstream_engines
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.records import Finding
from studio.api_keys import ApiKeys
from tests.fakes import fake_studio
from tests.ui.http.upstreams import Upstream, picture, serving
from ui.http.access import Access
from ui.http.application import make_app

KINDS = ("vllm-omni", "sglang", "diffusers")


@pytest.fixture
def upstream(request: pytest.FixtureRequest) -> Iterator[Upstream]:
    with serving(getattr(request, "param", "hostile")) as upstream:
        yield upstream


@pytest.fixture
def api(upstream: Upstream, tmp_path: Path) -> Iterator[TestClient]:
    exporter = Exporter(Marks(tmp_path / "keys"))
    studio = replace(fake_studio(tmp_path, exporter=exporter), engines=upstream_engines(upstream.url))
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
    yield TestClient(app, client=("127.0.0.1", 5000), raise_server_exceptions=False)
    studio.audit.close()


def openai_client(api: TestClient) -> Any:
    """OpenAI's own client, its calls handed to the application without a network."""
    openai = pytest.importorskip("openai")

    def send(request: httpx.Request) -> httpx.Response:
        answer = api.request(request.method, str(request.url), content=request.content, headers=dict(request.headers))
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    transport = httpx.Client(transport=httpx.MockTransport(send))
    return openai.OpenAI(base_url="http://testserver/v1", api_key="unused", http_client=transport, max_retries=0)


@pytest.mark.parametrize("upstream", KINDS, indirect=True)
def test_openais_client_gets_pictures_that_verify_reads(upstream: Upstream, api: TestClient) -> None:
    client = openai_client(api)
    assert [model.id for model in client.models.list()] == [f"{upstream.kind}-model"]
    answer = client.images.generate(prompt="a red apple", n=2, size="256x256", response_format="b64_json")
    assert len(answer.data) == 2
    file = base64.b64decode(answer.data[0].b64_json)
    found = api.post("/v1/safety/verify", content=file, headers={"Content-Type": "image/png"}).json()
    assert found["layers"]["credentials"]["valid"]
    assert found["layers"]["registry"]["found"]


@pytest.mark.parametrize("upstream", KINDS, indirect=True)
def test_what_is_refused_never_reaches_the_generator(upstream: Upstream, api: TestClient) -> None:
    openai = pytest.importorskip("openai")
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client(api).images.generate(prompt="gore", size="256x256")
    assert caught.value.code == "moderation_blocked"
    assert not upstream.asked


@pytest.mark.parametrize("upstream", KINDS, indirect=True)
def test_pictures_that_are_all_withheld_are_a_refusal(upstream: Upstream, api: TestClient) -> None:
    body = {"prompt": "a spoilt apple", "size": "256x256", "n": 2}
    answer = api.post("/v1/images/generations", json=body)
    assert answer.json()["error"]["safety"]["stage"] == "picture"
    assert "b64_json" not in answer.text


class EverySecond:
    """Withholds every second picture that it sees."""

    name, live = "turns", False

    def __init__(self) -> None:
        self.seen = 0

    def detect(self, _: Any, /) -> Iterator[Finding]:
        self.seen += 1
        if self.seen % 2 == 0:
            yield Finding(self.name, "violence", 0.99, "blood")


@pytest.mark.parametrize("upstream", ["vllm-omni"], indirect=True)
def test_a_picture_that_is_withheld_does_not_lose_its_siblings(upstream: Upstream, tmp_path: Path) -> None:
    studio = replace(fake_studio(tmp_path), engines=upstream_engines(upstream.url))
    studio = replace(studio, checks=replace(studio.checks, picture=(EverySecond(),)))
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
    api = TestClient(app, client=("127.0.0.1", 5000))
    row = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256", "n": 3}).json()
    assert len(row["data"]) == 2
    assert [one["statement"]["case"] for one in row["safety"]["withheld"]] == [row["safety"]["case"]]
    studio.audit.close()


def test_an_answer_that_would_unpack_is_not_taken(upstream: Upstream, api: TestClient) -> None:
    upstream.body, upstream.packed = gzip.compress(b"0" * 1000), "gzip"
    answer = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "engine_failed")


@pytest.mark.parametrize("upstream", ["vllm-omni"], indirect=True)
def test_settings_reach_a_server_that_takes_them(upstream: Upstream, api: TestClient) -> None:
    api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256", "seed": 7, "steps": 4})
    assert (upstream.asked[0]["seed"], upstream.asked[0]["num_inference_steps"]) == (7, 4)
    assert "guidance_scale" not in upstream.asked[0]


@pytest.mark.parametrize("upstream", ["diffusers"], indirect=True)
def test_a_server_of_openais_fields_alone_is_asked_with_those(upstream: Upstream, api: TestClient) -> None:
    for seed in (1, 2):
        api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256", "seed": seed})
    assert ["seed" in body for body in upstream.asked] == [True, False, False]


def answered(**row: Any) -> bytes:
    return json.dumps({"data": [row]}).encode()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        pytest.param(200, b"<html>", "engine_failed", id="no JSON"),
        pytest.param(200, b"[]", "engine_failed", id="a list"),
        pytest.param(200, b'{"data": []}', "engine_failed", id="no picture"),
        pytest.param(200, answered(b64_json="aGVsbG8="), "engine_failed", id="no image"),
        pytest.param(200, answered(url="http://203.0.113.1/a.png"), "engine_failed", id="another server's address"),
        pytest.param(200, answered(url="file:///etc/passwd"), "engine_failed", id="a file's address"),
        pytest.param(200, answered(url="http://169.254.169.254/latest/"), "engine_failed", id="the cloud's address"),
        pytest.param(200, answered(url="http://127.0.0.1:1/a.png"), "engine_failed", id="another port here"),
        pytest.param(200, answered(url="//127.0.0.1/a.png"), "engine_failed", id="an address without a scheme"),
        pytest.param(200, answered(url="http://[::1/a.png"), "engine_failed", id="half an address"),
        pytest.param(200, answered(url="data:image/png;base64,@"), "engine_failed", id="no base64"),
        pytest.param(200, b'{"data": ' + b"[" * 100_000, "engine_failed", id="too deep"),
        pytest.param(200, b'{"data": [{"b64_json": 7}]}', "engine_failed", id="a number for a picture"),
        pytest.param(204, b"", "engine_failed", id="no content"),
        pytest.param(500, b"a red apple failed", "engine_failed", id="its own error"),
        pytest.param(429, b"", "engine_failed", id="too busy"),
    ],
)
def test_a_hostile_answer_is_one_sentence_and_no_picture(
    upstream: Upstream, api: TestClient, status: int, body: bytes, code: str
) -> None:
    upstream.status, upstream.body = status, body
    answer = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, code)
    assert "apple" not in answer.json()["error"]["message"]


def test_a_picture_of_another_size_is_told_as_it_is(upstream: Upstream, api: TestClient) -> None:
    upstream.body = answered(b64_json=base64.b64encode(picture(320, 256, 1)).decode())
    answer = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256"}).json()
    shown = Image.open(BytesIO(base64.b64decode(answer["data"][0]["b64_json"])))
    assert answer["size"] == f"{shown.width}x{shown.height}" == "320x256"


def test_a_server_that_is_down_is_said_to_be(tmp_path: Path) -> None:
    engines = upstream_engines("http://127.0.0.1:9/v1")
    studio = replace(fake_studio(tmp_path), engines=engines)
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
    api = TestClient(app, client=("127.0.0.1", 5000))
    answer = api.post("/v1/images/generations", json={"prompt": "a red apple"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "engine_unavailable")
    studio.audit.close()


def test_no_redirect_of_a_server_is_followed(upstream: Upstream, api: TestClient) -> None:
    with serving("vllm-omni") as elsewhere:
        upstream.status, upstream.location = 307, f"{elsewhere.url}/images/generations"
        answer = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256"})
        assert (answer.status_code, elsewhere.asked) == (502, [])
        upstream.status, upstream.location = 200, f"{elsewhere.url.removesuffix('/v1')}/files/a.png"
        upstream.body = answered(url=f"{upstream.url.removesuffix('/v1')}/moved")
        answer = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256"})
        assert (answer.status_code, elsewhere.got) == (502, [])


@pytest.mark.parametrize("inside", ["\n", "\t", "\x00", " ", "\\@203.0.113.1/"], ids=repr)
def test_a_trick_in_an_address_fetches_nothing(upstream: Upstream, api: TestClient, inside: str) -> None:
    upstream.body = answered(url=f"{upstream.url.removesuffix('/v1')}{inside}files/a.png")
    answer = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256"})
    assert answer.status_code == 502
    assert not [path for path in upstream.got if path != "/v1/models"]


def test_a_picture_that_unpacks_to_too_much_is_not_opened(upstream: Upstream, api: TestClient) -> None:
    file = BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    upstream.body = answered(b64_json=base64.b64encode(file.getvalue()).decode())
    answer = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "engine_failed")


@pytest.mark.parametrize("ending", ["short", "endless"])
def test_an_answer_that_does_not_end_as_it_said_is_no_picture(upstream: Upstream, tmp_path: Path, ending: str) -> None:
    engines = upstream_engines(upstream.url)
    for engine in engines.values():
        engine._server.timeout = 1.0  # type: ignore[attr-defined]
    studio = replace(fake_studio(tmp_path), engines=engines)
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
    api = TestClient(app, client=("127.0.0.1", 5000))
    upstream.ending, upstream.body = ending, answered(b64_json="aGVsbG8=")
    answer = api.post("/v1/images/generations", json={"prompt": "a red apple", "size": "256x256"})
    upstream.ending = ""
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "engine_unavailable")
    assert [case["outcome"] for case in studio.list_cases(9)] == ["failed"]
    studio.audit.close()
