"""Rows as people and programs are shown them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from safety.audit.appeal_state import APPEALED, REVIEWED
from safety.audit.hash_chain import CLOSED, Entry

WHERE = {"words": CLOSED, "appeal": APPEALED, "review": REVIEWED, "picture": APPEALED}
Row = dict[str, Any]


def case(rows: Sequence[Entry], kept: Mapping[str, str]) -> list[Row]:
    """All rows; what is still kept stands in the row that named it, pictures left out."""
    shown = [_row(one) for one in rows]
    for kind, content in kept.items():
        if kind != "picture":
            at = next((row for row in shown if row["event"] == WHERE.get(kind)), shown[-1])
            at["facts"][kind] = readable(content)
    return shown


def summary(opened: Entry, closed: Entry | None) -> Row:
    facts = opened.read()
    outcome = closed.read().get("outcome", "") if closed else "open"
    kind, mode = facts.get("kind", ""), facts.get("mode", "")
    return {"case": opened.case_id, "time": opened.time, "kind": kind, "mode": mode, "outcome": outcome}


def readable(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:  # edited by hand, which `verify` reports
        return content


def _row(one: Entry) -> Row:
    marks = {"stamp": one.stamp, "sha256": one.sha256} if one.stamp or one.sha256 else {}
    return {"seq": one.seq, "time": one.time, "event": one.event, "facts": {**one.read(), **marks}}
