"""Every endpoint of the running server, called directly: what the page does not offer is no way round it.

The list of endpoints is read from the server, private ones included.
"""

from __future__ import annotations

import json
import re
import socket
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from markupsafe import escape
from typer.testing import CliRunner

from engines.testing import FakeEngine
from safety.policy.model import load_policy
from tests.fakes import fake_studio
from tests.fakes_page import PRESETS
from tests.ui.conftest import Served
from ui import forms
from ui.cli import main as command_line

pytestmark = pytest.mark.slow  # a real server

page = pytest.importorskip("ui.web.page")

WAIT = 120.0
REVIEWED = {"/appeal", "/report", "/outcome", "/collect"}
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "statement-of-reasons.schema.json").read_text("utf-8"))


def dependencies(served: Served) -> list[dict[str, Any]]:
    return [one for one in httpx.get(f"{served.url}/config").json()["dependencies"] if one["backend_fn"]]


def arguments(served: Served, dependency: dict[str, Any], prompt: str, mode: str, everywhere: bool) -> list[Any]:
    """What a caller could send: every box ticked, the prompt in the prompt or in whatever takes text."""
    parts = {one["id"]: one for one in httpx.get(f"{served.url}/config").json()["components"]}
    if any(parts[number]["type"] == "api" for number in dependency["inputs"]):
        info = httpx.get(f"{served.url}/gradio_api/info").json()["named_endpoints"][f"/{dependency['api_name']}"]
        request = {"prompt": prompt, "mode": mode, "acknowledged": True}
        values = request | {
            "request": request,
            "case": prompt,
            "text": prompt,
            "negative_prompt": prompt if everywhere else "",
        }
        return [values[one["parameter_name"]] for one in info["parameters"]]
    return [argument(parts[number], prompt, mode, everywhere) for number in dependency["inputs"]]


def argument(part: dict[str, Any], prompt: str, mode: str, everywhere: bool) -> Any:
    kind, props = part["type"], part["props"]
    if kind == "textbox":
        return prompt if everywhere or props.get("elem_id") == "sl-prompt" else ""
    if props.get("elem_id") == "sl-mode":
        return mode
    return {"checkbox": True, "state": None, "file": None}.get(kind, props.get("value"))


def call(served: Served, dependency: dict[str, Any], data: list[Any]) -> Any:
    """Joins the queue as the page does and waits for the last message."""
    session = uuid.uuid4().hex
    body = {"data": data, "fn_index": dependency["id"], "session_hash": session}
    with httpx.Client(base_url=f"{served.url}/gradio_api", timeout=WAIT) as client:
        assert client.post("/queue/join", json=body).status_code == 200
        with client.stream("GET", "/queue/data", params={"session_hash": session}) as messages:
            for line in messages.iter_lines():
                message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    return message["output"]
    raise AssertionError("the server hung up")


def post(served: Served, dependency: dict[str, Any], data: list[Any]) -> int:
    """The other door: a plain POST, which runs unqueued handlers."""
    body = {"data": data, "fn_index": dependency["id"], "session_hash": uuid.uuid4().hex}
    name = dependency["api_name"] or "predict"
    return httpx.post(f"{served.url}/gradio_api/run/{name}", json=body, timeout=WAIT).status_code


@pytest.mark.slow
@pytest.mark.parametrize("everywhere", [False, True], ids=["in the prompt", "in all text"])
@pytest.mark.parametrize(
    ("prompt", "mode"),
    [
        pytest.param("gore everywhere", "general", id="refused"),
        pytest.param("forbidden", "general", id="hard line"),
        pytest.param("forbidden", "art", id="hard line in art"),
        pytest.param("forbidden", "medical", id="hard line in medical"),
    ],
)
def test_no_endpoint_makes_a_picture_of_a_blocked_prompt(
    served: Served, prompt: str, mode: str, everywhere: bool
) -> None:
    made, files = served.engine.drawn, served.files()
    for dependency in dependencies(served):
        data = arguments(served, dependency, prompt, mode, everywhere)
        call(served, dependency, data)
        post(served, dependency, data)
    assert served.engine.drawn == made
    assert served.files() == files


@pytest.mark.slow
def test_the_same_calls_with_a_harmless_prompt_do_make_pictures(served: Served) -> None:
    made = served.engine.drawn
    for dependency in dependencies(served):
        call(served, dependency, arguments(served, dependency, "a red apple", "general", False))
    assert served.engine.drawn >= made + 2  # the page's handler and the one for programs


def named(served: Served, name: str) -> dict[str, Any]:
    return next(one for one in dependencies(served) if one["api_name"] == name)


def test_the_endpoints_for_programs_are_the_documented_ones(served: Served) -> None:
    info = httpx.get(f"{served.url}/gradio_api/info").json()
    judging = {"/preview", "/judge_list", "/suggest"}
    assert set(info["named_endpoints"]) == {"/create", "/upscale", "/health", "/verify", *judging, *REVIEWED}
    assert not info["unnamed_endpoints"]


def test_create_says_refused_with_case_and_reasons(served: Served) -> None:
    answer = call(served, named(served, "create"), [{"prompt": "gore", "acknowledged": True}])["data"][0]
    assert answer["refused"] and answer["verdict"] == "BLOCK"
    assert answer["case"] and answer["reasons"][0]["code"] == "P301"


def without_case_and_time(text: str, case: str) -> str:
    """A statement without what differs from one refusal to the next: the case and the second."""
    return re.sub(r"\d\d:\d\d:\d\d", "TIME", text.replace(case, "CASE"))


@pytest.mark.parametrize("language", ["en-GB", "de"])
@pytest.mark.parametrize(
    ("prompt", "codes"),
    [
        pytest.param("gore on a plate", ["P301"], id="refused"),
        pytest.param("a wound", ["P302"], id="waits"),
        pytest.param("forbidden", ["P102"], id="hard line"),
        pytest.param("a spoilt apple", ["I301"], id="withheld"),
        pytest.param("slit her wrists", ["P303"], id="help"),
    ],
)
def test_http_command_line_and_page_give_the_same_case_codes_and_text(
    served: Served, tmp_path: Path, prompt: str, codes: list[str], language: str
) -> None:
    answer = call(served, named(served, "create"), [{"prompt": prompt, "language": language}])["data"][0]
    http = answer["statement"]
    jsonschema.validate(http, SCHEMA)
    assert (http["case"], [ground["code"] for ground in http["grounds"]]) == (answer["case"], codes)

    cli = command_line.build(lambda: served.studio, "127.0.0.1", 7860)
    command = ["create", prompt, "--out", str(tmp_path / "x.png"), "--language", language]
    row = json.loads(CliRunner().invoke(cli, [*command, "--json"]).stdout)
    assert without_case_and_time(row["statement"]["text"], row["case"]) == without_case_and_time(
        http["text"], answer["case"]
    )
    printed = CliRunner().invoke(cli, command).stdout
    shown_case = re.search(r"[0-9a-f]{12}", printed)
    assert shown_case and without_case_and_time(printed, shown_case[0]).startswith(
        without_case_and_time(http["text"], answer["case"])
    )

    page = json.dumps(call(served, making(served), page_values(served, prompt, language)), ensure_ascii=False)
    on_record = {case["case"] for case in served.studio.audit.list(4)}
    assert {answer["case"], row["case"], shown_case[0]} <= on_record
    [new] = [case for case in on_record if case in page]
    for part in (
        *codes,
        http["title"],
        http["possible"],
        http["facts"],
        http["appeal"]["how"].replace(answer["case"], new),
    ):
        assert str(escape(part)) in page.replace('\\"', '"')


def making(served: Served) -> dict[str, Any]:
    """The handler behind the page's own button."""
    return next(one for one in dependencies(served) if len(one["inputs"]) == len(forms.FIELDS))


def page_values(served: Served, prompt: str, language: str) -> list[Any]:
    values = dict(zip(forms.FIELDS, arguments(served, making(served), prompt, "general", False), strict=True))
    return list((values | {"language": language, "acknowledged": False}).values())


def test_a_hard_line_gives_a_program_no_score_and_no_span(served: Served) -> None:
    answer = call(served, named(served, "create"), [{"prompt": "forbidden", "mode": "art"}])["data"][0]
    assert answer["verdict"] == "HARD_BLOCK"
    assert all(one["score"] is None and not one["spans"] for one in answer["reasons"])


def test_create_hands_over_the_file_byte_for_byte(served: Served) -> None:
    answer = call(served, named(served, "create"), [{"prompt": "a red apple", "seed": 7}])["data"][0]
    picture = answer["pictures"][0]
    url = f"{served.url}/gradio_api/file={picture['file']['path']}"
    [on_disk] = (served.studio.outputs / answer["case"]).glob(f"*{picture['stamp']}.png")
    assert httpx.get(url).content == on_disk.read_bytes()


def test_preview_judges_and_records_nothing(served: Served) -> None:
    answer = call(served, named(served, "preview"), ["a wound", "general", ""])["data"][0]
    assert answer["verdict"] == "WARN" and 0 < answer["risk"] < 0.5


@pytest.mark.parametrize(
    "data", [[None], [[]], [{"prompt": {}}], [{"prompt": "a", "x": 1}], [{"prompt": "a" * 20_000}]]
)
def test_nonsense_gets_one_sentence_and_no_traceback(served: Served, data: list[Any]) -> None:
    answer = call(served, named(served, "create"), data)["data"][0]
    assert set(answer) == {"error"} and "Traceback" not in answer["error"]


def test_files_outside_the_cache_are_not_served(served: Served) -> None:
    call(served, named(served, "create"), [{"prompt": "a red apple"}])
    for path in (served.files()[0], served.studio.outputs.parent / "audit.sqlite3"):
        assert path.exists()
        assert httpx.get(f"{served.url}/gradio_api/file={path}").status_code in (403, 404)


@pytest.mark.parametrize(
    "path", ["file=http://127.0.0.1:9/x", "file=HTTPS://example.org/x", "proxy=http://127.0.0.1:9/"]
)
def test_the_server_fetches_nothing_for_a_caller(served: Served, path: str) -> None:
    assert httpx.get(f"{served.url}/gradio_api/{path}").status_code == 404


def test_another_session_cannot_reveal_a_veiled_picture(served: Served) -> None:
    made = call(served, named(served, "create"), [{"prompt": "a shock"}])["data"][0]
    assert made["pictures"][0]["veiled"] and made["pictures"][0]["file"] is None
    for dependency in dependencies(served):
        if dependency["api_name"].startswith("reveal"):
            assert ".png" not in json.dumps(call(served, dependency, [None]))


def test_no_history_and_no_monitoring(served: Served) -> None:
    assert httpx.get(f"{served.url}/config").json().get("run_history") in (False, None)
    assert httpx.get(f"{served.url}/monitoring").status_code != 200


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose operator has set general mode for everybody."""
    engine = FakeEngine()
    studio = fake_studio(tmp_path_factory.mktemp("locked"), engine)
    studio = replace(studio, policy=load_policy(PRESETS, locked="general"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    blocks = page.build(studio)
    page.launch(blocks, studio.review, "127.0.0.1", port, wait=False)
    yield Served(studio, engine, f"http://127.0.0.1:{port}")
    blocks.close(verbose=False)


@pytest.mark.slow
def test_a_locked_mode_holds_at_every_endpoint(locked: Served, served: Served) -> None:
    prompt, request = "gore", {"prompt": "gore", "mode": "art", "acknowledged": True}
    warning = call(served, named(served, "create"), [request])["data"][0]["warning"]
    free = call(served, named(served, "create"), [request | {"warning": warning}])["data"][0]
    assert not free["refused"]  # in art mode a confirmed warning passes
    for dependency in dependencies(locked):
        call(locked, dependency, arguments(locked, dependency, prompt, "art", False))
        post(locked, dependency, arguments(locked, dependency, prompt, "art", False))
    assert locked.engine.drawn == 0 and locked.files() == []
    answer = call(locked, named(locked, "create"), [request])["data"][0]
    assert answer["statement"]["mode"] == {"name": "general", "title": "General", "set_by": "operator"}
    assert call(locked, named(locked, "preview"), [prompt, "art", ""])["data"][0]["verdict"] == "BLOCK"
    [mode] = [
        one
        for one in httpx.get(f"{locked.url}/config").json()["components"]
        if one["props"].get("elem_id") == "sl-mode"
    ]
    assert [choice[1] for choice in mode["props"]["choices"]] == ["general"] and not mode["props"]["interactive"]


def test_the_garbage_collector_works_again_once_the_server_answers(served: Served) -> None:
    import gc

    assert gc.isenabled()


@pytest.mark.parametrize(("tag", "said"), [("en", "needs JavaScript"), ("de", "braucht JavaScript")])
def test_without_a_script_the_page_says_what_it_needs_and_what_works(served: Served, tag: str, said: str) -> None:
    text = httpx.get(served.url, headers={"Accept-Language": tag}).text
    (shown,) = re.findall(r"<noscript><main[^>]*>(.*?)</main></noscript>", text, re.DOTALL)
    assert said in shown and 'href="report"' in shown and "docs/api.md" in shown and "docs/cli.md" in shown
    assert re.search("<body[^>]*><noscript><main", text) and "&lt;body" not in text
    assert "<noscript><main" not in httpx.get(f"{served.url}/config").text
