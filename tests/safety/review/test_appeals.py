"""Appeals: who may submit one, what a reviewer sees and does, what an overturned refusal opens: one request, once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from safety.audit import AuditLog
from safety.audit.overrides import REQUEST_FIELDS
from safety.audit.tables import appeal as appeal_table
from safety.errors import EngineFailed, ExportError, LimitError, RequestError
from safety.generation import Delivered, GenerationRequest, Refused
from safety.review import stored_pictures
from safety.review.appeals import AppealRequest
from studio import Studio
from tests.fakes import SECRET, fake_review, fake_studio, limits
from tests.safety.review.conftest import GORE, REASON, SMALL, SPOILT, appealed, events, refused


def test_an_overturned_prompt_passes_once_and_not_twice(studio: Studio) -> None:
    case = appealed(studio, remark="It is for a film.")
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    first, second = studio.create(GORE), studio.create(GORE)
    assert isinstance(first, Delivered) and isinstance(second, Refused)
    assert events(studio, first.case)[:3] == ["opened", "judged", "let_through"]
    assert events(studio, case)[-3:] == ["appealed", "reviewed", "pass_used"]
    assert studio.review.appeals.status(case).outcome == "used"


def test_an_override_is_redeemed_by_one_of_many_at_once(studio: Studio) -> None:
    studio.review.decisions.decide(appealed(studio), "overturned", REASON, "Ada")
    outcomes: list[object] = []
    threads = [threading.Thread(target=lambda: outcomes.append(studio.create(GORE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Delivered", *["Refused"] * 7]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"prompt": "gore "}, id="another prompt"),
        pytest.param({"negative_prompt": "a pear"}, id="another negative prompt"),
        pytest.param({"mode": "medical"}, id="another mode"),
        pytest.param({"seed": 3}, id="a seed"),
        pytest.param({"width": 512}, id="another size"),
        pytest.param({"count": 2}, id="more pictures"),
        pytest.param({"guidance": 2.0}, id="another guidance"),
        pytest.param({"steps": 2}, id="other steps"),
    ],
)
def test_an_override_is_for_exactly_that_request(studio: Studio, change: dict[str, object]) -> None:
    studio.review.decisions.decide(appealed(studio), "overturned", REASON, "Ada")
    other = replace(GORE, **change)  # type: ignore[arg-type]
    decision = studio.check(other.prompt, other.mode)
    outcome = studio.create(other)
    assert isinstance(outcome, Refused) or decision.passes(), outcome
    assert isinstance(studio.create(GORE), Delivered)
    assert set(change) <= {*REQUEST_FIELDS}


def test_upheld_means_refused_as_before_and_the_person_reads_why(studio: Studio) -> None:
    case = appealed(studio)
    studio.review.decisions.decide(case, "upheld", "It shows real victims.", "Ada")
    assert isinstance(studio.create(GORE), Refused)
    status = studio.review.appeals.status(case)
    assert (status.outcome, status.reason) == ("upheld", "It shows real victims.")


def test_a_failed_attempt_restores_the_override(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    case = appealed(studio)
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    with monkeypatch.context() as patch:
        patch.setattr(studio.engines["pocket"], "generate", _fail)
        with pytest.raises(EngineFailed):
            studio.create(GORE)
    assert events(studio, case)[-2:] == ["pass_used", "pass_returned"]
    assert isinstance(studio.create(GORE), Delivered)


def _fail(*_: object, **__: object) -> None:
    raise EngineFailed("All black.")


def test_a_crash_restores_the_override_too(studio: Studio, place: str | Path) -> None:
    case = appealed(studio)
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    crashed = AuditLog(place, SECRET)
    unfinished = crashed.case(replace(GORE, guidance=4.0))
    crashed_case = unfinished.__enter__()
    assert crashed_case.redeem_override()
    crashed.close()
    assert studio.audit.close_interrupted() == [crashed_case.id]
    assert events(studio, case)[-1] == "pass_returned"
    assert isinstance(studio.create(GORE), Delivered)


def test_an_override_never_opens_a_hard_line(studio: Studio) -> None:
    request = GenerationRequest("gore forbidden", **SMALL)
    case = refused(studio, request)
    with pytest.raises(RequestError, match="no review"):
        studio.appeal(AppealRequest(case, request.prompt))
    # Not even one that somebody got into the database.
    with studio.audit.case(request) as other:
        assert not other.redeem_override()
        other.close("delivered")


def test_an_override_put_in_by_hand_opens_nothing(studio: Studio) -> None:
    case = appealed(studio)
    with studio.audit.write_transaction() as writer:
        writer.connection.execute(appeal_table.update().values(state="overturned"))
    assert isinstance(studio.create(GORE), Refused)
    assert any(case in problem for problem in studio.audit.verify())
    with studio.audit.write_transaction() as writer:
        writer.connection.execute(appeal_table.update().values(state="waiting"))


def test_an_override_expires(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    case = appealed(studio)
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    monkeypatch.setattr("safety.audit.case.utc_now", lambda: "2999-01-01T00:00:00.000000+00:00")
    assert isinstance(studio.create(GORE), Refused)
    monkeypatch.setattr("safety.review.appeals.utc_now", lambda: "2999-01-01T00:00:00.000000+00:00")
    assert studio.review.appeals.status(case).outcome == "expired"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"prompt": "gore!"}, "not the words", id="other words"),
        pytest.param({"negative_prompt": "x"}, "not the words", id="another negative prompt"),
        pytest.param({"case": "f" * 12}, "no case", id="no such case"),
        pytest.param({"remark": "\ud800"}, "remark has characters", id="half a pair in the remark"),
        pytest.param({"negative_prompt": "a\ud800"}, "negative_prompt has characters", id="half a pair in the prompt"),
        pytest.param({"case": "\x00'; --"}, "no case", id="no case id"),
        pytest.param({"remark": "x" * 2001}, "2,001 characters", id="a long remark"),
        pytest.param({"kind": "order"}, "no kind", id="no such kind"),
    ],
)
def test_what_cannot_be_appealed_is_told(studio: Studio, change: dict[str, str], why: str) -> None:
    good = AppealRequest(refused(studio), GORE.prompt)
    with pytest.raises(RequestError, match=why):
        studio.appeal(replace(good, **change))  # type: ignore[arg-type]
    assert studio.review.decisions.queue() == []


def test_only_refusals_are_appealed_and_once(studio: Studio) -> None:
    passed = studio.create(GenerationRequest("a red apple", **SMALL))
    waits = studio.create(GenerationRequest("a wound", **SMALL))
    for outcome, prompt in ((passed, "a red apple"), (waits, "a wound")):
        with pytest.raises(RequestError, match="Nothing was refused"):
            studio.appeal(AppealRequest(outcome.case, prompt))
    case = appealed(studio)
    with pytest.raises(RequestError, match="already"):
        studio.appeal(AppealRequest(case, GORE.prompt))


def test_the_days_for_an_appeal_end(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    case = refused(studio)
    monkeypatch.setattr("safety.review.appeals.utc_now", lambda: "2999-01-01T00:00:00.000000+00:00")
    with pytest.raises(RequestError, match="184 days"):
        studio.appeal(AppealRequest(case, GORE.prompt))


def test_a_reviewer_sees_words_scores_and_rules(studio: Studio) -> None:
    case = appealed(studio, remark="For a film.")
    review_case = studio.review.decisions.case(case)
    assert (review_case.appeal["prompt"], review_case.appeal["remark"]) == ("gore", "For a film.")
    assert review_case.appeal["reasons"][0]["spans"] == [[0, 4]]
    reason = review_case.judged[0]["reasons"][0]
    assert (reason["code"], reason["score"]) == ("P301", 0.9) and reason["threshold"] <= 0.9
    assert review_case.judged[0]["policy_version"] == studio.policy.version
    assert review_case.opening["mode"] == "general"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        pytest.param("overturned", "   ok     ", id="a reason that says nothing"),
        pytest.param("overturned", "", id="no reason"),
        pytest.param("maybe", REASON, id="no such outcome"),
    ],
)
def test_a_decision_needs_an_outcome_and_a_reason(studio: Studio, outcome: str, reason: str) -> None:
    case = appealed(studio)
    with pytest.raises(RequestError):
        studio.review.decisions.decide(case, outcome, reason, "Ada")
    assert studio.review.appeals.status(case).outcome == "waiting"


def test_a_case_is_decided_once(studio: Studio) -> None:
    case = appealed(studio)
    studio.review.decisions.decide(case, "upheld", REASON, "Ada")
    with pytest.raises(RequestError, match="does not wait"):
        studio.review.decisions.decide(case, "overturned", REASON, "Bob")
    with pytest.raises(RequestError, match="no case"):
        studio.review.decisions.case(refused(studio))


def test_a_withheld_picture_is_revealed_on_record_and_collected_once(studio: Studio) -> None:
    case = appealed(studio, SPOILT)
    review_case = studio.review.decisions.case(case)
    assert review_case.stage == "picture" and len(review_case.pictures) == 1
    assert len(stored_pictures.blurred_thumbnail(review_case.pictures[0])) < 2500
    revealed = studio.review.decisions.reveal(case, "Ada")
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    exports = studio.collect(case)
    assert exports[0].path.read_bytes() and exports[0].width == 256
    assert revealed.pictures[0].image().size == (256, 256)
    tail = ["appealed", "picture_seen", "reviewed", "pass_used", "exported", "erased"]
    assert events(studio, case)[-6:] == tail
    with pytest.raises(RequestError, match="no picture to collect"):
        studio.collect(case)
    assert studio.audit.find([exports[0].stamp], "") is not None


def test_a_picture_that_cannot_be_written_can_be_collected_later(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = appealed(studio, SPOILT)
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    monkeypatch.setattr(studio.exporter, "fails", ExportError("The disk is full."))
    with pytest.raises(ExportError):
        studio.collect(case)
    monkeypatch.undo()
    assert len(studio.collect(case)) == 1


def test_an_upheld_picture_is_not_handed_out(studio: Studio) -> None:
    case = appealed(studio, SPOILT)
    with pytest.raises(RequestError, match="no picture to collect"):
        studio.collect(case)
    studio.review.decisions.decide(case, "upheld", REASON, "Ada")
    with pytest.raises(RequestError, match="no picture to collect"):
        studio.collect(case)


def test_a_picture_that_is_no_longer_held_cannot_be_appealed(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    case = refused(studio, SPOILT)
    late = studio.review.appeals.quarantine.clock() + 31 * 60
    monkeypatch.setattr(studio.review.appeals.quarantine, "clock", lambda: late)
    with pytest.raises(RequestError, match="no longer held"):
        studio.appeal(AppealRequest(case, SPOILT.prompt))


def test_no_picture_is_on_disk_without_an_appeal(studio: Studio) -> None:
    refused(studio, SPOILT)
    with studio.audit.read_transaction() as reader:
        assert list(reader.all_content()) == []


def test_a_report_of_a_case_opens_nothing(studio: Studio) -> None:
    case = appealed(studio, kind="report")
    studio.review.decisions.decide(case, "overturned", REASON, "Ada")
    assert isinstance(studio.create(GORE), Refused)


def test_a_report_over_the_limit_leaves_no_row(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    studio = replace(studio, review=fake_review(studio.audit, tmp_path, limits(hour={"appeals": 1})))
    studio.report(GORE, "Only paint.", "203.0.113.9")
    rows = studio.audit.end()[0]
    with pytest.raises(LimitError):
        studio.report(replace(GORE, prompt="gore of another kind"), "Only paint.", "203.0.113.9")
    assert studio.audit.end()[0] == rows


def test_a_false_block_that_nobody_created_makes_a_case(studio: Studio) -> None:
    status = studio.report(GORE, "Only paint.")
    assert (status.outcome, status.kind) == ("waiting", "report")
    assert [queued.case_id for queued in studio.review.decisions.queue()] == [status.case]
    for harmless in ("a red apple", "a wound", "forbidden"):
        with pytest.raises(RequestError, match="not refused"):
            studio.report(GenerationRequest(harmless), "")


def test_a_refused_case_that_nobody_appealed_is_in_no_queue(studio: Studio) -> None:
    assert refused(studio) not in {queued.case_id for queued in studio.review.decisions.queue()}
    assert isinstance(studio.create(GenerationRequest("a red apple", **SMALL)), Delivered)
