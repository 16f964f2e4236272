"""The figures of a transparency report, from the chain alone: what the record proves, and what it cannot know.

The model is the EU's Digital Services Act, Articles 15 and 24 (docs/duties.md). The chain is proved first, in the same
transaction: no figure stands on a row that somebody changed. No words of a person, no case and no client is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from safety.audit import notice_state
from safety.audit.appeal_state import EXPIRED, OVERTURNED, REPORT, UPHELD, WAITING
from safety.audit.hash_chain import CHANGE, Keys, timestamp, utc_now
from safety.audit.log import AuditLog
from safety.audit.notice_state import NoticeState, read_notice_state
from safety.errors import RequestError
from safety.review.case_history import CaseDecision, CaseHistory, Histories, read_histories

# What a decision did, and the order in which a report names it.
REFUSED, WITHHELD, ASKED, WENT_ON, VEILED = "prompt refused", "picture withheld", "asked", "confirmed", "picture veiled"
MEASURES = (REFUSED, WITHHELD, ASKED, WENT_ON, VEILED)
LET_THROUGH = ""
NOTICE_OUTCOMES = (notice_state.REMOVED, notice_state.REJECTED, notice_state.LIFTED)
# What no row of the record can tell, with the article that asks for it and where the operator finds it.
UNKNOWN = {
    "orders": "Orders of authorities (Article 15(1)(a)) are not entered here. Count them from your letters.",
    "illegal content": "The record has the clause of this policy that was broken, not that of a law.",
    "suspensions": "Nobody is suspended (Article 23). Rate limits slow a client down, beside the chain.",
    "disputes": "Out-of-court disputes (Article 21) are not entered here.",
    "errors that nobody appealed": "The error rate is of decisions that a person looked at again, and of no others.",
    "misses": "What passed and should not have is not on record, unless somebody gives notice of it.",
    "people": "Users by month, and who moderates in which language with what training, are not on record.",
}


@dataclass(frozen=True, slots=True)
class Period:
    """Names the days that a report is about, first and last included, in UTC."""

    first: date
    last: date

    def __contains__(self, time: str) -> bool:
        """Tells whether a timestamp lies in the period."""
        return self.start <= time < self.end

    @property
    def start(self) -> str:
        """Returns the timestamp that the period begins with."""
        return timestamp(datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC))

    @property
    def end(self) -> str:
        """Returns the first timestamp after the period."""
        return timestamp(datetime(self.last.year, self.last.month, self.last.day, tzinfo=UTC) + timedelta(days=1))


def read_period(first: str, last: str) -> Period:
    """Reads two days such as 2026-11-29; "" is the first of this year, or today. Raises RequestError."""
    today = datetime.now(UTC).date()
    start, end = read_day(first, "--from") or date(today.year, 1, 1), read_day(last, "--to") or today
    if start > end:
        raise RequestError(f"The period ends on {end}, before it begins on {start}.", "Give the earlier day as --from.")
    if end == date.max:
        raise RequestError(f"There is no day after {end}.", "Give an earlier day as --to.")
    return Period(start, end)


def transparency_report(audit: AuditLog, period: Period) -> dict[str, Any]:
    """Returns the figures of a period. Raises AuditError where the record is not whole: then there are none."""
    with audit.proved() as reader:
        histories = read_histories(reader.entries_in_order())
        rows, end = reader.chain_end()
    return {
        "period": {"from": period.first.isoformat(), "to": period.last.isoformat()},
        "record": {"whole": True, "rows": rows, "hash": end},
        "requests": _requests(histories, period),
        "own_decisions": _own_decisions(histories.cases.values(), period),
        "notices": _notices(histories, period, audit.keys),
        "appeals": _appeals(histories.cases.values(), period),
        "means": _means(histories, period),
        "unknown": UNKNOWN,
    }


def read_day(text: str, option: str) -> date | None:
    """Returns a day such as "2026-11-29"; None for "". Raises RequestError, which names the option."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise RequestError(f"{option} is {text[:40]!r}.", "Write a day as 2026-11-29.") from error


def _requests(histories: Histories, period: Period) -> dict[str, Any]:
    kinds = Counter(kind for time, kind in histories.opened if time in period and kind != CHANGE)
    pictures = sum(count for time, count in histories.delivered if time in period)
    return {"cases": kinds.total(), "by_kind": dict(sorted(kinds.items())), "pictures_handed_out": pictures}


def _own_decisions(cases: Iterable[CaseHistory], period: Period) -> dict[str, Any]:
    """Counts what the checks and the policy decided by themselves: all of it without a person."""
    measures: Counter[str] = Counter()
    categories: dict[str, Counter[str]] = {}
    checks: Counter[str] = Counter()
    hard = 0
    seconds = []
    for case, decision, measure in _measures(cases, period):
        measures[measure] += 1
        categories.setdefault(decision.category, Counter())[measure] += 1
        checks[decision.check] += 1
        hard += decision.verdict == "HARD_BLOCK"
        seconds.append(_seconds(case.opened, decision.time))
    return {
        "total": measures.total(),
        "by_measure": _in_order(measures),
        "by_category": {name: _in_order(categories[name]) for name in sorted(categories)},
        "by_check": dict(checks.most_common()),
        "hard_lines": hard,
        "median_seconds": _median(seconds, 3),
    }


def _measures(cases: Iterable[CaseHistory], period: Period) -> Iterator[tuple[CaseHistory, CaseDecision, str]]:
    """Yields every own decision of the period that stopped or changed something."""
    for case in cases:
        # A report is of a judgement that nobody tried to draw from: it stopped nothing.
        if case.kind == REPORT:
            continue
        for decision in case.decisions:
            measure = _measure(case, decision)
            if measure and decision.time in period:
                yield case, decision, measure


def _measure(case: CaseHistory, decision: CaseDecision) -> str:
    """Says what a decision did; LET_THROUGH where a reviewer's word opened the way."""
    if decision.stage != "prompt":
        return VEILED if decision.verdict == "WARN" else WITHHELD
    if decision.verdict == "WARN":
        return WENT_ON if case.confirmed else ASKED
    return LET_THROUGH if case.let_through and decision.verdict == "BLOCK" else REFUSED


def _appeals(cases: Iterable[CaseHistory], period: Period) -> dict[str, Any]:
    """Counts appeals and reports: those lodged in the period, and those decided in it, whenever they were lodged."""
    cases = [case for case in cases if case.appealed]
    lodged = [case for case in cases if case.appealed in period]
    decided = [case for case in cases if case.reviewed and case.reviewed in period]
    reversed_ = Counter(_appealed_category(case) for case in decided if case.outcome == OVERTURNED)
    hours = [_seconds(case.appealed, case.reviewed) / 3600 for case in decided]
    outcomes = Counter(case.outcome for case in decided)
    return {
        "lodged": len(lodged),
        "by_kind": dict(sorted(Counter(case.appeal_kind for case in lodged).items())),
        "waiting": sum(case.outcome == WAITING for case in lodged),
        "expired": sum(case.outcome == EXPIRED for case in lodged),
        "decided": len(decided),
        "outcomes": {name: outcomes[name] for name in (UPHELD, OVERTURNED)},
        "reversed_by_category": dict(sorted(reversed_.items())),
        "error_rate": _share(outcomes[OVERTURNED], len(decided)),
        "median_hours": _median(hours, 2),
    }


def _appealed_category(case: CaseHistory) -> str:
    blocking = [decision for decision in case.decisions if decision.verdict == "BLOCK"]
    return blocking[-1].category if blocking else ""


def _notices(histories: Histories, period: Period, keys: Keys) -> dict[str, Any]:
    """Counts notices by people who are depicted: those received in the period, and those decided in it."""
    notices = [read_notice_state(rows, keys) for rows in histories.notices.values()]
    received = [one for one in notices if one.received in period]
    decided = [one for one in notices if one.decided in period]
    hours = [_seconds(one.received, one.decided) / 3600 for one in decided]
    outcomes, now = Counter(_notice_outcome(one) for one in decided), utc_now()
    return {
        "received": len(received),
        "by_reason": dict(sorted(Counter(one.reason for one in received).items())),
        "of_pictures_made_here": sum(bool(one.target) for one in received),
        "on_behalf_of_others": sum(one.behalf for one in received),
        "waiting": sum(one.state == notice_state.WAITING for one in received),
        "overdue": sum(one.is_overdue(now) for one in received),
        "decided": len(decided),
        "outcomes": {name: outcomes[name] for name in NOTICE_OUTCOMES},
        "pictures_removed": sum(one.pictures for one in decided),
        "decided_late": sum(one.late for one in decided),
        "answered_by_makers": _events(histories, notice_state.ANSWERED, period),
        "median_hours": _median(hours, 2),
    }


def _notice_outcome(notice: NoticeState) -> str:
    """Returns how a notice was decided, and that a removal was lifted later."""
    removed = notice.state in (notice_state.CONTESTED, notice_state.UPHELD)
    return notice_state.REMOVED if removed else notice.state


def _events(histories: Histories, event: str, period: Period) -> int:
    return sum(row.event == event and row.time in period for rows in histories.notices.values() for row in rows)


def _means(histories: Histories, period: Period) -> dict[str, Any]:
    """Counts decisions by who took them: checks and policy without a person, or a reviewer."""
    cases = histories.cases.values()
    automated = sum(1 for _ in _measures(cases, period))
    human = sum(bool(case.reviewed) and case.reviewed in period for case in cases)
    human += sum(_events(histories, event, period) for event in (notice_state.DECIDED, notice_state.ANSWER_DECIDED))
    return {"automated": automated, "human": human, "automated_share": _share(automated, automated + human)}


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in MEASURES if counts[name]}


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _median(values: Sequence[float], digits: int) -> float | None:
    return round(median(values), digits) if values else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
