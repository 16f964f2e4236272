"""Decided cases as labelled rows, for replaying against a policy or a new model. Nothing learns from them by itself.

Only what its person agreed to (`learn`), and only while the words are kept. The label is the reviewer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from safety.audit.appeal_state import APPEALED, OVERTURNED, REDEEMED, UPHELD, read_appeal_state
from safety.audit.log import AuditLog
from safety.audit.serialize import parse_content

# By state, as `policy replay` reads it; 1: should not be made.
LABELS = {UPHELD: 1, OVERTURNED: 0, REDEEMED: 0}
FIELDS = ("case", "time", "kind", "stage", "mode", "text", "label", "verdict", "codes", "policy_version")


def labelled_cases(audit: AuditLog) -> Iterator[dict[str, Any]]:
    """Yields one row a case, oldest first: FIELDS and `scores`, `policy_digest`. `codes` are those of the decision."""
    with audit.read_transaction() as reader:
        for queued in reader.appeal_queue.list(*LABELS):
            entries, content = reader.entries_of(queued.case_id), reader.content_of(queued.case_id)
            appeal = read_appeal_state(entries, audit.keys)
            genuine = [entry for entry in entries if entry.event == APPEALED and audit.keys.is_genuine(entry)]
            agreed = bool(genuine) and genuine[0].parse_facts().get("learn")
            decisions = [entry.parse_facts() for entry in entries if entry.event == "judged"]
            blocking = [decision for decision in decisions if decision["verdict"] == "BLOCK"]
            if appeal.state not in LABELS or not agreed or "appeal" not in content or not blocking:
                continue
            decision = blocking[-1]
            yield {
                "case": queued.case_id,
                "time": queued.time,
                "kind": queued.kind,
                "stage": appeal.stage,
                "mode": decision["mode"],
                "text": parse_content(content["appeal"])["prompt"],
                "label": LABELS[appeal.state],
                "verdict": decision["verdict"],
                "codes": " ".join(dict.fromkeys(reason["code"] for reason in decision["reasons"])),
                "policy_version": decision["policy_version"],
                "policy_digest": decision["policy_digest"],
                "scores": decision["scores"],
            }
