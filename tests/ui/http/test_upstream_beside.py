"""A server's models beside the embedded one: on the page, at the command line, over HTTP; and when it is away."""

from __future__ import annotations

import base64
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from engines.upstream import upstream_engines
from safety.errors import PresetError
from safety.marks import Marks
from safety.marks.export import Exporter
from studio.api_keys import ApiKeys
from studio.factory import make_studio
from studio.settings import Settings
from tests.fakes import fake_studio
from tests.ui.http.upstreams import serving
from ui.cli.main import build
from ui.http.access import Access
from ui.http.application import make_app
from ui.web.create_form import CreateFields


def test_a_servers_models_stand_beside_the_embedded_one(tmp_path: Path) -> None:
    with serving("vllm-omni") as upstream:
        studio = make_studio(Settings(tmp_path, upstream=upstream.url))
    names = [engine.name for engine in studio.offered_engines()]
    assert names[0] == "pocket" and "vllm-omni-model" in names


def test_the_page_offers_it_with_what_its_card_says(tmp_path: Path) -> None:
    gradio = pytest.importorskip("gradio")
    with serving("sglang") as upstream:
        studio = make_studio(Settings(tmp_path, upstream=upstream.url))
    with gradio.Blocks():
        fields = CreateFields.build(studio)
        fields.build_settings(studio)
    offered = [name for _, name in fields.components["engine"].choices]
    assert "sglang-model" in offered
    assert "judged and marked here" in studio.engine_cards()["sglang-model"].note


def test_over_http_and_at_the_command_line_it_is_named_like_any_other(tmp_path: Path) -> None:
    with serving("diffusers") as upstream:
        studio = fake_studio(tmp_path, exporter=Exporter(Marks(tmp_path / "keys")))
        studio = replace(studio, engines={**studio.engines, **upstream_engines(upstream.url)})
        app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
        api = TestClient(app, client=("127.0.0.1", 5000))
        body = {"prompt": "a red apple", "model": "diffusers-model", "size": "256x256"}
        row = api.post("/v1/images/generations", json=body).json()
        found = api.post(
            "/v1/safety/verify",
            content=base64.b64decode(row["data"][0]["b64_json"]),
            headers={"content-type": "image/png"},
        ).json()
        assert found["layers"]["registry"]["found"] and upstream.asked[0]["prompt"] == "a red apple"
        out = tmp_path / "made.png"
        arguments = ["create", "a red apple", "--engine", "diffusers-model", "--out", str(out)]
        done = CliRunner().invoke(build(lambda: studio, "127.0.0.1", 7860), arguments)
        assert done.exit_code == 0, done.output
        assert out.read_bytes().startswith(b"\x89PNG") and upstream.asked[-1]["size"] == "1024x1024"
        assert api.post("/v1/images/generations", json=body | {"prompt": "gore"}).status_code == 400
        assert all(asked["prompt"] != "gore" for asked in upstream.asked)
        studio.audit.close()


def test_a_server_that_is_away_is_said_so_and_draws_once_it_is_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    engines = upstream_engines(f"http://127.0.0.1:{port}/v1")
    assert list(engines) == ["upstream"]
    studio = fake_studio(tmp_path)
    studio = replace(studio, engines={**studio.engines, **engines})
    app = make_app(studio, Access(ApiKeys(tmp_path / "keys")), b"a secret of 32 bytes for testing")
    api = TestClient(app, client=("127.0.0.1", 5000))
    body = {"prompt": "a red apple", "model": "upstream", "size": "256x256"}
    answer = api.post("/v1/images/generations", json=body)
    assert answer.status_code == 503 and "does not answer" in answer.json()["error"]["message"]
    with serving("vllm-omni", port) as upstream:
        assert api.post("/v1/images/generations", json=body).status_code == 200
        assert upstream.asked[-1]["model"] == "vllm-omni-model"
    studio.audit.close()


@pytest.mark.parametrize(
    "url", ["10.0.0.5:8000", "file:///etc", "http://", "http://a:b@10.0.0.5/v1", "http://10.0.0.5/v1?x=1"]
)
def test_what_is_no_address_of_a_server_stops_the_start(url: str) -> None:
    with pytest.raises(PresetError, match="SAFELIGHT_UPSTREAM"):
        Settings.read({"SAFELIGHT_UPSTREAM": url})
