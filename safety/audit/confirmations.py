"""Confirmations: a warning that somebody was shown lets one request for the same words through, once and soon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from safety.audit.hash_chain import CLOSED, OPENED, Entry
from safety.records import Decision, Stage, Verdict

if TYPE_CHECKING:
    from safety.audit.database import DatabaseWriter

# The event on the case that warned, and the one on the case that goes on.
CONFIRMED, ACKNOWLEDGED = "confirmed", "acknowledged"
# What a person has read a warning about: the words and how they are judged. Prompts are keyed hashes already.
WARNED_FIELDS = ("prompt", "negative_prompt", "mode", "balanced")


def confirm(
    writer: DatabaseWriter, warning: str, case_id: str, opening: Mapping[str, Any], decision: Decision, since: datetime
) -> bool:
    """Uses the warning of one case up for another, and puts that on record; tells whether it could be.

    `warning` is the case that was refused with a warning, `opening` the facts of the opening row of `case_id`,
    `decision` what is judged of it now. A warning from before `since`, of other words, or under another policy is none.
    """
    entries = [entry for entry in writer.entries_of(warning) if writer.keys.is_genuine(entry)]
    if not _was_shown(entries, opening, decision, since):
        return False
    writer.append(warning, CONFIRMED, {"by": case_id})
    writer.append(case_id, ACKNOWLEDGED, {"stage": Stage.PROMPT, "of": warning})
    return True


def _was_shown(entries: Iterable[Entry], opening: Mapping[str, Any], decision: Decision, since: datetime) -> bool:
    """Tells whether the rows of a case are a warning about these words that nobody has used yet."""
    warned = closed = False
    for entry in entries:
        facts = entry.parse_facts()
        if entry.event == OPENED and any(facts.get(name) != opening.get(name) for name in WARNED_FIELDS):
            return False
        if entry.event == CONFIRMED:
            return False
        if entry.event == "judged" and facts["stage"] == Stage.PROMPT:
            warned = (facts["verdict"], facts["policy_digest"]) == (Verdict.WARN.name, decision.policy_digest)
        if entry.event == CLOSED:
            closed = facts.get("outcome") == "refused" and datetime.fromisoformat(entry.time) >= since
    return warned and closed
