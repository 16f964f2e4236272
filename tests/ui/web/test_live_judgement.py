"""The address at which words are judged while they are typed: what it says, and what it turns away."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from engines.testing import CARD
from safety.review.rate_limit import CallsAtOnce
from studio import Studio
from tests.fakes import FakeEngine, fake_studio
from ui.results import Judged
from ui.web import live_judgement, request_body
from ui.web.handlers import checksum_of
from ui.web.live_judgement import FIELDS, MOST_BYTES, PATH, LiveJudgement, with_style

JSON = {"content-type": "application/json"}
LIMITS = CallsAtOnce(create=4, others=3)


async def _elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("elsewhere")(scope, receive, send)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return fake_studio(tmp_path_factory.mktemp("home"))


def client_of(studio: Studio) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=LiveJudgement(_elsewhere, studio, LIMITS))
    return httpx.AsyncClient(transport=transport, base_url="http://studio")


def post(studio: Studio, content: str | bytes, headers: dict[str, str] | None = None, path: str = PATH) -> Any:
    async def send() -> httpx.Response:
        async with client_of(studio) as client:
            return await client.post(path, content=content, headers=JSON if headers is None else headers)

    return asyncio.run(send())


def test_it_says_what_the_library_says_of_the_same_words(studio: Studio) -> None:
    call = {"prompt": "how to build a bomb", "mode": "art", "language": "de", "negative_prompt": "hat", "style": ""}
    answer = post(studio, json.dumps(call))
    result, shown = live_judgement.live_judgement(studio, **call)
    assert isinstance(result, Judged)
    assert result.decision.verdict == studio.preview("how to build a bomb", "art", "hat").verdict
    assert answer.status_code == 200 and answer.text == shown
    assert answer.headers["cache-control"] == "no-store"
    assert f'data-words="{checksum_of("how to build a bomb", "art", "hat")}"' in shown


def test_the_words_of_a_style_are_judged_too(studio: Studio) -> None:
    style = next(iter(studio.styles))
    judged, negative = with_style(studio, "a red apple", "", style)
    assert "a red apple" in judged and judged != "a red apple"
    result, _ = live_judgement.live_judgement(studio, "a red apple", style=style)
    assert isinstance(result, Judged) and result.prompt == judged
    assert with_style(studio, "a red apple", negative, "no such style") == ("a red apple", negative)


def test_nothing_is_recorded(studio: Studio) -> None:
    before = len(studio.audit.list(50))
    assert post(studio, json.dumps({"prompt": "how to build a bomb"})).status_code == 200
    assert len(studio.audit.list(50)) == before


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param("", 400, id="nothing"),
        pytest.param("[1]", 400, id="a list"),
        pytest.param('{"prompt": 5}', 400, id="a number"),
        pytest.param('{"mode": "art"}', 400, id="no prompt"),
        pytest.param('{"prompt": null}', 400, id="no words"),
        pytest.param('{"prompt": "a", "mode": ["art"]}', 400, id="a list of modes"),
        pytest.param('{"prompt": "a", "acknowledged": "yes"}', 400, id="a field that it has not"),
        pytest.param("[" * 100_000, 400, id="deep"),
        pytest.param(b'{"prompt": "\xff"}', 400, id="no UTF-8"),
        pytest.param(json.dumps({"prompt": "a" * MOST_BYTES}), 413, id="too long"),
    ],
)
def test_what_is_no_call_is_turned_away_with_a_sentence(studio: Studio, content: str | bytes, status: int) -> None:
    answer = post(studio, content)
    assert answer.status_code == status
    assert answer.text.endswith(".") and "\n" not in answer.text


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_form_of_another_site_is_turned_away(studio: Studio, kind: str) -> None:
    assert post(studio, '{"prompt": "a red apple"}', {"content-type": kind}).status_code == 415


def test_half_a_character_is_judged_like_any_other_words(studio: Studio) -> None:
    answer = post(studio, r'{"prompt": "a red apple \ud83d"}')
    assert answer.status_code == 200 and "sl-about" in answer.text


def test_an_unknown_mode_is_said_in_place_of_a_judgement(studio: Studio) -> None:
    answer = post(studio, json.dumps({"prompt": "a red apple", "mode": "sculpture"}))
    assert answer.status_code == 200 and "sl-verdict" not in answer.text and "sculpture" in answer.text


@pytest.mark.parametrize("ending", ["hangs up", "sends no more"])
def test_a_caller_who_does_not_end_is_let_go(studio: Studio, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(request_body, "SENDING", 0.2)
    sent: list[Any] = []
    messages = [{"type": "http.request", "body": b'{"prompt": ', "more_body": True}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        if ending == "sends no more":
            await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": PATH, "headers": [(b"content-type", b"application/json")]}
    asyncio.run(LiveJudgement(_elsewhere, studio, LIMITS)(scope | {"client": ("192.0.2.1", 1)}, receive, send))
    assert sent[0]["status"] == 400


def test_other_addresses_and_methods_are_handed_on(studio: Studio) -> None:
    async def ask() -> list[str]:
        async with client_of(studio) as client:
            return [(await client.get(PATH)).text, (await client.post(f"{PATH}/more", headers=JSON)).text]

    assert asyncio.run(ask()) == ["elsewhere", "elsewhere"]


def test_a_client_with_too_many_calls_waits_and_others_do_not(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    held, original = threading.Event(), live_judgement.live_judgement

    def slow(*args: Any, **call: Any) -> Any:
        held.wait(30)
        return original(*args, **call)

    monkeypatch.setattr(live_judgement, "live_judgement", slow)

    async def ask() -> list[int]:
        app = LiveJudgement(_elsewhere, studio, LIMITS)
        callers = [httpx.ASGITransport(app=app, client=(name, 1)) for name in ("192.0.2.1", "192.0.2.2")]
        one, other = (httpx.AsyncClient(transport=caller, base_url="http://studio") for caller in callers)
        async with one, other:
            body = {"content": '{"prompt": "a red apple"}', "headers": JSON}
            waiting = [asyncio.create_task(one.post(PATH, **body)) for _ in range(3)]
            await asyncio.sleep(0.1)
            turned_away = await one.post(PATH, **body)
            waiting.append(asyncio.create_task(other.post(PATH, **body)))
            await asyncio.sleep(0.1)
            held.set()
            codes = [answer.status_code for answer in await asyncio.gather(*waiting)]
            codes.append((await one.post(PATH, **body)).status_code)
            assert turned_away.headers["retry-after"] == "2"
            return [turned_away.status_code, *codes]

    assert asyncio.run(ask()) == [429, 200, 200, 200, 200, 200]


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({name: st.text(max_size=40) for name in FIELDS}))
def test_every_text_gets_html_that_is_about_it_and_holds_no_markup_of_its_own(
    studio: Studio, call: dict[str, str]
) -> None:
    call["prompt"] += "<b onclick=x>"
    content = json.dumps(call)
    answer = post(studio, content)
    assert answer.status_code == 200
    assert "<b onclick" not in answer.text
    words = checksum_of(call["prompt"], call["mode"] or "general", call["negative_prompt"], call["style"])
    assert f'data-words="{words}"' in answer.text


def test_the_words_of_a_style_are_not_told_as_typed(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.card = CARD.model_copy(update={"vocabulary": "pocket/vocabulary.toml"})
    studio = fake_studio(tmp_path, engine)
    _, shown = live_judgement.live_judgement(studio, "an apple", engine="pocket", style="woodcut")
    words = shown[shown.index("sl-words") :]
    assert "<b>apple</b>" in words and "black" not in words and "carved" not in words
