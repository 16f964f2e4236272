"""Where a notice about a picture stands, read from the chain alone: the tables beside it are never believed without it.

A notice is a case of its own. Its rows, which hold no word that anybody wrote:

opened          kind "notice"
noticed         reason (one of REASONS), given ("file", "link" or "stamp"), behalf (whether it was sent for somebody
                else), due (a timestamp), target and stamp (of the picture, "" where it was not made here), receipt (the
                keyed hash of the secret code)
closed          outcome "received": from then on the notice waits
picture_seen    reviewer (a keyed hash): somebody looked at the picture
notice_decided  outcome (REMOVED or REJECTED), late (whether it came after `due`), pictures (how many were removed),
                blocked (the digest of a fingerprint; missing where none could be taken), reviewer
answered        the maker of the picture has answered
answer_decided  outcome (UPHELD or LIFTED), reviewer
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from safety.audit.hash_chain import ERASED, Entry, Keys

# The kind of the case, and its events.
NOTICE = "notice"
NOTICED, DECIDED, ANSWERED, ANSWER_DECIDED = "noticed", "notice_decided", "answered", "answer_decided"
# States. EXPIRED: what was sent was deleted before anybody decided.
WAITING, REMOVED, REJECTED, CONTESTED = "waiting", "removed", "rejected", "contested"
UPHELD, LIFTED, EXPIRED = "upheld", "lifted", "expired"
STATES = (WAITING, CONTESTED, REMOVED, REJECTED, UPHELD, LIFTED, EXPIRED)
# What is wrong with a picture, as the form asks it. Of the second, no file is ever kept.
REASONS = ("intimate", "minor", "deceptive", "other")


@dataclass(frozen=True, slots=True)
class NoticeState:
    """Holds where a notice stands. `state` is "" for a case that is none.

    `received`, `due` and `decided` are timestamps, `decided` "" until then. `target` is the case of the picture and
    `stamp` its stamp, both "" where it was not made here; `receipt` a keyed hash. `late`: decided after `due`.
    `pictures`: how many were removed. `blocks`: near-copies are withheld here.
    """

    state: str = ""
    reason: str = ""
    given: str = ""
    behalf: bool = False
    target: str = ""
    stamp: str = ""
    receipt: str = ""
    received: str = ""
    due: str = ""
    decided: str = ""
    late: bool = False
    pictures: int = 0
    blocks: bool = False

    def is_overdue(self, time: str) -> bool:
        """Tells whether somebody should have decided by the timestamp `time`."""
        return self.state == WAITING and time > self.due


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """Holds one notice of the index (notice_table.py).

    Fields are those of `NoticeState`; `time` is when it came.
    """

    case_id: str
    time: str
    due: str
    state: str
    receipt: str
    target: str = ""
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """Says that a picture was removed after a notice.

    `stamp` is the picture's, `target` its case, `notice` the case of the notice, `person` a keyed hash of whose library
    it was in, "" for nobody's. `time` is a timestamp.
    """

    stamp: str
    target: str
    notice: str
    person: str
    time: str


def read_notice_state(entries: Iterable[Entry], keys: Keys) -> NoticeState:
    """Returns the state from all rows of one case, oldest first. Forged rows count for nothing."""
    current = NoticeState()
    for entry in entries:
        if keys.is_genuine(entry):
            current = _after(current, entry)
    return current


def _after(current: NoticeState, entry: Entry) -> NoticeState:
    """Returns the state after one more row. Events that do not fit the current state change nothing."""
    facts = entry.parse_facts()
    if entry.event == NOTICED and not current.state:
        return NoticeState(
            WAITING,
            behalf=bool(facts.get("behalf")),
            received=entry.time,
            reason=str(facts.get("reason", "")),
            given=str(facts.get("given", "")),
            target=str(facts.get("target", "")),
            stamp=str(facts.get("stamp", "")),
            receipt=str(facts.get("receipt", "")),
            due=str(facts.get("due", "")),
        )
    if entry.event == DECIDED and current.state == WAITING:
        return replace(
            current,
            state=str(facts["outcome"]),
            decided=entry.time,
            late=bool(facts.get("late")),
            pictures=int(facts.get("pictures", 0)),
            blocks=isinstance(facts.get("blocked"), str),
        )
    if entry.event == ANSWERED and current.state == REMOVED:
        return replace(current, state=CONTESTED)
    if entry.event == ANSWER_DECIDED and current.state in (REMOVED, CONTESTED, UPHELD):
        lifted = facts["outcome"] == LIFTED
        return replace(current, state=str(facts["outcome"]), blocks=current.blocks and not lifted)
    if entry.event == ERASED and current.state == WAITING and "notice" in facts.get("kinds", ()):
        return replace(current, state=EXPIRED)
    return current
