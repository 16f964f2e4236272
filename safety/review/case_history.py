"""What the chain says of every case, read in one pass: decisions, appeals, notices and how they went.

It holds codes and times only. A case that nothing stopped is counted and forgotten: a long record fits in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from safety.audit.appeal_state import APPEALED, EXPIRED, OVERRIDE_APPLIED, REVIEWED, WAITING
from safety.audit.confirmations import ACKNOWLEDGED
from safety.audit.hash_chain import CLOSED, ERASED, OPENED, Entry
from safety.audit.notice_state import NOTICE

STOPPING = ("WARN", "BLOCK", "HARD_BLOCK")
UNNAMED = "unnamed"  # of a row without a reason, which no version of the studio writes


@dataclass(frozen=True, slots=True)
class CaseDecision:
    """Holds one decision that asked, veiled, withheld or refused.

    `time` is a timestamp; `stage` "prompt", "picture" or "text"; `verdict` a name of STOPPING; `category` and
    `check` are those of the reason that weighed most.
    """

    time: str
    stage: str
    verdict: str
    category: str
    check: str


@dataclass(slots=True)
class CaseHistory:
    """Holds one case. Times are timestamps, "" for what has not happened.

    `kind` is that of its opening row; `let_through` and `confirmed` tell whether a reviewer's word, or a person's own,
    opened the way to drawing. `appeal_kind` is "appeal" or "report", `outcome` the state of the appeal.
    """

    kind: str
    opened: str
    closed: str = ""
    decisions: list[CaseDecision] = field(default_factory=list)
    let_through: bool = False
    confirmed: bool = False
    appealed: str = ""
    appeal_kind: str = ""
    reviewed: str = ""
    outcome: str = ""


@dataclass(slots=True)
class Histories:
    """Holds the cases that something stopped, by id, and the opening times of all, oldest first.

    `notices` are all rows of each notice by a person who is depicted, by its case.
    """

    cases: dict[str, CaseHistory] = field(default_factory=dict)
    opened: list[tuple[str, str]] = field(default_factory=list)  # (timestamp, kind)
    delivered: list[tuple[str, int]] = field(default_factory=list)  # (timestamp, pictures handed out)
    notices: dict[str, list[Entry]] = field(default_factory=dict)


def read_histories(entries: Iterable[Entry]) -> Histories:
    """Returns what the rows say; `entries` are all rows of a proved chain, in order."""
    found = Histories()
    for entry in entries:
        facts = entry.parse_facts()
        if entry.event == OPENED:
            kind = str(facts.get("kind", ""))
            found.opened.append((entry.time, kind))
            if kind == NOTICE:
                found.notices[entry.case_id] = [entry]
            else:
                found.cases[entry.case_id] = CaseHistory(kind, entry.time)
        elif entry.case_id in found.notices:
            found.notices[entry.case_id].append(entry)
        elif case := found.cases.get(entry.case_id):
            _add(case, entry, facts)
            if entry.event == CLOSED:
                found.delivered += [(entry.time, len(facts["stamps"]))] if facts.get("stamps") else []
                if not case.decisions:
                    del found.cases[entry.case_id]
    return found


def _add(case: CaseHistory, entry: Entry, facts: dict[str, Any]) -> None:
    """Adds one row to its case."""
    if entry.event == "judged" and facts.get("verdict") in STOPPING:
        case.decisions.append(_decision(entry.time, facts))
    elif entry.event == CLOSED:
        case.closed = entry.time
    elif entry.event == OVERRIDE_APPLIED:
        case.let_through = True
    elif entry.event == ACKNOWLEDGED:
        case.confirmed = True
    elif entry.event == APPEALED:
        case.appealed, case.appeal_kind, case.outcome = entry.time, str(facts.get("kind", "")), WAITING
    elif entry.event == REVIEWED and case.outcome == WAITING:
        case.reviewed, case.outcome = entry.time, str(facts.get("outcome", ""))
    elif entry.event == ERASED and case.outcome == WAITING and "appeal" in facts.get("kinds", ()):
        case.outcome = EXPIRED


def _decision(time: str, facts: dict[str, Any]) -> CaseDecision:
    # The reasons of a row come worst first.
    reasons: list[dict[str, Any]] = facts.get("reasons", [])
    reason = next((one for one in reasons if one.get("verdict") == facts["verdict"]), {})
    category, check = str(reason.get("category") or UNNAMED), str(reason.get("check") or UNNAMED)
    return CaseDecision(time, str(facts.get("stage", "")), facts["verdict"], category, check)
