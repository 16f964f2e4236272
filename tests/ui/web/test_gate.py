"""What stands before Gradio, layer by layer: names, origins, forged headers, closed routes, headers, quotas."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.review.rate_limit import UploadLimits
from ui.web.admission import take_turns
from ui.web.client_ip import trusted_proxies
from ui.web.headers import SecurityHeaders
from ui.web.open_routes import OpenRoutes
from ui.web.origins import Origins
from ui.web.plain_errors import PlainErrors
from ui.web.presence import Presence, Stop
from ui.web.uploads import MEGABYTE, Ledger, Upload, UploadQuota

routes = pytest.importorskip("gradio.routes")

STRANGER, PROXY = "203.0.113.9", "10.1.2.3"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what the request looks like from inside."""
    request = Request(scope, receive)
    body = {"headers": dict(request.headers), "client": scope["client"][0], "size": len(await request.body())}
    await JSONResponse(body)(scope, receive, send)


def ask(app: ASGIApp, path: str = "/", client: str = STRANGER, method: str = "GET", **options: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(client, 5000))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as caller:
            return await caller.request(method, path, **options)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("host", "called_by", "status"),
    [
        pytest.param("127.0.0.1", "127.0.0.1:7860", 200, id="loopback"),
        pytest.param("127.0.0.1", "localhost:7860", 200, id="localhost"),
        pytest.param("127.0.0.1", "LOCALHOST.", 200, id="localhost in full"),
        pytest.param("127.0.0.1", "[::1]:7860", 200, id="loopback of IPv6"),
        pytest.param("127.0.0.1", "studio.example.org", 200, id="the operator's name"),
        pytest.param("127.0.0.1", "evil.example", 421, id="rebound name"),
        pytest.param("127.0.0.1", "127.0.0.1.evil.example", 421, id="a name that begins like an address"),
        pytest.param("127.0.0.1", "localhost.evil.example", 421, id="a name that begins like localhost"),
        pytest.param("127.0.0.1", "evil.example@localhost", 421, id="a name with a user before it"),
        pytest.param("127.0.0.1", "192.168.1.5", 421, id="an address it does not listen at"),
        pytest.param("127.0.0.1", "[::1", 421, id="half an address"),
        pytest.param("127.0.0.1", "", 421, id="no name"),
        pytest.param("192.168.1.5", "192.168.1.5:7860", 200, id="the configured address"),
        pytest.param("0.0.0.0", "192.168.1.5:7860", 200, id="any address of a server at every one"),
        pytest.param("0.0.0.0", "evil.example", 421, id="a name, of a server at every address"),
    ],
)
def test_only_the_studios_own_names_are_answered(host: str, called_by: str, status: int) -> None:
    app = Origins(echo, host, ("studio.example.org",))
    answer = ask(app, headers={"host": called_by})
    assert answer.status_code == status
    assert (status == 200) or "SAFELIGHT_NAMES" in answer.json()["error"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param(None, 200, id="a program"),
        pytest.param("http://127.0.0.1:7860", 200, id="the page itself"),
        pytest.param("https://studio.example.org", 200, id="the page behind its proxy"),
        pytest.param("https://evil.example", 403, id="another site"),
        pytest.param("http://127.0.0.1:3000", 403, id="another program of this machine"),
        pytest.param("http://localhost:3000", 403, id="the same by name"),
        pytest.param("null", 403, id="a page without an origin"),
        pytest.param("", 403, id="an empty origin"),
        pytest.param("http://[", 403, id="no origin at all"),
        pytest.param("https://studio.example.org.evil.example", 403, id="a name that begins like ours"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_other_sites_cannot_call(method: str, origin: str | None, status: int) -> None:
    app = Origins(echo, "127.0.0.1", ("studio.example.org",))
    headers = {} if origin is None else {"origin": origin}
    assert ask(app, method=method, headers=headers).status_code == status


FORGED = {
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=192.0.2.7;host=evil.example",
    "X-Real-IP": "192.0.2.7",
    "X-Original-URL": "/review",
    "X-Gradio-Server": "http://evil.example",
}


def behind(app: ASGIApp, proxies: tuple[str, ...]) -> ASGIApp:
    [proxy] = trusted_proxies(proxies)
    return Origins(proxy.cls(app, *proxy.args, **proxy.kwargs), "127.0.0.1", ("studio.example.org",), proxies)


def test_nothing_that_a_stranger_says_about_forwarding_is_heard() -> None:
    answer = ask(behind(echo, ("10.0.0.0/8",)), headers=FORGED).json()
    assert answer["client"] == STRANGER
    assert not set(answer["headers"]) & {name.lower() for name in FORGED}


def test_a_configured_proxy_is_heard_and_its_name_is_checked_like_any() -> None:
    app = behind(echo, ("10.0.0.0/8",))
    right = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "studio.example.org", "X-Forwarded-Proto": "https"}
    assert ask(app, client=PROXY, headers=right).json()["client"] == "192.0.2.7"
    assert ask(app, client=PROXY, headers=right | {"X-Forwarded-Host": "evil.example"}).status_code == 421
    twice = right | {"X-Forwarded-Host": "studio.example.org, evil.example"}
    assert ask(app, client=PROXY, headers=twice).status_code == 421


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])
def test_every_route_of_gradio_that_is_not_needed_is_closed(method: str) -> None:
    # From the source: how an application lists its routes differs from one FastAPI to the next.
    found = re.findall(r'@(app|router)\.\w+\(\s*f?"(/[^"]*)"', inspect.getsource(routes))
    paths = {("/gradio_api" if kind == "router" else "") + path for kind, path in found}
    assert len(paths) > 60
    open_now = set()
    for path in paths:
        concrete = re.sub(r"\{[^}]*\}", "x1", path)
        if ask(OpenRoutes(echo), concrete, method=method).status_code == 200:
            open_now.add(path)
    assert not [path for path in open_now if re.search(r"/(run|api|component_server|proxy|stream|vibe|monitor)", path)]
    assert not [path for path in open_now if re.search(r"process_recording|deep_link|dev/|run-history|token", path)]
    if method == "POST":
        assert {path.rstrip("/") for path in open_now} == {
            f"/gradio_api/{name}" for name in ("queue/join", "call/{api_name}", "upload", "cancel", "reset")
        }


@pytest.mark.parametrize("path", ["/gradio_api/run/create", "/gradio_api/api/create/", "/gradio_api/run/predict"])
def test_a_direct_call_is_told_the_way_through_the_queue(path: str) -> None:
    answer = ask(OpenRoutes(echo), path, method="POST", json={"data": []})
    assert answer.status_code == 404 and "queue" in answer.json()["error"]


def page(body: str, kind: str = "text/html") -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(body, media_type=kind)(scope, receive, send)

    return answer


def test_the_pages_own_scripts_run_and_no_others() -> None:
    app = SecurityHeaders(page("<script>1</script><script type='module' src='a.js'></script><scripted>"))
    first, second = ask(app), ask(app)
    policy = first.headers["content-security-policy"]
    [nonce] = re.findall(r"'nonce-([\w-]+)'", policy)
    assert first.text == (
        f"<script nonce=\"{nonce}\">1</script><script nonce=\"{nonce}\" type='module' src='a.js'></script><scripted>"
    )
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]
    assert int(first.headers["content-length"]) == len(first.content) and nonce not in second.text


def test_the_pages_own_scripts_stand_in_its_head_with_the_nonce() -> None:
    app = SecurityHeaders(page("<head></head>"), scripts="<script>1</script>")
    shown = ask(app)
    [nonce] = re.findall(r"'nonce-([\w-]+)'", shown.headers["content-security-policy"])
    assert shown.text == f'<head><script nonce="{nonce}">1</script></head>'
    assert ask(app, "/elsewhere").text == "<head></head>"


@pytest.mark.parametrize(
    ("frames", "policy"),
    [((), "frame-ancestors 'none'"), (("https://huggingface.co",), "frame-ancestors 'self' https://huggingface.co")],
)
def test_who_may_show_the_page_in_a_frame_is_a_setting(frames: tuple[str, ...], policy: str) -> None:
    headers = ask(SecurityHeaders(page(""), frames)).headers
    assert headers["content-security-policy"].endswith(policy)
    assert ("x-frame-options" in headers) == (not frames)


@pytest.mark.parametrize(
    ("kind", "inline"),
    [("image/png", True), ("image/jpeg", True), ("image/webp", True), ("image/svg+xml", False), ("text/html", False)]
    + [("application/pdf", False), ("text/plain", False), ("application/xhtml+xml", False)],
)
def test_a_file_is_shown_in_place_only_where_its_type_is_a_picture(kind: str, inline: bool) -> None:
    headers = ask(SecurityHeaders(page("<script>", kind)), "/gradio_api/file=/x").headers
    assert headers["x-content-type-options"] == "nosniff" and "sandbox" in headers["content-security-policy"]
    assert (headers["content-type"].partition(";")[0] == kind) == inline
    assert ("attachment" in headers.get("content-disposition", "")) == (not inline)


def test_a_failure_is_answered_with_the_headers_and_goes_to_the_log() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("secret")

    failures: list[Exception] = []

    async def server(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await SecurityHeaders(failing)(scope, receive, send)
        except ValueError as error:
            failures.append(error)

    answer = ask(server)
    assert (answer.status_code, len(failures)) == (500, 1) and "secret" not in answer.text
    assert answer.json()["error"].endswith(".") and answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_one_of_two_origins_that_is_foreign_is_enough() -> None:
    headers = [("origin", "http://127.0.0.1:7860"), ("origin", "https://evil.example")]
    assert ask(Origins(echo, "127.0.0.1"), headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/pwa_icon/5", "/pwa_icon/999999999"])
def test_an_icon_of_any_size_is_not_drawn(path: str) -> None:
    assert ask(OpenRoutes(echo), path).status_code == 404


@pytest.mark.parametrize("status", [400, 403, 404, 405, 422, 500, 503])
def test_an_error_of_gradios_is_one_sentence_without_what_was_sent(status: int) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"detail": [{"input": "secret", "msg": "Traceback"}]}, status)(scope, receive, send)

    told = ask(PlainErrors(answer))
    assert told.status_code == status and set(told.json()) == {"error", "detail"}
    assert told.json()["error"].endswith(".") and "secret" not in told.text


# ---- uploads ----


def rules(**changes: float) -> UploadLimits:
    values = {"megabytes": 4, "files": 2, "client_megabytes": 8, "total_megabytes": 12, "minutes": 10}
    return UploadLimits.model_validate(values | changes)


@pytest.fixture
def seconds() -> list[float]:
    return [0.0]


@pytest.fixture
def ledger(tmp_path: Path, seconds: list[float]) -> Ledger:
    return Ledger(rules(), tmp_path, lambda: seconds[0])


def send(ledger: Ledger, files: int = 1, size: int = 10, client: str = STRANGER, **headers: str) -> httpx.Response:
    parts = [("files", (f"{number}.png", b"x" * size)) for number in range(files)]
    app = UploadQuota(echo, ledger)
    return ask(app, "/gradio_api/upload", client, "POST", files=parts, headers=headers)


def test_an_upload_within_its_bounds_arrives_whole(ledger: Ledger) -> None:
    assert send(ledger, files=2, size=100_000).json()["size"] > 200_000


def test_too_many_files_in_one_call_are_refused(ledger: Ledger) -> None:
    answer = send(ledger, files=3)
    assert answer.status_code == 413 and "at most 2" in answer.json()["error"]


def test_too_large_an_upload_is_refused_before_it_is_read(ledger: Ledger) -> None:
    answer = send(ledger, size=5 * MEGABYTE)
    assert answer.status_code == 413 and "4 MB" in answer.json()["error"] and not ledger.uploads


def test_an_upload_says_its_length_and_is_a_form(ledger: Ledger) -> None:
    async def chunks() -> Any:
        yield b"x"

    app = UploadQuota(echo, ledger)
    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert ask(app, "/gradio_api/upload", method="POST", content=chunks(), headers=kind).status_code == 411
    assert ask(app, "/gradio_api/upload", method="POST", content=b"x").status_code == 400


def test_each_client_has_a_quota_that_comes_back(ledger: Ledger, seconds: list[float]) -> None:
    size = 4 * MEGABYTE - 1000
    assert [send(ledger, size=size).status_code for _ in range(3)] == [200, 200, 429]
    assert int(send(ledger, size=size).headers["retry-after"]) == 600
    assert send(ledger, size=size, client="192.0.2.1").status_code == 200
    seconds[0] += 601
    assert send(ledger, size=size).status_code == 200


def test_the_smallest_uploads_have_a_quota_too(ledger: Ledger) -> None:
    taken = [send(ledger, size=1).status_code for _ in range(40)]
    assert taken == [200] * 32 + [429] * 8  # 8 MB, each counts for a quarter of one


def test_the_oldest_uploads_go_by_age_and_under_pressure(ledger: Ledger, seconds: list[float], tmp_path: Path) -> None:
    files = []
    for number in range(3):
        upload = ledger.open(f"192.0.2.{number}", 4 * MEGABYTE)
        assert isinstance(upload, Upload)
        files.append(tmp_path / f"{number}.png")
        files[-1].write_bytes(b"x")
        upload.files.append(files[-1])
        seconds[0] += 1
    # Full, and all too new to be deleted: whoever comes has to wait.
    assert ledger.open(STRANGER, MEGABYTE) == (503, *ledger.open(STRANGER, MEGABYTE)[1:])  # type: ignore[index]
    seconds[0] += 60
    assert isinstance(ledger.open(STRANGER, MEGABYTE), Upload)
    assert [file.exists() for file in files] == [False, True, True]
    seconds[0] += 600
    assert isinstance(ledger.open(STRANGER, MEGABYTE), Upload)
    assert not any(file.exists() for file in files)


def test_the_same_file_of_two_clients_stays_as_long_as_one_needs_it(
    ledger: Ledger, seconds: list[float], tmp_path: Path
) -> None:
    (tmp_path / "same.png").write_bytes(b"x")
    for client in ("192.0.2.1", "192.0.2.2"):
        upload = ledger.open(client, 10)
        assert isinstance(upload, Upload)
        upload.files.append(tmp_path / "same.png")
        seconds[0] += 400
    ledger.open(STRANGER, 10)
    assert (tmp_path / "same.png").exists()


# ---- who listens ----


def test_a_session_is_gone_once_it_has_not_listened_for_the_grace_period(seconds: list[float]) -> None:
    presence = Presence(lambda: seconds[0], grace=5)
    is_gone: Callable[[], bool] = lambda: presence.gone("s")  # noqa: E731
    stop = Stop(is_gone)
    assert not stop.is_set()
    presence.seen("s")
    seconds[0] = 6
    assert stop.is_set()
    presence.opened("s")
    presence.opened("s")
    assert not stop.is_set()
    presence.closed("s")
    seconds[0] = 60
    assert not stop.is_set()
    presence.closed("s")
    assert not stop.is_set()
    seconds[0] = 66
    assert stop.is_set()


def test_what_is_no_page_passes_untouched() -> None:
    assert ask(SecurityHeaders(page("<script>", "application/json"))).text == "<script>"


def test_clients_take_turns_in_the_queue() -> None:
    calls = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("b", 2), ("a", 4)]
    hosts = {"a": "192.0.2.1", "b": "192.0.2.2", "c": "192.0.2.3"}

    def event(name: str) -> SimpleNamespace:
        return SimpleNamespace(request=SimpleNamespace(client=SimpleNamespace(host=hosts[name])))

    events = [event(name) for name, _ in calls]
    which = {id(one): call for one, call in zip(events, calls, strict=True)}
    for _ in range(2):  # once in order, they stay so
        take_turns(events)
        order = [which[id(one)] for one in events]
        assert order == [("a", 1), ("b", 1), ("c", 1), ("a", 2), ("b", 2), ("a", 3), ("a", 4)]
