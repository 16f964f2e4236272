"""While a policy is updated, two policies stand side by side: no request is judged by parts of both."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from deploy import cluster_parts
from deploy.cluster_parts import PICTURES, PROMPTS, on_cluster
from deploy.replicas import CheckReplica
from safety.generation import GenerationRequest
from safety.records import Stage
from studio import Studio
from tests.deploy.parts_by_hand import HandPart, parts_of_hand
from tests.deploy.two_policies import NEW, OLD, decision_facts, judged, side, studio_of_side
from tests.deploy.two_policies import PROMPTS as ASKED
from tests.fakes import fake_studio

if TYPE_CHECKING:
    from tests.deploy.conftest import Served

SIDES = (OLD, NEW)


def alone(studio: Studio, prompt: str, outcome: Any) -> list[Any]:
    """Returns what a studio in one process says of a prompt, and of each picture that was drawn for it."""
    said = [studio.check(prompt, "general")]
    for each in outcome.generation.pictures if getattr(outcome, "generation", None) else ():
        said.append(studio.look(each.image, "general", each.prompt))
    return [decision_facts(each) for each in said]


def words_alone(whole: Studio, which: str, folder: Path) -> Studio:
    """Returns one side of an update of word lists alone: the policy's own digest is the same on both."""
    presets = folder / which
    shutil.copytree(whole.policy.folder, presets, ignore=shutil.ignore_patterns("lessons", "trust"))
    with (presets / "lexicon" / "violence.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n# {which}\n")
    return replace(side(whole, which), policy=whole.policy.model_copy(update={"folder": presets}))


@pytest.fixture
def whole(tmp_path: Path) -> Any:
    studio = fake_studio(tmp_path)
    yield studio
    studio.audit.close()


@pytest.mark.parametrize("what", ["limits and words", "words alone"])
def test_each_decision_is_that_of_one_policy_whichever_guards_answer(
    whole: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(cluster_parts, "PAUSE", 0.0)
    make = partial(side, whole) if what == "limits and words" else partial(words_alone, whole, folder=tmp_path)
    sides = {which: make(which=which) for which in SIDES}
    chance, answered = random.Random(7), Counter[str]()
    guards = {name: {each: CheckReplica(sides[each], stage) for each in SIDES} for name, stage in STAGES.items()}

    def mixed(name: str) -> HandPart:
        """A guard of which some replicas are of the old policy, and some of the new one."""
        part = HandPart(guards[name][OLD])

        def before(*_: Any) -> None:
            which = chance.choice(SIDES)
            answered[which] += 1
            part.replica = guards[name][which]

        part.before = before
        return part

    for which in SIDES:
        parts = parts_of_hand(sides[which]) | {name: mixed(name) for name in STAGES}
        ingress = on_cluster(sides[which], parts, 30)
        for prompt in ASKED:
            outcome = ingress.create(GenerationRequest(prompt, seed=7, steps=1, width=256, height=256))
            assert [decision_facts(each) for each in judged(outcome)] == alone(sides[which], prompt, outcome)
    assert answered[OLD] > 10 and answered[NEW] > 10
    assert whole.verify_audit() == []


STAGES = {PROMPTS: Stage.PROMPT, PICTURES: Stage.PICTURE}


def test_the_two_sides_judge_the_same_words_and_pictures_differently(whole: Studio) -> None:
    old, new = (side(whole, each) for each in SIDES)
    assert old.policy_digest != new.policy_digest
    differ = [each for each in ASKED if old.check(each, "general").verdict != new.check(each, "general").verdict]
    assert differ == ["a thistle", "a bramble", "a scuffle"]


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own warnings
def test_no_request_is_judged_by_half_a_policy_while_the_application_is_redeployed(served: Served) -> None:
    from ray import serve

    from deploy.serve import bound
    from tests.deploy.conftest import APPLICATION, SECONDS, studio_with_a_slow_engine

    over = threading.Event()
    answers: list[tuple[str, httpx.Response]] = []

    def redeploy(make: Any) -> None:
        serve.run(bound(make, SECONDS, {"generator": 2}), name=APPLICATION, route_prefix="/")

    def client(number: int) -> None:
        headers, turn = served.key(f"updated {number}"), number
        while not over.is_set():
            body = {"prompt": ASKED[turn % len(ASKED)], "model": "pocket", "size": "256x256"}
            url = f"{served.url}/v1/images/generations"
            answers.append((body["prompt"], httpx.post(url, json=body, headers=headers, timeout=180)))
            turn += 1
            time.sleep(0.1)

    try:
        redeploy(partial(studio_of_side, str(served.home), OLD))
        with ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(client, number) for number in range(4)]
            try:
                time.sleep(3)
                redeploy(partial(studio_of_side, str(served.home), NEW))
                time.sleep(3)
            finally:
                over.set()
    finally:
        redeploy(partial(studio_with_a_slow_engine, str(served.home)))
    assert [each.exception() for each in clients] == [None] * 4
    check_answers(answers, served.home)


def check_answers(answers: list[tuple[str, httpx.Response]], home: Path) -> None:
    """Holds each answer against a studio in one process under the policy that its decisions name."""
    whole, noise = fake_studio(home), Image.effect_noise((64, 64), 60).convert("RGB")
    sides = {each.policy_digest: each for each in (side(whole, which) for which in SIDES)}
    seen: Counter[str] = Counter()
    for prompt, answer in answers:
        body = answer.json()
        if answer.status_code in (429, 503):
            assert int(answer.headers["retry-after"]) >= 1, body
            seen["come again"] += 1
            continue
        assert answer.status_code in (200, 400), (answer.status_code, body)
        about = body["safety"] if answer.status_code == 200 else body["error"]["safety"]
        rows = [row["facts"] for row in whole.show_case(about["case"]) if row["event"] == "judged"]
        (digest,) = {row["policy_digest"] for row in rows}
        by = sides[digest]
        expected = [by.check(prompt, "general"), by.look(noise, "general", prompt)]
        for row, said in zip(rows, expected, strict=False):  # a prompt that is refused has no picture
            assert (row["verdict"], row["scores"]) == (said.verdict.name, dict(said.scores)), (prompt, row)
        seen[digest] += 1
    assert set(sides) <= set(seen), seen
    assert sum(seen[digest] for digest in sides) > seen["come again"], seen
    assert whole.verify_audit() == []
    whole.audit.close()
