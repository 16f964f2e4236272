"""What an operator sets: who may call across sites, how often, what is logged and traced; and no words get there."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.middleware import Middleware

from safety.review.rate_limit import ApiHour
from studio.api_keys import CREATE, JUDGE, MARK, ApiKeys
from studio.tracing import Traces
from tests.fakes import fake_studio
from tests.ui.http.test_api import AWAY, HERE, Served, create, png
from ui.http.access import Access
from ui.http.application import make_app
from ui.http.cors import ApiCors
from ui.http.problems import ApiError
from ui.http.quota import HourlyCalls
from ui.log_lines import CALLS, JsonLines
from ui.web.origins import Origins

SITE, OTHER = "https://shop.example.org", "https://evil.example.org"
SECRET_WORDS = "a very particular walrus"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.studio.audit.close()


# ---- across sites ----


def across(served: Served, origins: tuple[str, ...]) -> TestClient:
    app: Any = Origins(served.app, "127.0.0.1")
    if origins:
        layer = Middleware(ApiCors, origins=origins)
        app = layer.cls(app, *layer.args, **layer.kwargs)
    return TestClient(app, base_url="http://127.0.0.1", client=HERE)


def test_a_listed_site_may_call_the_api_and_read_the_answer(served: Served) -> None:
    client = across(served, (SITE,))
    asked = {"origin": SITE, "access-control-request-method": "POST"}
    before = client.options("/v1/safety/judge", headers=asked | {"access-control-request-headers": "content-type"})
    assert before.status_code == 200 and before.headers["access-control-allow-origin"] == SITE
    answer = client.post("/v1/safety/judge", json={"prompt": "a red apple"}, headers={"origin": SITE})
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("origins", "origin", "path"),
    [
        pytest.param((), SITE, "/v1/safety/judge", id="none is listed"),
        pytest.param((SITE,), OTHER, "/v1/safety/judge", id="another one is listed"),
        pytest.param((SITE,), f"{SITE}:8443", "/v1/safety/judge", id="another port"),
        pytest.param((SITE,), SITE, "/metrics", id="not the API"),
    ],
)
def test_any_other_call_across_sites_is_refused(
    served: Served, origins: tuple[str, ...], origin: str, path: str
) -> None:
    client = across(served, origins)
    for answer in (
        client.post(path, json={"prompt": "a red apple"}, headers={"origin": origin}),
        client.options(path, headers={"origin": origin, "access-control-request-method": "POST"}),
    ):
        assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers


# ---- how often ----


def test_calls_that_open_no_case_are_counted_by_the_hour() -> None:
    clock = [0.0]
    calls = HourlyCalls(ApiHour(judges=3, looks=0, marks=1), now=lambda: clock[0])
    for _ in range(3):
        calls.take("key:a", "judge")
    with pytest.raises(ApiError) as told:
        calls.take("key:a", "judge")
    assert (told.value.status, told.value.wait) == (429, 1200)
    calls.take("key:b", "judge")
    calls.take("key:a", "mark")
    for _ in range(100):
        calls.take("key:a", "look")
    clock[0] += 1200
    calls.take("key:a", "judge")
    with pytest.raises(ApiError):
        calls.take("key:a", "judge")


@pytest.mark.parametrize("path", ["judge", "look", "mark"])
def test_who_has_used_up_the_hour_is_told_when_to_come_again(tmp_path: Path, path: str) -> None:
    studio = fake_studio(tmp_path)
    limits = studio.review.rate_limiter.limits.model_copy(update={"api": ApiHour(judges=1, looks=1, marks=1)})
    limiter = replace(studio.review.rate_limiter, limits=limits)
    studio = replace(studio, review=replace(studio.review, rate_limiter=limiter))
    keys = ApiKeys(tmp_path / "keys")
    app = make_app(studio, Access(keys), b"a secret of 32 bytes for testing")
    _, token = keys.make("shop", (JUDGE, MARK))
    client = TestClient(app, client=AWAY, headers={"authorization": f"Bearer {token}"})

    def call() -> Any:
        if path == "judge":
            return client.post("/v1/safety/judge", json={"prompt": "a red apple"})
        return client.post(f"/v1/safety/{path}", content=png(), headers={"content-type": "image/png"})

    first, second = call(), call()
    assert first.status_code == 200, first.text
    assert second.status_code == 429 and int(second.headers["retry-after"]) > 3000
    studio.audit.close()


# ---- words stand in no address ----


def test_a_picture_is_judged_with_its_words_from_the_body(served: Served) -> None:
    client = served.client()
    picture = base64.b64encode(png()).decode()
    told = {"picture": f"data:image/png;base64,{picture}"}
    verdicts = [
        client.post("/v1/safety/look", json=told | {"prompt": words}).json()["verdict"]
        for words in ("an apple", "a spoilt apple")
    ]
    assert verdicts == ["ALLOW", "BLOCK"]
    assert client.post("/v1/safety/look", json={"picture": "?"}).json()["loc"] == ["picture"]
    assert client.post("/v1/safety/look", json={"pic": picture}).status_code == 400
    described = served.app.openapi()["paths"]["/v1/safety/look"]["post"]
    assert [one["name"] for one in described["parameters"]] == ["mode"]


# ---- what is logged and traced ----


@pytest.fixture
def lines() -> Iterator[StringIO]:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    log, root = logging.getLogger(CALLS), logging.getLogger()
    level = log.level
    log.setLevel(logging.INFO)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    log.setLevel(level)


def test_each_call_is_one_line_of_json_without_words_keys_or_addresses(served: Served, lines: StringIO) -> None:
    key, token = served.keys.make("shop", (JUDGE, CREATE, MARK))
    client = served.client(AWAY, token)
    create(client, prompt=SECRET_WORDS)
    create(client, prompt=f"gore, {SECRET_WORDS}")
    client.post("/v1/safety/judge", json={"prompt": SECRET_WORDS, "mode": "art"}, headers={"x-request-id": "mine"})
    client.post("/v1/safety/judge", json={"prompt": SECRET_WORDS, "walrus": 1})
    client.get(f"/v1/safety/cases/{'walrus' * 2}")
    client.get("/v1/models", headers={"authorization": "Bearer sl-wrong-key"})
    written = lines.getvalue()
    rows = [json.loads(line) for line in written.splitlines()]
    calls = [row for row in rows if row["logger"] == CALLS]
    assert [row["status"] for row in calls] == [200, 400, 200, 400, calls[4]["status"], 401]
    assert calls[2]["request"] == "mine" and calls[2]["route"] == "/v1/safety/judge"
    assert {row["key"] for row in calls[:5]} == {key.id} and calls[5]["key"] == ""
    assert calls[1]["code"] == "moderation_blocked" and calls[3]["code"] == "unknown_field"
    for secret in ("walrus", token, AWAY[0], "shop"):
        assert secret not in written


def test_a_trace_has_a_span_for_the_call_and_for_each_layer_and_no_words(tmp_path: Path) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    traces = Traces(provider.get_tracer("test"))
    studio = replace(fake_studio(tmp_path), traces=traces, observer=traces.decided)
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client = TestClient(app, client=HERE, headers={"traceparent": parent})
    assert create(client, prompt=SECRET_WORDS).status_code == 200
    spans = {span.name: span for span in kept.get_finished_spans()}
    root = spans["POST /v1/images/generations"]
    assert {"prompt", "model", "picture", "marks", "judge prompt", "judge picture"} <= set(spans)
    assert f"{root.context.trace_id:032x}" == parent[3:35]
    assert all(span.context.trace_id == root.context.trace_id for span in spans.values())
    assert spans["model"].parent and spans["model"].parent.span_id == root.context.span_id
    assert root.attributes["http.response.status_code"] == 200
    assert "walrus" not in " ".join(span.to_json() for span in spans.values())
    studio.audit.close()


def test_an_error_leaves_no_words_in_a_span() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with pytest.raises(ValueError, match="walrus"), Traces(provider.get_tracer("test")).span("model"):
        raise ValueError(SECRET_WORDS)
    (span,) = kept.get_finished_spans()
    assert span.attributes["error.type"] == "ValueError" and "walrus" not in span.to_json()
