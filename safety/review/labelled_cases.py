"""Decided cases as labelled rows, for replaying against a policy or a new model. Nothing learns from them by itself.

Only what its person agreed to (`learn`), and only while the words are kept. The label is the reviewer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from safety.audit.appeal_state import APPEALED, OVERTURNED, SPENT, UPHELD, standing
from safety.audit.log import AuditLog
from safety.audit.shown import readable

LABEL = {UPHELD: 1, OVERTURNED: 0, SPENT: 0}  # 1: should not be made; as `policy replay` reads it
FIELDS = ("case", "time", "kind", "stage", "mode", "text", "label", "verdict", "codes", "policy_version")


def labelled(audit: AuditLog) -> Iterator[dict[str, Any]]:
    """One row a case, oldest first: FIELDS and `scores`, `policy_digest`. `codes` are those of the decision."""
    with audit.reading() as reader:
        for one in reader.queue.all(*LABEL):
            rows, kept = reader.of_case(one.case_id), reader.kept(one.case_id)
            at = standing(rows, audit.keys)
            appealed = next((row.read() for row in rows if row.event == APPEALED and audit.keys.holds(row)), {})
            judged = [row.read() for row in rows if row.event == "judged" and row.read()["verdict"] == "BLOCK"]
            if at.state not in LABEL or not appealed.get("learn") or "appeal" not in kept or not judged:
                continue
            last = judged[-1]
            yield {
                "case": one.case_id,
                "time": one.time,
                "kind": one.kind,
                "stage": at.stage,
                "mode": last["mode"],
                "text": readable(kept["appeal"])["prompt"],
                "label": LABEL[at.state],
                "verdict": last["verdict"],
                "codes": " ".join(dict.fromkeys(reason["code"] for reason in last["reasons"])),
                "policy_version": last["policy_version"],
                "policy_digest": last["policy_digest"],
                "scores": last["scores"],
            }
