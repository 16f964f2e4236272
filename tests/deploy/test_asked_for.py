"""What stands before the API in an ingress: how long a client waits, its priority, and its part of the drawings."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from deploy.cluster_parts import asked_priority, deadline
from studio.tenant import BATCH, INTERACTIVE

pytest.importorskip("ray", reason="the extra `serve`")
pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore")]  # Ray's own warnings


async def asked(**headers: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Returns what an application behind it sees, and what is answered in its place."""
    from deploy.serve import AskedFor

    seen: dict[str, Any] = {}
    answers: list[dict[str, Any]] = []

    async def app(*_: Any) -> None:
        seen.update(priority=asked_priority.get(), seconds=deadline.get() - time.time())

    async def send(message: Any) -> None:
        answers.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/v1/images/generations", "headers": raw, "query_string": b""}
    await AskedFor(app, 120.0)(scope, None, send)  # type: ignore[arg-type]
    return seen, answers


@pytest.mark.parametrize(
    ("headers", "priority", "seconds"),
    [
        pytest.param({}, INTERACTIVE, 120, id="nothing"),
        pytest.param({"safelight_seconds": "5", "safelight_priority": " Batch "}, BATCH, 5, id="both"),
        pytest.param({"safelight_seconds": "900"}, INTERACTIVE, 120, id="longer than a request may take"),
        pytest.param({"safelight_seconds": "soon"}, INTERACTIVE, 120, id="no number"),
    ],
)
def test_headers_say_how_long_a_client_waits_and_who_goes_first(
    headers: dict[str, str], priority: str, seconds: float
) -> None:
    seen, answers = asyncio.run(asked(**headers))
    assert answers == [] and seen["priority"] == priority
    assert seconds - 5 < seen["seconds"] <= seconds


def test_a_priority_that_there_is_not_is_a_clear_error() -> None:
    seen, answers = asyncio.run(asked(safelight_priority="urgent"))
    assert seen == {} and answers[0]["status"] == 400
    error = json.loads(answers[1]["body"])["error"]
    assert "`interactive` or `batch`" in error["message"] and error["param"] == "safelight-priority"


@pytest.mark.parametrize(
    ("counted", "places"),
    [
        pytest.param((1, 1), 2, id="one of each"),
        pytest.param((8, 2), 8, id="shared by two"),
        pytest.param((3, 4), 2, id="rounded up"),
        pytest.param((1, 8), 1, id="never none"),
        pytest.param((0, 2), 2, id="none runs yet"),
        pytest.param((4, 0), 8, id="itself not counted yet"),
    ],
)
def test_an_ingress_has_its_part_of_what_the_generators_take(counted: tuple[int, int], places: int) -> None:
    from deploy.serve import Places

    mine = Places(lambda: counted)
    mine.look()
    assert mine() == places
