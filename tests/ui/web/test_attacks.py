"""A running server under attack: calls by the hundred, clients that hang up, words that must be in no log."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ui.conftest import Served
from tests.ui.web.servers import PASSWORD, serving
from tests.ui.web.test_page_http import arguments, dependencies, making, named, page_values
from ui import forms

pytest.importorskip("gradio")
pytestmark = pytest.mark.slow  # real servers

from safety.review.service import ReviewSettings  # noqa: E402

SECRET = "xylophonquartz"
PROMPT = f"a {SECRET} with gore"
JOIN = "/gradio_api/queue/join"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("target"), ReviewSettings(PASSWORD)) as served:
        yield served


def join(served: Served, name: str, data: list[Any], session: str = "") -> httpx.Response:
    body = {"data": data, "fn_index": named(served, name)["id"], "session_hash": session or uuid.uuid4().hex}
    return httpx.post(f"{served.url}{JOIN}", json=body, timeout=60)


# ---- by the hundred ----


def at_once(calls: list[tuple[str, str, Any]]) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            return await asyncio.gather(*(client.request(how, url, json=body) for how, url, body in calls))

    return asyncio.run(run())


def test_of_a_hundred_calls_at_once_a_few_are_taken_and_the_others_told_to_come_again(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        served.engine.pause = 0.05
        number = named(served, "create")["id"]
        data = [{"prompt": "a red apple", "width": 256, "height": 256}]
        calls = [
            ("POST", f"{served.url}{JOIN}", {"data": data, "fn_index": number, "session_hash": f"s{call}"})
            for call in range(100)
        ]
        answers = at_once(calls)
        taken = [answer for answer in answers if answer.status_code == 200]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(taken) == served.studio.review.rate_limiter.limits.at_once.create
        assert len(taken) + len(refused) == 100
        assert all(int(answer.headers["retry-after"]) > 0 and answer.json()["error"] for answer in refused)
        assert httpx.get(served.url, timeout=60).status_code == 200
        for _ in range(400):
            if len(served.studio.list_cases(200)) >= len(taken) and not open_cases(served):
                break
            time.sleep(0.05)
        assert served.studio.verify_audit() == []


def open_cases(served: Served) -> list[dict[str, Any]]:
    return [case for case in served.studio.list_cases(200) if case["outcome"] == "open"]


def test_direct_calls_run_nothing(target: Served) -> None:
    made, cases = target.engine.drawn, len(target.studio.list_cases(500))
    calls = [
        ("POST", f"{target.url}/gradio_api/{route}/create", {"data": [{"prompt": "an apple"}], "session_hash": "s"})
        for route in ("run", "api")
    ]
    assert {answer.status_code for answer in at_once(calls * 20)} == {404}
    assert (target.engine.drawn, len(target.studio.list_cases(500))) == (made, cases)


# ---- clients that go ----


@pytest.mark.parametrize("name", ["create", "page"])
def test_nothing_is_drawn_for_a_client_that_has_hung_up(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.web import presence

    monkeypatch.setattr(presence.Presence, "__init__", _short_grace(presence.Presence.__init__))
    with serving(tmp_path) as served:
        served.engine.pause = 0.05
        if name == "create":
            data, number = [{"prompt": "an apple", "steps": 500}], named(served, "create")["id"]
        else:
            data, number = page_values(served, "an apple", "en"), making(served)["id"]
            data[forms.FIELDS.index("steps")] = 500
        session = uuid.uuid4().hex
        assert served.studio.list_cases(1) == []
        with httpx.Client(base_url=served.url, timeout=60) as client:
            body = {"data": data, "fn_index": number, "session_hash": session}
            assert client.post(JOIN, json=body).status_code == 200
            with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as messages:
                # Kept: where the iterator goes, the connection goes with it.
                lines = messages.iter_lines()
                next(lines)
                while not served.studio.list_cases(1):
                    time.sleep(0.02)
        for _ in range(200):
            if not open_cases(served):
                break
            time.sleep(0.05)
        # Drawn to its end, it would take 25 seconds.
        assert {case["outcome"] for case in served.studio.list_cases(5)} == {"cancelled"}
        assert served.engine.drawn == 0


def _short_grace(init: Any) -> Any:
    def short(self: Any, *arguments: Any, **options: Any) -> None:
        init(self, *arguments, **{**options, "grace": 0.3})

    return short


# ---- malformed calls ----


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("null", id="null"),
        pytest.param("[]", id="a list"),
        pytest.param("", id="nothing"),
        pytest.param("{", id="half an object"),
        pytest.param('{"data": null, "fn_index": 0, "session_hash": "s"}', id="null as data"),
        pytest.param('{"data": [], "fn_index": 0, "session_hash": "s"}', id="too little data"),
        pytest.param('{"data": [1, 2, 3, 4, 5, 6, 7], "fn_index": 0, "session_hash": "s"}', id="too much data"),
        pytest.param('{"data": [], "fn_index": 99999, "session_hash": "s"}', id="no such handler"),
        pytest.param('{"data": [], "fn_index": "0", "session_hash": "s"}', id="a handler as text"),
        pytest.param('{"data": [], "fn_index": true, "session_hash": "s"}', id="a handler as a switch"),
        pytest.param('{"data": [[1], [2]], "fn_index": 0, "session_hash": "s", "batched": true}', id="batched"),
        pytest.param('{"data": [], "fn_index": 0, "session_hash": {"a": 1}}', id="a table as a session"),
        pytest.param("[" * 100_000, id="nested without end"),
        pytest.param('{"data": [], "fn_index": 0, "session_hash": "s", "x": [' + "[]," * 300_000 + "[]]}", id="lists"),
        pytest.param('{"data": ["' + '\\"' * 400_000, id="a text without end"),
        pytest.param('{"data": ["' + "x" * 1_100_000 + '"]}', id="too long"),
    ],
)
@pytest.mark.parametrize("path", [JOIN, "/gradio_api/call/create"])
def test_a_malformed_call_gets_one_sentence(target: Served, path: str, body: str) -> None:
    headers = {"content-type": "application/json"}
    body = body.replace('"fn_index": 0', f'"fn_index": {named(target, "create")["id"]}')
    answer = httpx.post(f"{target.url}{path}", content=body, headers=headers, timeout=60)
    assert answer.status_code in (400, 413), answer.text
    assert answer.json()["error"].endswith(".") and "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/etc/passwd", "/gradio_api/file=/etc/passwd", "/gradio_api/file=../../x", "/x"])
def test_a_forbidden_path_gets_one_sentence(target: Served, path: str) -> None:
    answer = httpx.get(f"{target.url}{path}", timeout=60)
    assert answer.status_code in (403, 404) and answer.json()["error"].endswith(".") and "passwd" not in answer.text


def test_another_sites_page_cannot_confirm_create_or_upload(target: Served) -> None:
    headers = {"origin": "https://evil.example"}
    for path in (JOIN, "/gradio_api/call/create", "/gradio_api/upload", "/gradio_api/cancel", "/review/login"):
        assert httpx.post(f"{target.url}{path}", json={}, headers=headers, timeout=60).status_code == 403


def test_a_forged_forwarded_host_is_nowhere_in_the_page(target: Served) -> None:
    headers = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}
    for path in ("/", "/config"):
        assert "evil.example" not in httpx.get(f"{target.url}{path}", headers=headers, timeout=60).text


# ---- logs ----


def listened(served: Served, body: dict[str, Any]) -> None:
    """Sends a call and reads to its end, whatever that is."""
    with httpx.Client(base_url=served.url, timeout=60) as client:
        answer = client.post(JOIN, json=body)
        if answer.status_code != 200:
            return
        with suppress(httpx.RemoteProtocolError):
            read_to_the_end(client, body["session_hash"])


def read_to_the_end(client: httpx.Client, session: str) -> None:
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as messages:
        for line in messages.iter_lines():
            message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
            if message.get("msg") in ("process_completed", "unexpected_error"):
                return


WRONG: tuple[Any, ...] = (SECRET, {"prompt": [SECRET], SECRET: SECRET}, {"path": f"/{SECRET}"})


def variants(data: list[Any], start: int) -> Iterator[list[Any]]:
    """The call as it should be, and with the secret in the place of each argument, in another form each time."""
    yield data
    for place in range(len(data)):
        wrong = WRONG[(start + place) % len(WRONG)]
        yield [wrong if number == place else value for number, value in enumerate(data)]


def test_what_a_person_types_is_in_no_log(
    target: Served, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="ui")
    calls = [
        {"data": values, "fn_index": dependency["id"], "session_hash": uuid.uuid4().hex}
        for dependency in dependencies(target)
        for values in variants(
            arguments(target, dependency, f"a {SECRET} with gore", "general", True), dependency["id"]
        )
    ]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda call: listened(target, call), calls))
    raw = [f'{{"data": ["{SECRET}"', f'["{SECRET}"]', SECRET, f'{{"data": ["{SECRET}"], "fn_index": "{SECRET}"}}']
    for path in (JOIN, f"/gradio_api/call/{SECRET}", "/gradio_api/upload", "/review/login", "/gradio_api/cancel"):
        for body in raw:
            for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
                httpx.post(f"{target.url}{path}", content=body, headers={"content-type": kind}, timeout=60)
    for path in (f"/{SECRET}", f"/gradio_api/file=/tmp/{SECRET}", f"/gradio_api/queue/data?session_hash={SECRET}"):
        with suppress(httpx.RemoteProtocolError):
            httpx.get(f"{target.url}{path}", timeout=60)
    written = capfd.readouterr()
    for text in (written.out, written.err, caplog.text):
        assert SECRET not in text, text[max(0, text.find(SECRET) - 2000) : text.find(SECRET) + 200]
    # The words of appeals and reports are kept for those who review them, beside the chain.
    with target.studio.audit.read_transaction() as reader:
        assert not [entry for entry in reader.entries() if SECRET in entry.facts]
        assert {kind for _, kind, text in reader.all_content() if SECRET in text} <= {"appeal"}


# ---- warnings ----


def test_one_warning_that_a_session_was_shown_makes_one_picture(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        served.engine.pause = 0.05
        session, data = uuid.uuid4().hex, page_values(served, "a wound", "en")
        data[forms.FIELDS.index("acknowledged")] = True
        judging = {"data": ["a wound", "general", "en", "", "pocket", ""], "session_hash": session}
        listened(served, judging | {"fn_index": named(served, "judge")["id"]})
        making_call = {"data": data, "fn_index": making(served)["id"], "session_hash": session}
        answers = at_once([("POST", f"{served.url}{JOIN}", making_call)] * 3)
        assert [answer.status_code for answer in answers] == [200] * 3
        for _ in range(200):
            if served.engine.drawn and not open_cases(served):
                break
            time.sleep(0.05)
        outcomes = [case["outcome"] for case in served.studio.list_cases(10)]
        # The warning that was confirmed is a case of its own.
        assert served.engine.drawn == 1 and outcomes.count("delivered") == 1, outcomes


@pytest.mark.parametrize("library", ["python_multipart.multipart", "diffusers.pipelines.x", "uvicorn.error", "PIL"])
def test_no_module_of_a_library_says_words(library: str, caplog: pytest.LogCaptureFixture) -> None:
    from ui.web.log_privacy import keep_words_out_of_logs

    made = logging.getLogRecordFactory()
    try:
        keep_words_out_of_logs()
        logging.getLogger(library).error("cut off: %s", SECRET)
        try:
            raise ValueError(SECRET)
        except ValueError:
            logging.getLogger(library).exception("failed")
        logging.getLogger("safety.x").error("ours: %s", "told")
    finally:
        logging.setLogRecordFactory(made)
    assert SECRET not in caplog.text and "ValueError" in caplog.text and "ours: told" in caplog.text
