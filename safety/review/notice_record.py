"""Notices as rows for the operator's own records: what was asked, when, what was decided, and what it removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from safety.audit.log import AuditLog
from safety.audit.notice_state import read_notice_state
from safety.audit.serialize import case_rows, parse_content

# What a person wrote, or a reviewer to a person.
WORDS = ("notice", "review", "answer", "answer_review")
# Of what was sent, what says nothing to a reader.
FINGERPRINTS = ("poses", "descriptor")


def notice_records(audit: AuditLog, since: str = "", until: str = "", words: bool = False) -> Iterator[dict[str, Any]]:
    """Yields one row a notice, in the order in which they were due.

    `since` and `until` are the days between which it came, such as "2026-11-29" (UTC), both included, "" for no bound.
    A row holds what notice_state.py says of it, the rows of its case, the stamps that it removed, and with `words` what
    is still kept of what people wrote; never a picture.
    """
    with audit.read_transaction() as reader:
        for queued in reader.notices.list():
            if (since and queued.time[:10] < since) or (until and queued.time[:10] > until):
                continue
            entries, content = reader.entries_of(queued.case_id), reader.content_of(queued.case_id)
            state = asdict(read_notice_state(entries, audit.keys))
            state.pop("receipt")
            row = {"case": queued.case_id, **state}
            row["removed"] = [one.stamp for one in reader.notices.removals_by(queued.case_id)]
            if words:
                row["words"] = {kind: _readable(content[kind]) for kind in WORDS if kind in content}
            yield {**row, "rows": case_rows(entries, {})}


def _readable(text: str) -> Any:
    content = parse_content(text)
    if isinstance(content, dict):
        for name in FINGERPRINTS:
            content.pop(name, None)
    return content
