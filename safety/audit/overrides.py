"""Overrides: an overturned appeal lets exactly one request through, once, and every use is on record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from safety.audit.appeal_state import (
    OVERRIDE_APPLIED,
    OVERRIDE_REDEEMED,
    OVERRIDE_RESTORED,
    OVERTURNED,
    REDEEMED,
    read_appeal_state,
)
from safety.audit.hash_chain import Keys, canonical

if TYPE_CHECKING:
    from safety.audit.database import DatabaseWriter

# What makes two requests the same. `prompt` and `negative_prompt` are keyed hashes already.
REQUEST_FIELDS = (
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


def request_digest(opening: Mapping[str, object], keys: Keys) -> str:
    """Returns the keyed hash of a request, as 64 hex digits, from the facts of its opening row."""
    return keys.digest("ticket", canonical([opening.get(name) for name in REQUEST_FIELDS]))


def redeem(writer: DatabaseWriter, case_id: str, digest: str, time: str) -> str:
    """Redeems an override of the request `digest` for a case; "" where there is none, else the id of its appeal's case.

    `time` is the timestamp of now: an override that has expired by then is left alone.
    """
    for queued in writer.appeal_queue.for_request(digest):
        appeal = read_appeal_state(writer.entries_of(queued.case_id), writer.keys)
        if appeal.request_digest == digest and appeal.can_redeem(time, "prompt"):
            mark_redeemed(writer, queued.case_id, case_id)
            writer.append(case_id, OVERRIDE_APPLIED, {"of": queued.case_id})
            return queued.case_id
    return ""


def mark_redeemed(writer: DatabaseWriter, appealed_case: str, redeeming_case: str) -> None:
    """Puts on record that the override of one case was redeemed by another, or by collecting its own picture."""
    writer.append(appealed_case, OVERRIDE_REDEEMED, {"by": redeeming_case})
    writer.appeal_queue.set_state(appealed_case, REDEEMED)


def restore(writer: DatabaseWriter, appealed_case: str, redeeming_case: str) -> None:
    """Puts on record that a redeemed override can be redeemed again."""
    writer.append(appealed_case, OVERRIDE_RESTORED, {"by": redeeming_case})
    writer.appeal_queue.set_state(appealed_case, OVERTURNED)


def restore_redeemed_by(writer: DatabaseWriter, case_id: str) -> None:
    """Restores the override that a case redeemed, if it did: for a case that ended without a picture or a refusal."""
    for entry in writer.entries_of(case_id):
        appealed = str(entry.parse_facts().get("of", "")) if entry.event == OVERRIDE_APPLIED else ""
        if appealed and read_appeal_state(writer.entries_of(appealed), writer.keys).state == REDEEMED:
            restore(writer, appealed, case_id)
