"""Where an appeal stands, read from the chain alone: the tables beside it are never believed without it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from safety.audit.hash_chain import ERASED, Entry, Keys

# Events of an appealed case.
APPEALED, PICTURE_SEEN, REVIEWED = "appealed", "picture_seen", "reviewed"
OVERRIDE_REDEEMED, OVERRIDE_RESTORED = "pass_used", "pass_returned"
# The event on the case that redeemed the override.
OVERRIDE_APPLIED = "let_through"
# States.
WAITING, UPHELD, OVERTURNED, REDEEMED, EXPIRED = "waiting", "upheld", "overturned", "used", "expired"
# Kinds: an appeal can open something, a report serves as an example only.
APPEAL, REPORT = "appeal", "report"


@dataclass(frozen=True, slots=True)
class AppealState:
    """Holds where the appeal of a case stands.

    `state` is "" where nobody has appealed. `stage` is what was refused: "prompt" or "picture". `request_digest` is the
    keyed hash of the request that an overturned appeal lets through, `until` the timestamp until when.
    """

    state: str = ""
    kind: str = ""
    stage: str = ""
    request_digest: str = ""
    until: str = ""

    def can_redeem(self, time: str, stage: str) -> bool:
        """Tells whether there is an override for this stage that is neither redeemed nor expired at a timestamp."""
        return self.state == OVERTURNED and self.kind == APPEAL and self.stage == stage and time <= self.until


@dataclass(frozen=True, slots=True)
class QueuedAppeal:
    """Holds one appeal or report of the queue (appeal_queue.py).

    `kind` is "appeal" or "report", `state` one of those above. `request_digest` is the keyed hash of the request
    that an overturned appeal lets through. `time` is a timestamp.
    """

    case_id: str
    time: str
    kind: str
    state: str
    request_digest: str


def read_appeal_state(entries: Iterable[Entry], keys: Keys) -> AppealState:
    """Returns the state from all rows of one case, oldest first. Forged rows count for nothing."""
    current = AppealState()
    for entry in entries:
        if keys.is_genuine(entry):
            current = _after(current, entry)
    return current


def _after(current: AppealState, entry: Entry) -> AppealState:
    """Returns the state after one more row. Events that do not fit the current state change nothing."""
    facts = entry.parse_facts()
    if entry.event == APPEALED:
        return AppealState(WAITING, *(str(facts.get(name, "")) for name in ("kind", "stage", "ticket")))
    if entry.event == REVIEWED and current.state == WAITING:
        return replace(current, state=str(facts["outcome"]), until=str(facts.get("until", "")))
    if entry.event == OVERRIDE_REDEEMED and current.state == OVERTURNED:
        return replace(current, state=REDEEMED)
    if entry.event == OVERRIDE_RESTORED and current.state == REDEEMED:
        return replace(current, state=OVERTURNED)
    if entry.event == ERASED and current.state == WAITING and "appeal" in facts.get("kinds", ()):
        return replace(current, state=EXPIRED)
    return current
