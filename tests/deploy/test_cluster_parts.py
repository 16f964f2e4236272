"""What goes wrong between machines: nothing is judged by less than all checks, and nothing by two policies."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy import cluster_parts, replicas
from deploy.cluster_parts import (
    GENERATOR,
    MARKS,
    PICTURES,
    PROMPTS,
    PartBusy,
    PartGone,
    PartLate,
    asked_priority,
    deadline,
    on_cluster,
    wait_for_parts,
)
from deploy.fair_queue import FairQueue
from deploy.replicas import CheckReplica, DrawReplica, Failure
from engines.interface import silent
from engines.testing import FakeEngine
from safety import errors
from safety.errors import (
    BusyError,
    Cancelled,
    EngineFailed,
    EngineUnavailable,
    ExportError,
    LimitError,
    StudioError,
    WeightsError,
)
from safety.generation import Delivered, GenerationRequest, Refused
from safety.health import CheckInfo
from safety.records import Assessment, Finding, Prompt, Stage, Verdict
from studio import Studio
from studio.tenant import BATCH, INTERACTIVE, Tenant, counted_as
from tests.deploy.parts_by_hand import HandPart, parts_of_hand
from tests.fakes import PlainExporter, fake_studio
from tests.fakes_page import WordCheck

REQUEST = GenerationRequest("a red apple", seed=7)


@pytest.fixture
def whole(tmp_path: Path) -> Any:
    studio = fake_studio(tmp_path)
    yield studio
    studio.audit.close()


@pytest.fixture
def parts(whole: Studio, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(cluster_parts, "PAUSE", 0.001)
    return dict(parts_of_hand(whole))


class Blind(WordCheck):
    def detect(self, subject: Prompt, /) -> Any:
        raise OSError("no weights")


class Elsewhere:
    """A replica that answers what it likes."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def look(self, calls: list[Any]) -> list[Any]:
        return [self.answer for _ in calls]


def failing(times: int, error: type[Exception]) -> Callable[[str, Any], None]:
    """Raises an error at so many calls."""
    left = iter(range(times))

    def before(_method: str, _argument: Any) -> None:
        if next(left, None) is not None:
            raise error("gone")

    return before


@pytest.mark.parametrize("name", [PROMPTS, PICTURES, GENERATOR, MARKS])
def test_a_part_whose_replica_is_gone_is_asked_again(whole: Studio, parts: dict[str, Any], name: str) -> None:
    parts[name].before = failing(2, PartGone)
    assert isinstance(on_cluster(whole, parts, 30).create(REQUEST), Delivered)
    assert len(parts[name].calls) >= 3
    assert whole.verify_audit() == []


@pytest.mark.parametrize(
    ("name", "error", "raised"),
    [
        pytest.param(PROMPTS, PartGone, BusyError, id="guards are gone"),
        pytest.param(PROMPTS, PartBusy, BusyError, id="guards are busy"),
        pytest.param(PICTURES, PartLate, BusyError, id="guards are late"),
        pytest.param(GENERATOR, PartBusy, BusyError, id="generators are busy"),
        pytest.param(GENERATOR, PartGone, EngineUnavailable, id="generators are gone"),
        pytest.param(MARKS, PartBusy, BusyError, id="marks are busy"),
    ],
)
def test_a_request_that_no_part_takes_is_told_to_come_again_and_leaves_no_picture(
    whole: Studio, parts: dict[str, Any], name: str, error: type[Exception], raised: type[Exception]
) -> None:
    parts[name].before = failing(99, error)
    with pytest.raises(raised) as caught:
        on_cluster(whole, parts, 30).create(REQUEST)
    assert not isinstance(caught.value, BusyError) or caught.value.seconds == 2
    case = whole.list_cases(1)[0]["case"]
    assert whole.audit.show(case)[-1]["facts"]["outcome"] == "failed"
    assert not list(whole.outputs.rglob("*.png"))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Assessment(Stage.PROMPT), id="no check"),
        pytest.param(Assessment(Stage.PICTURE, ("words",)), id="of another stage"),
        pytest.param(Assessment(Stage.PROMPT, ("others",)), id="another check"),
        pytest.param(None, id="nothing"),
    ],
)
def test_a_check_from_which_no_answer_comes_blocks(whole: Studio, parts: dict[str, Any], answer: Any) -> None:
    parts[PROMPTS] = HandPart(Elsewhere(answer))
    outcome = on_cluster(whole, parts, 30).create(REQUEST)
    assert isinstance(outcome, Refused) and outcome.decision.verdict is Verdict.BLOCK
    assert [reason.category for reason in outcome.decision.reasons] == ["unchecked"]


def test_generators_that_are_gone_for_a_moment_still_run_what_they_ran(
    whole: Studio, parts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_parts, "AVAILABILITY_LASTS", -1)
    studio = on_cluster(whole, parts, 30)
    engine = studio.engines[REQUEST.engine]
    assert engine.availability().runs
    parts[GENERATOR].before = failing(99, PartGone)
    assert engine.availability().runs
    assert not on_cluster(whole, parts, 30).engines[REQUEST.engine].availability().runs


def test_nothing_is_judged_by_a_replica_of_another_policy(whole: Studio, parts: dict[str, Any]) -> None:
    other = replace(whole, policy=whole.policy.model_copy(update={"digest": "0" * 64}))
    parts[PICTURES] = HandPart(CheckReplica(other, Stage.PICTURE))
    with pytest.raises(BusyError):
        on_cluster(whole, parts, 0.2).create(REQUEST)
    assert len(parts[PICTURES].calls) > 1 and not list(whole.outputs.rglob("*.png"))


def test_during_an_update_a_request_waits_for_a_replica_of_its_policy(whole: Studio, parts: dict[str, Any]) -> None:
    mine = parts[PICTURES].replica
    other = CheckReplica(replace(whole, policy=whole.policy.model_copy(update={"digest": "0" * 64})), Stage.PICTURE)
    part = HandPart(other)
    part.before = lambda *_: setattr(part, "replica", mine if len(part.calls) > 2 else other)
    parts[PICTURES] = part
    outcome = on_cluster(whole, parts, 30).create(REQUEST)
    assert isinstance(outcome, Delivered) and len(part.calls) == 3
    assert {outcome.prompt_decision.policy_digest, outcome.pictures[0].decision.policy_digest} == {whole.policy_digest}


def test_a_request_ends_when_its_client_waits_no_more(whole: Studio, parts: dict[str, Any]) -> None:
    token, began = deadline.set(time.time() + 3), time.perf_counter()
    whole.engines["pocket"].pause = 0.1  # type: ignore[attr-defined]
    try:
        with pytest.raises(LimitError):
            on_cluster(whole, parts, 60).create(replace(REQUEST, steps=500))
    finally:
        deadline.reset(token)
    assert time.perf_counter() - began < 30  # of the 50 seconds that all steps take
    assert whole.engines["pocket"].stopped == 1  # type: ignore[attr-defined]


def test_work_that_nobody_waits_for_is_not_begun(whole: Studio, parts: dict[str, Any]) -> None:
    runner = on_cluster(whole, parts, 30).checks.runner
    assert runner(Stage.PROMPT, Prompt("gore"), on_cluster(whole, parts, 30).checks.prompt).findings
    call = replace(parts[PROMPTS].calls[-1][1], until=time.time() - 1)
    assert parts[PROMPTS].replica.look([call]) == [Failure("late")]


class NoPicture(FakeEngine):
    def generate(self, *_: Any, **__: Any) -> Any:
        raise EngineFailed("A numeric failure.", "Try another seed.")


def test_the_errors_of_parts_arrive_as_they_are(whole: Studio, parts: dict[str, Any]) -> None:
    parts[GENERATOR] = HandPart(DrawReplica(replace(whole, engines={"pocket": NoPicture()})))
    with pytest.raises(EngineFailed, match=r"A numeric failure\.") as caught:
        on_cluster(whole, parts, 30).create(REQUEST)
    assert caught.value.advice == "Try another seed."


def test_a_picture_that_cannot_be_marked_is_not_handed_out(whole: Studio, parts: dict[str, Any]) -> None:
    broken = replace(whole, exporter=PlainExporter(fails=ExportError("The mark cannot be read back.")))
    parts[MARKS] = parts_of_hand(broken)[MARKS]
    with pytest.raises(ExportError, match="read back"):
        on_cluster(whole, parts, 30).create(REQUEST)
    assert not list(whole.outputs.rglob("*.png"))


@pytest.mark.parametrize("name", [name for name in vars(errors) if isinstance(getattr(errors, name), type)])
def test_every_error_travels(name: str) -> None:
    kind = getattr(errors, name)
    if not (isinstance(kind, type) and issubclass(kind, StudioError)):
        pytest.skip("no error of the studio")
    error = kind("What.", 3) if issubclass(kind, errors.LimitError) else kind("What.", "Advice.")
    back = Failure.of(error).error()
    assert (type(back), back.sentence, getattr(back, "seconds", 0)) == (
        kind,
        error.sentence,
        getattr(error, "seconds", 0),
    )


@pytest.mark.parametrize("stage", [Stage.PROMPT, Stage.PICTURE])
def test_a_replica_without_a_check_that_looks_is_never_ready(whole: Studio, stage: Stage) -> None:
    without = replace(whole, checks=replace(whole.checks, prompt=(), picture=()))
    with pytest.raises(WeightsError, match="no checks"):
        CheckReplica(without, stage)


def test_a_replica_with_a_blind_check_is_never_ready_and_ends_if_it_turns_blind(whole: Studio) -> None:
    with pytest.raises(WeightsError, match="words cannot look"):
        CheckReplica(replace(whole, checks=replace(whole.checks, prompt=(Blind(),))), Stage.PROMPT)
    replica = CheckReplica(whole, Stage.PROMPT)
    replica.checks["words"] = Blind()
    with pytest.raises(WeightsError, match="words cannot look"):
        replica.require_checks()


def test_a_replica_without_a_required_check_is_never_ready(whole: Studio) -> None:
    required = CheckInfo("minors", "", "", required=True)
    with pytest.raises(WeightsError, match="minors cannot look"):
        CheckReplica(replace(whole, checks=replace(whole.checks, catalogue=(required,))), Stage.PICTURE)


def test_an_ingress_is_not_ready_before_every_check_looks(whole: Studio, parts: dict[str, Any]) -> None:
    parts[PICTURES].before = failing(5, PartGone)
    studio = on_cluster(whole, parts, 30)
    wait_for_parts(studio, 30)
    parts[PICTURES].before = failing(10**6, PartGone)
    with pytest.raises(StudioError, match="eyes"):
        wait_for_parts(studio, 0.05)


def test_prompts_that_come_together_are_looked_at_together(whole: Studio) -> None:
    class Counting(WordCheck):
        batches: list[int] = []

        def detect_batch(self, subjects: Any) -> list[tuple[Finding, ...]]:
            self.batches.append(len(subjects))
            return [tuple(self.detect(subject)) for subject in subjects]

    replica = CheckReplica(replace(whole, checks=replace(whole.checks, prompt=(Counting(),))), Stage.PROMPT)
    part = HandPart(replica)
    studio = on_cluster(whole, parts_of_hand(whole) | {PROMPTS: part}, 30)
    for text in ("gore", "an apple"):
        studio.check(text, "general")
    calls = [call for _, call in part.calls]
    together = replica.look(calls)
    assert Counting.batches[-1] == 2
    assert together == [replica.look([call])[0] for call in calls]


@pytest.mark.parametrize(
    ("key", "header", "priority"),
    [
        pytest.param(INTERACTIVE, INTERACTIVE, INTERACTIVE, id="neither"),
        pytest.param(INTERACTIVE, BATCH, BATCH, id="a header lowers"),
        pytest.param(BATCH, INTERACTIVE, BATCH, id="a header never raises"),
    ],
)
def test_a_drawing_waits_as_its_tenants_in_the_lower_of_two_priorities(
    whole: Studio, parts: dict[str, Any], key: str, header: str, priority: str
) -> None:
    seen: list[Any] = []

    class Queue(FairQueue):
        def enter(self, tenant: Tenant, kind: str, work: float, until: float) -> Any:
            seen.append((tenant, kind, work))
            return super().enter(tenant, kind, work, until)

    token = asked_priority.set(header)
    try:
        with counted_as(Tenant("key:1", 3, key)):
            on_cluster(whole, parts, 30, Queue(lambda: 1)).create(replace(REQUEST, steps=10, count=2))
    finally:
        asked_priority.reset(token)
    assert seen == [(Tenant("key:1", 3, priority), "pocket", 20.0)]


def test_a_request_that_is_cancelled_while_it_waits_is_on_record_and_holds_no_place(
    whole: Studio, parts: dict[str, Any]
) -> None:
    queue = FairQueue(lambda: 1)
    held = queue.enter(Tenant("other"), "pocket", 1, time.time() + 60)

    def gone(stage: str, done: int, total: int, /) -> None:
        if stage == "waiting for the engine":
            raise Cancelled("Stopped.")

    studio = on_cluster(whole, parts, 30, queue)
    with pytest.raises(Cancelled):
        studio.create(REQUEST, progress=gone)
    assert whole.audit.show(whole.list_cases(1)[0]["case"])[-1]["facts"]["outcome"] == "cancelled"
    assert parts[GENERATOR].calls == [] and queue.waiting == 0
    queue.leave(held)
    assert isinstance(studio.create(REQUEST), Delivered) and queue.working == 0


def test_a_request_for_which_the_time_does_not_suffice_draws_nothing_and_says_when_it_would(
    whole: Studio, parts: dict[str, Any]
) -> None:
    now = time.time()
    queue = FairQueue(lambda: 1, clock=lambda: now)
    with queue.place(Tenant("other"), "pocket", 10, now + 600, silent):
        now += 5  # a unit of work takes half a second
    queue.enter(Tenant("other"), "pocket", 60, now + 600)
    with pytest.raises(BusyError, match="would not be there in time") as caught:
        on_cluster(whole, parts, 20, queue).create(replace(REQUEST, steps=10))
    # Of its 20 seconds 5 are gone; it would begin in 30 and take 5: once 20 more are over it could.
    assert 1 <= caught.value.seconds <= 20 and parts[GENERATOR].calls == []


def test_a_request_that_meets_only_guards_of_another_policy_is_told_so_soon(
    whole: Studio, parts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_parts, "UPDATE_LASTS", 0.05)
    other = replace(whole, policy=whole.policy.model_copy(update={"digest": "0" * 64}))
    parts[PROMPTS] = HandPart(CheckReplica(other, Stage.PROMPT))
    began = time.perf_counter()
    with pytest.raises(BusyError, match="being updated"):
        on_cluster(whole, parts, 60).create(REQUEST)
    assert time.perf_counter() - began < 20


def test_a_guard_whose_files_change_while_it_starts_is_never_ready(
    whole: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert whole.judgement_digest
    monkeypatch.setattr(replicas, "judgement_digest", lambda studio: "1" * 64)
    with pytest.raises(WeightsError, match="were changed"):
        CheckReplica(whole, Stage.PROMPT)
