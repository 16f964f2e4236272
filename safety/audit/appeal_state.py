"""Where an appeal stands, read from the chain alone: what the tables beside it say opens nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from safety.audit.hash_chain import ERASED, Entry, Keys

APPEALED, SEEN, REVIEWED, USED, RETURNED = "appealed", "picture_seen", "reviewed", "pass_used", "pass_returned"
LET_THROUGH = "let_through"  # on the case that used the pass
WAITING, UPHELD, OVERTURNED, SPENT, EXPIRED = "waiting", "upheld", "overturned", "used", "expired"
APPEAL, REPORT = "appeal", "report"


@dataclass(frozen=True, slots=True)
class AppealState:
    """`state` is "" where nobody has appealed. `until`: until when an overturn can be used, as ISO 8601."""

    state: str = ""
    kind: str = ""
    stage: str = ""
    ticket: str = ""
    until: str = ""

    def opens(self, now: str, stage: str) -> bool:
        """Whether there is an unused pass for something of this stage."""
        return self.state == OVERTURNED and self.kind == APPEAL and self.stage == stage and now <= self.until


def standing(rows: Iterable[Entry], keys: Keys) -> AppealState:
    """From all rows of one case, oldest first. Rows that somebody made up count for nothing."""
    at = AppealState()
    for row in rows:
        if keys.holds(row):
            at = _after(at, row)
    return at


def _after(at: AppealState, row: Entry) -> AppealState:
    facts = row.read()
    match row.event:
        case "appealed":
            given = {name: str(facts.get(name, "")) for name in ("kind", "stage", "ticket")}
            return AppealState(state=WAITING, **given)
        case "reviewed" if at.state == WAITING:
            return replace(at, state=str(facts["outcome"]), until=str(facts.get("until", "")))
        case "pass_used" if at.state == OVERTURNED:
            return replace(at, state=SPENT)
        case "pass_returned" if at.state == SPENT:
            return replace(at, state=OVERTURNED)
        case _ if row.event == ERASED and at.state == WAITING and "appeal" in facts.get("kinds", ()):
            return replace(at, state=EXPIRED)
    return at
