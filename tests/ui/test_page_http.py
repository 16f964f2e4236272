"""Every endpoint of the running server, called directly: what the page does not offer is no way round it.

The list of endpoints is read from the server, private ones included.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest

from tests.ui.conftest import Served

WAIT = 120.0


def dependencies(served: Served) -> list[dict[str, Any]]:
    return [one for one in httpx.get(f"{served.url}/config").json()["dependencies"] if one["backend_fn"]]


def arguments(served: Served, dependency: dict[str, Any], prompt: str, mode: str, everywhere: bool) -> list[Any]:
    """What a caller could send: every box ticked, the prompt in the prompt or in whatever takes text."""
    parts = {one["id"]: one for one in httpx.get(f"{served.url}/config").json()["components"]}
    if any(parts[number]["type"] == "api" for number in dependency["inputs"]):
        info = httpx.get(f"{served.url}/gradio_api/info").json()["named_endpoints"][f"/{dependency['api_name']}"]
        asked = {"prompt": prompt, "mode": mode, "acknowledged": True}
        return [(asked | {"request": asked})[one["parameter_name"]] for one in info["parameters"]]
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
    made, files = served.engine.made, served.files()
    for dependency in dependencies(served):
        data = arguments(served, dependency, prompt, mode, everywhere)
        call(served, dependency, data)
        post(served, dependency, data)
    assert served.engine.made == made
    assert served.files() == files


def test_the_same_calls_with_a_harmless_prompt_do_make_pictures(served: Served) -> None:
    made = served.engine.made
    for dependency in dependencies(served):
        call(served, dependency, arguments(served, dependency, "a red apple", "general", False))
    assert served.engine.made >= made + 2  # the page's handler and the one for programs


def named(served: Served, name: str) -> dict[str, Any]:
    return next(one for one in dependencies(served) if one["api_name"] == name)


def test_the_endpoints_for_programs_are_the_documented_ones(served: Served) -> None:
    info = httpx.get(f"{served.url}/gradio_api/info").json()
    assert set(info["named_endpoints"]) == {"/create", "/health", "/preview", "/verify"}
    assert not info["unnamed_endpoints"]


def test_create_says_refused_with_case_and_reasons(served: Served) -> None:
    answer = call(served, named(served, "create"), [{"prompt": "gore", "acknowledged": True}])["data"][0]
    assert answer["refused"] and answer["verdict"] == "BLOCK"
    assert answer["case"] and answer["reasons"][0]["code"] == "P301"


def test_a_hard_line_gives_a_program_no_score_and_no_span(served: Served) -> None:
    answer = call(served, named(served, "create"), [{"prompt": "forbidden", "mode": "art"}])["data"][0]
    assert answer["verdict"] == "HARD_BLOCK"
    assert all(one["score"] is None and not one["spans"] for one in answer["reasons"])


def test_create_hands_over_the_file_byte_for_byte(served: Served) -> None:
    answer = call(served, named(served, "create"), [{"prompt": "a red apple", "seed": 7}])["data"][0]
    picture = answer["pictures"][0]
    url = f"{served.url}/gradio_api/file={picture['file']['path']}"
    on_disk = served.studio.outputs / answer["case"] / f"{picture['stamp']}.png"
    assert httpx.get(url).content == on_disk.read_bytes()


def test_preview_judges_and_records_nothing(served: Served) -> None:
    answer = call(served, named(served, "preview"), ["a wound", "general"])["data"][0]
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
def test_the_server_runs_no_errands(served: Served, path: str) -> None:
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
