"""Where a notice about a picture stands, read from the chain alone: the tables beside it are never believed without it.

A notice is a case of its own. Its rows, which hold no word that anybody wrote:

opened          kind "notice"
noticed         reason (one of REASONS), given ("file", "link" or "stamp"), behalf (whether it was sent for somebody
                else), due (a timestamp), target and stamp (of the picture, "" where it was not made here), receipt (the
                keyed hash of the secret code)
closed          outcome "received": from then on the notice waits
picture_seen    reviewer (a keyed hash): somebody looked at the picture
notice_decided  outcome (REMOVED or REJECTED), late (whether it came after `due`), pictures (how many were removed),
                blocked (the digest of what near-copies are known by; missing where nothing is), earlier (when the
                picture had been removed already, missing otherwise), reviewer
copies_removed  pictures (how many more near-copies were removed), reviewer
answered        the maker of a removed picture has answered; stamp (the picture's; missing in older rows)
answer_decided  outcome (UPHELD or LIFTED), reviewer: on all answers that waited
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from safety.audit.hash_chain import ERASED, Entry, Keys

# The kind of the case, and its events.
NOTICE = "notice"
NOTICED, DECIDED, ANSWERED, ANSWER_DECIDED = "noticed", "notice_decided", "answered", "answer_decided"
COPIES_REMOVED = "copies_removed"
# States. EXPIRED: what was sent was deleted before anybody decided.
WAITING, REMOVED, REJECTED, CONTESTED = "waiting", "removed", "rejected", "contested"
UPHELD, LIFTED, EXPIRED = "upheld", "lifted", "expired"
# What a maker's answer, and the removal of more near-copies, are possible in.
STANDING = (REMOVED, CONTESTED, UPHELD)
STATES = (WAITING, CONTESTED, REMOVED, REJECTED, UPHELD, LIFTED, EXPIRED)
# What is wrong with a picture, as the form asks it. Of the second, no file is ever kept.
REASONS = ("intimate", "minor", "deceptive", "other")


@dataclass(frozen=True, slots=True)
class NoticeState:
    """Holds where a notice stands. `state` is "" for a case that is none.

    `received`, `due` and `decided` are timestamps, `decided` "" until then. `target` is the case of the picture and
    `stamp` its stamp, both "" where it was not made here; `receipt` a keyed hash. `late`: decided after `due`.
    `pictures`: how many were removed. `blocks`: near-copies are withheld for its sake. `earlier`: when the picture had
    been removed before, "" where it had not. `answered` are the stamps whose makers have answered, and `open_answers`
    those of them on which nobody has decided yet.
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
    earlier: str = ""
    answered: tuple[str, ...] = ()
    open_answers: tuple[str, ...] = ()

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
    it was in, "" for nobody's. `time` is a timestamp. `near`: it was removed as a near-copy of the one that the notice
    was about. `pending`: its files are still to be deleted.
    """

    stamp: str
    target: str
    notice: str
    person: str
    time: str
    near: bool = False
    pending: bool = False


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
            earlier=str(facts.get("earlier", "")),
        )
    if entry.event == ERASED:
        return _after_erasure(current, facts.get("kinds", ()))
    return _after_removal(current, entry.event, facts) if current.state in STANDING else current


def _after_removal(current: NoticeState, event: str, facts: Mapping[str, Any]) -> NoticeState:
    if event == COPIES_REMOVED:
        return replace(current, pictures=current.pictures + int(facts.get("pictures", 0)))
    if event == ANSWERED:
        # Older rows do not say whose answer it was: that of who made the picture itself.
        answer = (str(facts.get("stamp") or current.stamp),)
        answered, waiting = current.answered + answer, current.open_answers + answer
        return replace(current, state=CONTESTED, answered=answered, open_answers=waiting)
    if event == ANSWER_DECIDED:
        lifted = facts["outcome"] == LIFTED
        return replace(current, state=str(facts["outcome"]), blocks=current.blocks and not lifted, open_answers=())
    return current


def _after_erasure(current: NoticeState, kinds: Sequence[str]) -> NoticeState:
    """Returns the state after something that was kept is deleted: by its days, or because somebody asked for it."""
    if current.state == WAITING and "notice" in kinds:
        return replace(current, state=EXPIRED)
    return replace(current, blocks=False) if "blocked" in kinds else current
