"""One flow, whatever it runs on: each test holds in one process, with parts that are replicas, and on Ray Serve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.testing import FakeEngine
from safety.audit import AuditLog
from safety.errors import Cancelled, RequestError
from safety.generation import Delivered, EnlargeRequest, GenerationRequest, Refused
from safety.records import Stage, Verdict
from studio import Studio

pytestmark = pytest.mark.filterwarnings("ignore:::ray")


def create(studio: Studio, prompt: str = "a red apple", **settings: Any) -> Delivered | Refused:
    return studio.create(GenerationRequest(prompt, **{"seed": 7, **settings}))


def events(audit: AuditLog, case: str) -> list[str]:
    return [row["event"] for row in audit.show(case)]


def test_a_picture_is_judged_drawn_judged_marked_and_on_record(studio: Studio) -> None:
    outcome = create(studio, count=2)
    assert isinstance(outcome, Delivered)
    assert events(studio.audit, outcome.case) == [
        "opened", "judged", "generated", "judged", "exported", "judged", "exported", "closed",
    ]  # fmt: skip
    for result in outcome.pictures:
        assert result.export and result.export.path.is_file() and result.export.marks
        assert result.export.path.parent == studio.outputs / outcome.case
        found = studio.audit.find([result.export.stamp], result.export.sha256)
        assert found and found.case == outcome.case
    assert studio.verify_audit() == []


def test_the_same_seed_gives_the_same_picture_everywhere(studio: Studio) -> None:
    outcome = create(studio, seed=11)
    assert isinstance(outcome, Delivered)
    request = outcome.request
    alone = FakeEngine().generate(request, [11], lambda *_: None).pictures[0].image
    assert np.array_equal(np.asarray(outcome.pictures[0].picture.image), np.asarray(alone))


def test_each_decision_names_its_policy(studio: Studio) -> None:
    outcome = create(studio)
    assert isinstance(outcome, Delivered)
    decisions = [outcome.prompt_decision, *(result.decision for result in outcome.pictures)]
    assert {(each.policy_version, each.policy_digest) for each in decisions} == {
        (studio.policy_version, studio.policy_digest)
    }
    assert [each.stage for each in decisions] == [Stage.PROMPT, Stage.PICTURE]
    assert decisions[0].ran == ("words",) and decisions[1].ran[0] == "eyes"


@pytest.mark.parametrize(
    ("prompt", "verdict"),
    [
        pytest.param("gore in a bowl", Verdict.BLOCK, id="refused"),
        pytest.param("a forbidden thing", Verdict.HARD_BLOCK, id="refused in every mode"),
        pytest.param("a spoilt apple", Verdict.BLOCK, id="withheld picture"),
    ],
)
def test_what_is_stopped_has_no_file_and_its_reasons(studio: Studio, prompt: str, verdict: Verdict) -> None:
    outcome = create(studio, prompt)
    assert isinstance(outcome, Refused) and outcome.decision.verdict is verdict and outcome.decision.reasons
    assert not (studio.outputs / outcome.case).exists()
    assert ("generated" in events(studio.audit, outcome.case)) is (outcome.decision.stage is Stage.PICTURE)
    assert studio.statement(outcome).case == outcome.case


def test_a_refused_prompt_gets_a_wording_that_passes(studio: Studio) -> None:
    outcome = create(studio, "gore in a bowl")
    assert isinstance(outcome, Refused)
    assert [each.text for each in outcome.suggestions] == ["fog in a bowl"]


def test_a_warning_is_confirmed_once_it_was_shown(studio: Studio) -> None:
    asked = create(studio, "a wound")
    assert isinstance(asked, Refused) and asked.decision.verdict is Verdict.WARN
    confirmed = create(studio, "a wound", acknowledged=True, warning=asked.case)
    assert isinstance(confirmed, Delivered)
    assert isinstance(create(studio, "a wound", acknowledged=True, warning=asked.case), Refused)


def test_a_veiled_picture_is_written_and_says_so(studio: Studio) -> None:
    outcome = create(studio, "a shock of hair")
    assert isinstance(outcome, Delivered) and outcome.pictures[0].veiled


def test_steps_and_blurred_previews_come_while_it_is_drawn(studio: Studio) -> None:
    steps: list[tuple[str, int, int]] = []
    previews: list[tuple[Image.Image, ...]] = []
    request = GenerationRequest("a red apple", seed=7, steps=8)
    studio.create(request, progress=lambda *step: steps.append(step), preview=previews.append)
    drawn = [done for stage, done, _ in steps if stage == "drawing"]
    assert set(drawn) == set(range(8)) and drawn == sorted(drawn)
    assert previews and all(max(picture.size) <= 256 for pictures in previews for picture in pictures)


def test_a_picture_that_is_cancelled_is_on_record_and_the_next_one_is_drawn(studio: Studio) -> None:
    def progress(stage: str, done: int, _total: int, /) -> None:
        if stage == "drawing" and done == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        studio.create(GenerationRequest("a red apple", seed=7, steps=400), progress=progress)
    (row,) = [row for row in studio.audit.show(studio.list_cases(1)[0]["case"]) if row["event"] == "closed"]
    assert row["facts"]["outcome"] == "cancelled"
    assert isinstance(create(studio), Delivered)


def test_a_wrong_setting_opens_no_case(studio: Studio) -> None:
    with pytest.raises(RequestError, match="steps"):
        create(studio, steps=10_000)
    assert studio.list_cases(1) == []


def test_a_finished_picture_is_enlarged_and_judged_anew(studio: Studio) -> None:
    first = create(studio)
    assert isinstance(first, Delivered) and first.pictures[0].export
    larger = studio.enlarge(EnlargeRequest(str(first.pictures[0].export.stamp)))
    assert larger.result.export and larger.result.export.width > first.pictures[0].export.width
    assert studio.verify_audit() == []


def test_typed_words_and_pictures_from_elsewhere_are_judged(studio: Studio) -> None:
    assert studio.preview("gore", "general").verdict is Verdict.BLOCK
    assert [each.verdict for each in studio.check_many(["an apple", "gore"], "general")] == [
        Verdict.ALLOW,
        Verdict.BLOCK,
    ]
    noise = Image.effect_noise((128, 128), 60)
    assert studio.look(noise, "general", "spoilt").verdict is Verdict.BLOCK
    assert studio.look_many([noise, noise], "general")[1].verdict is Verdict.ALLOW


def test_every_check_looks(studio: Studio) -> None:
    health = studio.health()
    assert health.sound and {check.name for check in health.checks} >= {"words", "eyes"}
