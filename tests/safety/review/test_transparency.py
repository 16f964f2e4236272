"""The figures of a transparency report: each is what the record says, and a record that was changed gives none."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from safety.audit.hash_chain import CLOSED, OPENED
from safety.errors import AuditError, RequestError
from safety.generation import Delivered, GenerationRequest
from safety.review.transparency import MEASURES, UNKNOWN, Period, read_period
from studio import Studio
from tests.fakes import fake_studio
from tests.safety.review import test_notices
from tests.safety.review.conftest import GORE, REASON, SMALL, SPOILT, appealed, refused

TODAY = datetime.now(UTC).date()
NOW = Period(TODAY - timedelta(days=1), TODAY + timedelta(days=1))
APPLE = GenerationRequest("a red apple", **SMALL)  # type: ignore[arg-type]


def test_own_decisions_are_counted_by_category_and_by_what_they_did(studio: Studio) -> None:
    refused(studio), refused(studio), refused(studio, SPOILT)
    assert isinstance(studio.create(APPLE), Delivered)
    figures = studio.transparency_report(NOW)
    assert figures["requests"] == {"cases": 4, "by_kind": {"create": 4}, "pictures_handed_out": 1}
    own = figures["own_decisions"]
    assert own["by_measure"] == {"prompt refused": 2, "picture withheld": 1}
    assert own["by_category"]["violence"] == {"prompt refused": 2, "picture withheld": 1}
    assert own["total"] == sum(sum(counts.values()) for counts in own["by_category"].values()) == 3
    assert own["total"] == sum(own["by_check"].values())
    assert (own["hard_lines"], own["median_seconds"] >= 0) == (0, True)
    assert figures["means"] == {"automated": 3, "human": 0, "automated_share": 1.0}


def test_what_the_operator_changes_is_nobodys_request(studio: Studio) -> None:
    with studio.audit.change_case("category", {"category": "gambling"}):
        pass
    figures = studio.transparency_report(NOW)
    assert figures["requests"] == {"cases": 0, "by_kind": {}, "pictures_handed_out": 0}
    (row,) = studio.audit.list()
    assert (row["kind"], row["outcome"]) == ("change", "done")


def test_appeals_are_counted_with_their_outcome_and_the_share_of_wrong_decisions(studio: Studio) -> None:
    cases = [appealed(studio, GenerationRequest(f"gore {number}", **SMALL)) for number in range(4)]  # type: ignore[arg-type]
    studio.review.decisions.decide(cases[0], "overturned", REASON, "a")
    studio.review.decisions.decide(cases[1], "upheld", REASON, "a")
    studio.review.decisions.decide(cases[2], "upheld", REASON, "a")
    figures = studio.transparency_report(NOW)
    appeals = figures["appeals"]
    assert (appeals["lodged"], appeals["by_kind"], appeals["waiting"], appeals["decided"]) == (4, {"appeal": 4}, 1, 3)
    assert appeals["outcomes"] == {"upheld": 2, "overturned": 1}
    assert (appeals["error_rate"], appeals["reversed_by_category"]) == (0.3333, {"violence": 1})
    assert figures["means"] == {"automated": 4, "human": 3, "automated_share": 0.5714}


def test_what_a_reviewer_let_through_is_no_refusal_the_second_time(studio: Studio) -> None:
    case = appealed(studio)
    studio.review.decisions.decide(case, "overturned", REASON, "a")
    assert isinstance(studio.create(GORE), Delivered)
    own = studio.transparency_report(NOW)["own_decisions"]
    assert own["by_measure"] == {"prompt refused": 1}


def test_a_report_of_a_live_judgement_is_no_decision_and_is_counted_as_a_report(studio: Studio) -> None:
    studio.report(GORE, "It is stage make-up.")
    figures = studio.transparency_report(NOW)
    assert figures["own_decisions"]["total"] == 0
    assert (figures["appeals"]["lodged"], figures["appeals"]["by_kind"]) == (1, {"report": 1})


def test_an_appeal_whose_words_were_erased_is_said_to_have_expired(studio: Studio) -> None:
    studio.erase(appealed(studio))
    appeals = studio.transparency_report(NOW)["appeals"]
    assert (appeals["lodged"], appeals["waiting"], appeals["expired"], appeals["error_rate"]) == (1, 0, 1, None)


def test_notices_are_counted_with_what_came_of_them(studio: Studio) -> None:
    first, second = (test_notices.made(studio, seed).stamp for seed in (7, 8))
    test_notices.removed(studio, str(first))
    test_notices.noticed(studio, str(second), reason="other")
    test_notices.sent(studio, test_notices.photograph(3))
    studio.review.notice_decisions.decide(test_notices.waiting(studio), "rejected", REASON, "Grace")
    figures = studio.transparency_report(NOW)
    notices = figures["notices"]
    assert (notices["received"], notices["by_reason"]) == (3, {"intimate": 2, "other": 1})
    assert (notices["of_pictures_made_here"], notices["decided"], notices["waiting"]) == (2, 2, 1)
    assert notices["outcomes"] == {"removed": 1, "rejected": 1, "lifted": 0}
    assert (notices["pictures_removed"], notices["decided_late"], notices["overdue"]) == (1, 0, 0)
    assert figures["means"] == {"automated": 0, "human": 2, "automated_share": 0.0}
    assert notices["median_hours"] is not None


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        pytest.param("2026-03-01", "2026-03-31", 1, id="the whole month"),
        pytest.param("2026-03-15", "2026-03-15", 1, id="that day alone"),
        pytest.param("2026-03-01", "2026-03-14", 0, id="until the day before"),
        pytest.param("2026-03-16", "2026-03-31", 0, id="from the day after"),
    ],
)
def test_days_count_from_midnight_to_midnight_in_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, last: str, count: int
) -> None:
    studio = fake_studio(tmp_path)
    monkeypatch.setattr("safety.audit.database.utc_now", lambda: "2026-03-15T23:59:59.999999+00:00")
    with studio.audit.write_transaction() as writer:
        writer.append("0" * 12, OPENED, {"kind": "create"})
        writer.append("0" * 12, "judged", {"verdict": "BLOCK", "stage": "prompt", "reasons": []})
        writer.append("0" * 12, CLOSED, {"outcome": "refused"})
    figures = studio.transparency_report(Period(date.fromisoformat(first), date.fromisoformat(last)))
    assert (figures["requests"]["cases"], figures["own_decisions"]["total"]) == (count, count)
    studio.audit.close()


def test_a_record_that_was_changed_gives_no_figures(tmp_path: Path) -> None:
    studio = fake_studio(tmp_path)
    refused(studio)
    with studio.audit.write_transaction() as writer:
        writer.connection.execute(sa.text("DROP TRIGGER entry_no_update"))
        writer.connection.execute(sa.text("UPDATE entry SET facts = replace(facts, 'BLOCK', 'ALLOW')"))
    with pytest.raises(AuditError, match="not whole"):
        studio.transparency_report(NOW)
    studio.audit.close()


def test_an_empty_record_has_no_shares_and_no_medians(studio: Studio) -> None:
    figures = studio.transparency_report(NOW)
    assert (figures["record"]["rows"], figures["own_decisions"]["median_seconds"]) == (0, None)
    assert (figures["means"]["automated_share"], figures["appeals"]["error_rate"]) == (None, None)


def test_no_case_no_client_and_no_prompt_is_in_a_report(studio: Studio) -> None:
    case = appealed(studio, remark="a remark of mine")
    text = json.dumps(studio.transparency_report(NOW))
    assert case not in text and "gore" not in text and "remark of mine" not in text


def test_a_report_says_what_it_cannot_know(studio: Studio) -> None:
    assert studio.transparency_report(NOW)["unknown"] == UNKNOWN
    assert all(sentence.endswith(".") for sentence in UNKNOWN.values())
    assert len(set(MEASURES)) == len(MEASURES)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        pytest.param("yesterday", "", "--from is 'yesterday'", id="no day"),
        pytest.param("2026-02-30", "", "--from", id="a day that there is not"),
        pytest.param("", "2026-13-01", "--to", id="a month that there is not"),
        pytest.param("2026-03-02", "2026-03-01", "before it begins", id="the wrong way round"),
        pytest.param("2026-03-02", "9999-12-31", "no day after", id="the end of all days"),
    ],
)
def test_a_period_that_cannot_be_is_named(first: str, last: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        read_period(first, last)


def test_a_period_without_days_is_this_year_until_today() -> None:
    period = read_period("", "")
    assert (period.first, period.last.year) == (date(period.last.year, 1, 1), TODAY.year)
