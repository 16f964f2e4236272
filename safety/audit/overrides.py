"""The one-time pass that an overturned appeal is: for exactly that request, used once, on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from safety.audit.appeal_state import LET_THROUGH, OVERTURNED, RETURNED, SPENT, USED, standing
from safety.audit.hash_chain import Keys, canonical

if TYPE_CHECKING:
    from safety.audit.database import Writer

# What makes two requests the same. `prompt` and `negative_prompt` are keyed hashes already.
SAME = (
    "prompt",
    "negative_prompt",
    "mode",
    "engine",
    "seed",
    "steps",
    "guidance",
    "width",
    "height",
    "count",
    "balanced",
)


def ticket(opening: Mapping[str, object], keys: Keys) -> str:
    """The keyed hash of a request, from the facts of its opening row."""
    return keys.digest("ticket", canonical([opening.get(name) for name in SAME]))


def take(writer: Writer, case_id: str, wanted: str, now: str) -> str:
    """Uses up a pass for the prompt of this case; the id of the case that was appealed, "" where there is none."""
    for one in writer.queue.with_ticket(wanted):
        at = standing(writer.of_case(one.case_id), writer.keys)
        if at.ticket == wanted and at.opens(now, "prompt"):
            use(writer, one.case_id, case_id)
            writer.append(case_id, LET_THROUGH, {"of": one.case_id})
            return one.case_id
    return ""


def use(writer: Writer, appealed: str, by: str) -> None:
    writer.append(appealed, USED, {"by": by})
    writer.queue.set(appealed, SPENT)


def give_back(writer: Writer, case_id: str) -> None:
    """A case that came to nothing gives back the pass that it used."""
    for row in writer.of_case(case_id):
        appealed = str(row.read().get("of", "")) if row.event == LET_THROUGH else ""
        if appealed and standing(writer.of_case(appealed), writer.keys).state == SPENT:
            unuse(writer, appealed, case_id)


def unuse(writer: Writer, appealed: str, by: str) -> None:
    writer.append(appealed, RETURNED, {"by": by})
    writer.queue.set(appealed, OVERTURNED)
