"""A server of OpenAI's images API as an engine like any other; what it answers is not trusted."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.interface import silent
from engines.remote import RemoteEngine
from safety.errors import Cancelled, EngineFailed, EngineUnavailable
from safety.generation import Delivered, GenerationRequest, Refused, Steering
from tests.engines.conftest import card
from tests.fakes import fake_studio
from tests.http_server import running

REQUEST = GenerationRequest("a red apple", engine="there", steps=4, guidance=4.0, width=64, height=32)
AWAY = Steering(("violence",), "blood", "medium")


def picture(seed: int) -> str:
    pixels = np.random.default_rng(seed).integers(0, 255, (32, 64, 3), dtype=np.uint8)
    memory = io.BytesIO()
    Image.fromarray(pixels).save(memory, "PNG")
    return base64.b64encode(memory.getvalue()).decode()


@dataclass
class Server:
    """Answers with `body`, or a picture of the seed asked for; `hold` keeps it from answering."""

    body: bytes | None = None
    code: int = 200
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    hold: threading.Event | None = None
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    server_of: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        server = self.server_of
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.requests.append(body)
        server.keys.append(self.headers.get("Authorization", ""))
        if server.hold:
            server.hold.wait(20)
        found = {"data": [{"b64_json": picture(body["seed"])}]}
        answer = json.dumps(found).encode() if server.body is None else server.body
        self.send_response(server.code if self.path == "/v1/images/generations" else 404)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"server_of": server}))
    with running(http) as address:
        server.url = f"{address}/v1"
        yield server


def engine(server: Server, **changes: Any) -> RemoteEngine:
    return RemoteEngine("there", card("flux", kind="server", url=server.url, **changes), "secret")


def test_one_picture_a_seed_is_asked_for_with_every_setting(server: Server) -> None:
    generation = engine(server).generate(REQUEST, [3, 4], silent, steering=AWAY)
    assert [picture.image.size for picture in generation.pictures] == [(64, 32)] * 2
    assert generation.pictures[0].image.tobytes() != generation.pictures[1].image.tobytes()
    assert ([picture.seed for picture in generation.pictures], generation.model, server.keys[0]) == (
        [3, 4],
        "flux",
        "Bearer secret",
    )
    assert server.requests[0] == {
        "model": "flux",
        "prompt": "a red apple",
        "n": 1,
        "size": "64x32",
        "response_format": "b64_json",
        "seed": 3,
        "num_inference_steps": 4,
        "guidance_scale": 4.0,
        "negative_prompt": "blood",
    }
    assert generation.steered and generation.steered.method == "negative prompt"


def test_without_guidance_nothing_is_steered_and_it_is_said(server: Server) -> None:
    generation = engine(server, guided=False).generate(REQUEST, [3], silent, steering=AWAY)
    assert generation.steered and generation.steered.method == "" and "without guidance" in generation.steered.why
    assert not {"negative_prompt", "guidance_scale"} & set(server.requests[0])


@pytest.mark.parametrize(
    ("code", "body", "says"),
    [
        pytest.param(500, b"a red apple is not allowed", "the error 500", id="error"),
        pytest.param(200, b"<html>", "no picture", id="no JSON"),
        pytest.param(200, b"{}", "no picture", id="no data"),
        pytest.param(200, b'{"data": [{"url": "http://elsewhere/x.png"}]}', "no picture", id="an address"),
        pytest.param(200, b'{"data": [{"b64_json": "!!"}]}', "no picture", id="no base64"),
        pytest.param(200, b'{"data": [{"b64_json": "aGVsbG8="}]}', "no picture", id="no image"),
    ],
)
def test_what_is_no_answer_is_one_sentence_without_the_prompt(
    server: Server, code: int, body: bytes, says: str
) -> None:
    server.code, server.body = code, body
    with pytest.raises(EngineFailed, match=says) as caught:
        engine(server).generate(REQUEST, [1], silent)
    assert "apple" not in caught.value.sentence


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(EngineUnavailable, match="does not answer") as caught:
        engine(Server(url="http://127.0.0.1:9/v1")).generate(REQUEST, [1], silent)
    assert "engines.toml" in caught.value.advice


def test_who_waits_for_the_server_can_cancel(server: Server) -> None:
    server.hold = threading.Event()

    def impatient(_stage: str, _done: int, _total: int, /) -> None:
        if server.requests:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        engine(server).generate(REQUEST, [1, 2], impatient)
    server.hold.set()
    assert len(server.requests) == 1


def test_its_pictures_are_judged_and_marked_like_any_other(server: Server, tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    studio.engines["there"] = engine(server, shown_at_least=32)  # type: ignore[index]
    settings = {"engine": "there", "width": 32, "height": 32}
    delivered = studio.create(GenerationRequest("a red apple", **settings))  # type: ignore[arg-type]
    assert isinstance(delivered, Delivered) and delivered.pictures[0].export
    spoilt = studio.create(GenerationRequest("a spoilt apple", **settings))  # type: ignore[arg-type]
    assert isinstance(spoilt, Refused) and spoilt.decision.stage == "picture"
    count = len(server.requests)
    assert isinstance(studio.create(GenerationRequest("gore", **settings)), Refused)  # type: ignore[arg-type]
    assert len(server.requests) == count


def test_weights_of_words_are_not_sent_to_a_server_that_knows_none(server: Server) -> None:
    engine(server).generate(replace(REQUEST, prompt="a (red:1.3) apple"), [3], silent)
    assert server.requests[0]["prompt"] == "a red apple"
    engine(server, prompt_weights=True).generate(replace(REQUEST, prompt="a (red:1.3) apple"), [3], silent)
    assert server.requests[1]["prompt"] == "a (red:1.3) apple"
