"""The service on a cluster, called as clients call it: replicas die, clients hang up, nothing is lost or unmarked."""

from __future__ import annotations

import base64
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from tests.fakes import fake_studio

if TYPE_CHECKING:
    from tests.deploy.conftest import Served

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray's own warnings

CLIENTS, EACH = 8, 5
CLEAR = {409, 429, 502, 503}  # what a call may be answered with beside a picture


def ask(served: Served, headers: dict[str, str], seconds: float = 60, **body: Any) -> httpx.Response:
    call = {"prompt": "a red apple", "model": "pocket", **body}
    return httpx.post(f"{served.url}/v1/images/generations", json=call, headers=headers, timeout=seconds)


def replicas(deployment: str) -> list[Any]:
    """Returns the actors of a deployment."""
    import ray

    named = ray.util.list_named_actors(all_namespaces=True)
    mine = [each for each in named if each["name"].startswith("SERVE_REPLICA::") and f"#{deployment}#" in each["name"]]
    return [ray.get_actor(each["name"], namespace=each["namespace"]) for each in mine]


def test_a_picture_comes_over_http_with_the_policy_that_judged_it(served: Served) -> None:
    answer = ask(served, served.key("shop"))
    assert answer.status_code == 200, answer.text
    (picture,) = answer.json()["data"]
    assert Image.open(BytesIO(base64.b64decode(picture["b64_json"]))).size == (512, 512)
    studio = fake_studio(served.home)
    judged = [row for row in studio.show_case(answer.json()["safety"]["case"]) if row["event"] == "judged"]
    assert {row["facts"]["policy_digest"] for row in judged} == {studio.policy_digest} and len(judged) == 2
    studio.audit.close()


def test_a_refused_prompt_is_refused_over_http(served: Served) -> None:
    answer = ask(served, served.key("shop"), prompt="gore")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "moderation_blocked")


def test_every_call_gets_a_picture_or_a_clear_error_while_replicas_die(served: Served) -> None:
    import ray

    keys = [served.key(f"client {number}") for number in range(CLIENTS)]
    answers: list[httpx.Response] = []

    def client(headers: dict[str, str]) -> None:
        for _ in range(EACH):
            answers.append(ask(served, headers, steps=20))

    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(client, headers) for headers in keys]
        for deployment in ("generator", "marks", "prompt-guard"):
            time.sleep(0.7)
            ray.kill(replicas(deployment)[0], no_restart=True)
        for each in running:
            each.result()
    counts = Counter(answer.status_code for answer in answers)
    assert len(answers) == CLIENTS * EACH and set(counts) <= {200, *CLEAR}, counts
    assert counts[200] >= len(answers) // 2, counts
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 429)
    assert all(answer.json()["error"]["message"] for answer in answers if answer.status_code != 200)
    studio = fake_studio(served.home)
    delivered = [answer.json()["safety"]["case"] for answer in answers if answer.status_code == 200]
    assert len(set(delivered)) == len(delivered)
    for case in delivered:
        events = Counter(row["event"] for row in studio.show_case(case))
        assert (events["opened"], events["exported"], events["closed"]) == (1, 1, 1)
    assert studio.verify_audit() == []
    studio.audit.close()


def test_a_client_that_hangs_up_ends_its_drawing(served: Served) -> None:
    before = len(list(served.notes.glob("stopped-*")))
    with pytest.raises(httpx.ReadTimeout):
        ask(served, served.key("impatient"), seconds=1.5, steps=500)
    for _ in range(100):
        if len(list(served.notes.glob("stopped-*"))) > before:
            return
        time.sleep(0.1)
    raise AssertionError("The drawing went on for nobody.")


def test_a_client_that_waits_for_a_second_is_told_so_after_a_second(served: Served) -> None:
    began = time.perf_counter()
    answer = ask(served, {**served.key("hasty"), "safelight-seconds": "1"}, steps=500)
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) >= 1
    assert time.perf_counter() - began < 5


def test_calls_beyond_what_may_wait_are_turned_away(served: Served) -> None:
    headers = [served.key(f"crowd {number}") for number in range(24)]
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda each=each: answers.append(ask(served, each, steps=60)), daemon=True)
        for each in headers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = Counter(answer.status_code for answer in answers)
    assert len(answers) == 24 and set(counts) == {200, 429}, counts
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 429)


def blind_studio(home: str) -> Any:
    """Makes a studio one of whose checks cannot look."""
    from dataclasses import replace

    from tests.deploy.test_cluster_parts import Blind

    studio = fake_studio(Path(home))
    return replace(studio, checks=replace(studio.checks, prompt=(Blind(),)))


def test_an_application_whose_checks_cannot_look_is_never_ready(cluster: Any, tmp_path: Path) -> None:
    from ray import serve

    from deploy.serve import bound

    with pytest.raises(RuntimeError, match="blind"):
        serve.run(bound(partial(blind_studio, str(tmp_path))), name="blind", route_prefix="/blind")
    assert serve.status().applications["blind"].status.name == "DEPLOY_FAILED"
    serve.delete("blind")
