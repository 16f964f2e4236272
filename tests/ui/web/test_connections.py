"""Connections that keep a server waiting: each ends in bounded time, and others are answered meanwhile."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ui.web import connections

uvicorn = pytest.importorskip("uvicorn")
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
SOON, LATER = 0.3, 20.0  # seconds: a bound for these tests, and the time that a slow machine gets
LARGE = b"0" * 40_000_000


async def app(scope: Any, _: Any, send: Any) -> None:
    body = LARGE if scope["path"] == "/large" else b"here"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connections, "HEAD", SOON)
    monkeypatch.setattr(connections, "TAKE", SOON)
    monkeypatch.setattr(uvicorn.config, "HTTP_PROTOCOLS", dict(uvicorn.config.HTTP_PROTOCOLS))
    connections.bound_connections()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param([], id="nothing"),
        pytest.param([HEAD], id="half a head"),
        pytest.param([HEAD + b"\r\n", HEAD], id="half a head after a whole one"),
    ],
)
def test_who_does_not_say_what_they_want_is_hung_up_on(port: int, said: list[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=LATER) as client:
        for part in said:
            client.sendall(part)
            if part.endswith(b"\r\n\r\n"):
                assert client.recv(1000)
        assert httpx.get(f"http://127.0.0.1:{port}/").text == "here"
        while client.recv(1000):  # until the server hangs up
            pass


def test_who_takes_nothing_of_an_answer_is_hung_up_on(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=LATER) as client:
        client.sendall(HEAD.replace(b"/ ", b"/large ") + b"\r\n")
        time.sleep(4 * SOON)
        taken = 0
        try:
            while data := client.recv(1_000_000):
                taken += len(data)
        except ConnectionResetError:
            pass
        assert taken < len(LARGE)


def test_who_takes_an_answer_slowly_gets_all_of_it(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=LATER) as client:
        client.sendall(HEAD.replace(b"/ ", b"/large ") + b"Connection: close\r\n\r\n")
        taken = 0
        while data := client.recv(1_000_000):
            taken += len(data)
            time.sleep(0.02)
        assert taken > len(LARGE)
