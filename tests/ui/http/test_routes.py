"""Every route of the API, read from the application: none gives a picture without a judgement, or one unmarked."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from PIL import Image

from engines.testing import FakeEngine
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.review.service import ReviewSettings
from studio.api_keys import SCOPES, ApiKeys
from tests.fakes import fake_review, fake_studio
from ui.http.access import Access
from ui.http.application import FILES, make_app
from ui.http.openapi_examples import REQUESTS

CASES = int(os.environ.get("SAFELIGHT_SCHEMA_CASES", "5"))
EVERYTHING: dict[str, Any] = {"prompt": "gore", "input": "gore", "case": "0123456789ab", "n": 2, "stream": True}
NAMES = {
    "case": "0123456789ab",
    "name": "a.png",
    "model": "pocket",
    "stamp": "0123456789abcdef",
    "manifestId": "urn:c2pa:0",
}
SIGNS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


class Served:
    def __init__(self, home: Path) -> None:
        self.engine = FakeEngine()
        studio = fake_studio(home, self.engine, Exporter(Marks(home / "keys")))
        # Feedback too, which is off by default: its routes are described as well.
        review = fake_review(studio.audit, home, settings=ReviewSettings(feedback=True))
        self.studio = replace(studio, review=review)
        self.keys = ApiKeys(home / "keys")
        self.app = make_app(self.studio, Access(self.keys), b"a secret of 32 bytes for testing")

    def client(self, key: str = "") -> TestClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        away = ("203.0.113.9", 5000) if key else ("127.0.0.1", 5000)
        return TestClient(self.app, client=away, headers=headers, raise_server_exceptions=False)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.studio.audit.close()


def routes(served: Served) -> list[tuple[str, str]]:
    found = [(method, route.path) for route in _all_routes(served.app.routes) for method in sorted(route.methods or ())]
    assert len(found) > 12
    return found


def _all_routes(routes: Any) -> Iterator[APIRoute]:
    """Yields the routes of the application and those of the routers that it includes."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from _all_routes(route.original_router.routes)


def png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return file.getvalue()


def holds_picture(data: bytes) -> bool:
    return data.startswith(SIGNS) or any(base64.b64encode(sign)[:3] in data for sign in SIGNS[:1])


def test_no_route_draws_what_is_refused(served: Served) -> None:
    """Whatever stands in a call, and whoever has a key for everything."""
    _, token = served.keys.make("everything", tuple(SCOPES))
    api = served.client(token)
    for method, path in routes(served):
        where = path.replace(":path", "").format(**NAMES)
        for body in (EVERYTHING, {"prompt": "gore"}, {"prompt": "gore", "safety": {"warning": "0123456789ab"}}):
            answer = api.request(method, where, json=body if method == "POST" else None)
            assert answer.status_code < 500 or answer.status_code == 501, (method, where, answer.text)
            assert not holds_picture(answer.content), (method, where)
    assert served.engine.drawn == 0
    assert not [path for path in served.studio.outputs.rglob("*") if path.is_file()]


def test_every_route_but_health_needs_a_key_from_elsewhere(served: Served) -> None:
    api = TestClient(served.app, client=("203.0.113.9", 5000), raise_server_exceptions=False)
    for method, path in routes(served):
        where = path.replace(":path", "").format(**NAMES)
        status = api.request(method, where, json={"prompt": "a red apple"} if method == "POST" else None).status_code
        # The address of a picture is its own key; who is depicted needs none, and this call is not whole.
        open_to_all = path.startswith("/v1/safety/notices")
        expected = (200,) if path.startswith("/health") else (404, 422, 400) if "files" in path else (401, 413, 415)
        expected = (400,) if open_to_all else expected
        assert status in expected, (method, path, status)


@pytest.mark.parametrize("path", FILES)
def test_a_file_route_takes_no_json_for_a_picture(served: Served, path: str) -> None:
    answer = served.client().post(path, json={"prompt": "gore"})
    assert answer.status_code in (200, 400)
    assert not holds_picture(answer.content)


@pytest.mark.parametrize("text", [r"\ud800", r"\udfff\ud800", r"\u0000", r"\uffff"])
def test_no_characters_of_a_text_break_the_server(served: Served, text: str) -> None:
    """Half a pair of UTF-16 above all: JSON can say it, and no page can show it."""
    for (_, path), body in REQUESTS.items():
        for name in (name for name, value in body.items() if isinstance(value, str)):
            raw = json.dumps(body | {name: f"{body[name]} TEXT"}).replace("TEXT", text)
            answer = served.client().post(path, content=raw, headers={"Content-Type": "application/json"})
            assert answer.status_code < 500 or answer.status_code == 501, (path, name, answer.text)
    review = served.studio.review
    for each in (review.notice_decisions.queue(), review.decisions.queue()):
        assert not any(one.case_id for one in each if _holds_half_pairs(served, one.case_id))


def _holds_half_pairs(served: Served, case: str) -> bool:
    return any(0xD800 <= ord(char) < 0xE000 for char in str(_loaded(served, case)))


def _loaded(served: Served, case: str) -> list[Any]:
    with served.studio.audit.read_transaction() as reader:
        return [json.loads(text) for text in reader.content_of(case).values()]


@pytest.mark.slow
def test_no_call_of_the_schema_breaks_the_server_or_the_schema(served: Served) -> None:
    """SAFELIGHT_SCHEMA_CASES: how many calls of each operation; the benchmark's 5,000 were 300 each."""
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings

    schema = schemathesis.openapi.from_asgi("/openapi.json", served.app)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        def one(case: Any) -> None:
            nonlocal tried
            tried += 1
            answer = served.client().request(
                case.method,
                case.formatted_path,
                params=case.query or None,
                **({"content": bytes(case.body)} if isinstance(case.body, bytes | bytearray) else _json(case.body)),
            )
            assert answer.status_code < 500 or answer.status_code == 501, (case.formatted_path, answer.text)
            kind = answer.headers.get("content-type", "")
            assert answer.status_code == 200 or "json" in kind or "event-stream" in kind, (case.formatted_path, kind)

        one()
    assert tried


def _json(body: Any) -> dict[str, Any]:
    return {} if type(body).__name__ in ("NotSet", "NoneType") else {"json": body}
