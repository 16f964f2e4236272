"""The studio's tools for language models, called by the protocol's own client."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from studio import Studio
from tests.fakes import fake_studio
from ui.reach import Reach

pytestmark = pytest.mark.slow  # a real server

pytest.importorskip("mcp")
uvicorn = pytest.importorskip("uvicorn")


@dataclass(frozen=True)
class Serving:
    url: str
    studio: Studio


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    from ui.web.api_server import guarded

    studio = fake_studio(tmp_path_factory.mktemp("mcp"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = guarded(studio, "127.0.0.1", Reach(mcp=True))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Serving(f"http://127.0.0.1:{port}/mcp", studio)
    server.should_exit = True
    thread.join()
    studio.audit.close()


def call(url: str, name: str, **arguments: Any) -> Any:
    from mcp.client import Client

    async def work() -> Any:
        async with Client(url) as client:
            return await client.call_tool(name, arguments)

    return asyncio.run(work())


def test_a_model_can_ask_whether_a_prompt_passes(serving: Serving) -> None:
    told = call(serving.url, "judge", prompt="gore").content[0].text
    assert '"verdict":"BLOCK"' in told


def test_a_model_gets_a_marked_picture(serving: Serving) -> None:
    picture, facts = call(serving.url, "create", prompt="a red apple", seed=1).content
    assert Image.open(BytesIO(base64.b64decode(picture.data))).format == "PNG"
    assert '"marks": ["visible"]' in facts.text


def test_a_model_gets_no_picture_of_what_is_refused(serving: Serving) -> None:
    (said,) = call(serving.url, "create", prompt="gore").content
    assert "moderation_blocked" in said.text


def test_what_is_no_picture_is_said(serving: Serving) -> None:
    (said,) = call(serving.url, "verify", picture="no base64!").content
    assert said.text == "The picture is no base64."


def test_tools_are_called_by_who_may_call_and_in_one_way(serving: Serving) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepts = {"accept": "application/json, text/event-stream"}
    wrong = httpx.post(serving.url, json=asked, headers={**accepts, "authorization": "Bearer sl-wrong"})
    assert (wrong.status_code, wrong.headers["www-authenticate"]) == (401, "Bearer")
    # A stream that tells nothing would hold its connection for ever.
    assert httpx.get(serving.url, headers=accepts).status_code == 405
    assert httpx.post(serving.url, json=asked, headers=accepts).status_code == 200


def test_a_call_of_a_tool_is_read_within_bounds(serving: Serving) -> None:
    answer = httpx.post(serving.url, content=b"0" * 5_000_000, headers={"content-type": "application/json"})
    assert answer.status_code == 413
