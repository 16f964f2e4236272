"""All that is on record of one person: for them, on their request (GDPR, Article 15)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from safety.audit.log import AuditLog, unknown_case
from safety.audit.serialize import case_rows, parse_content


def personal_data(audit: AuditLog, cases: Sequence[str] = (), client: str = "") -> list[dict[str, Any]]:
    """Returns cases with their rows and what is kept of them (words; pictures and credentials as base64), oldest first.

    The cases are named by their ids, or by an address (`client_of`) for as long as that is kept. Raises RequestError
    for the id of an unknown case.
    """
    with audit.read_transaction() as reader:
        of_client = reader.activity.cases(audit.client_digest(client)) if client else []
        rows = []
        for case_id in dict.fromkeys([*cases, *of_client]):
            entries, content = reader.entries_of(case_id), reader.content_of(case_id)
            if not entries:
                raise unknown_case(case_id)
            kept = {kind: parse_content(text) for kind, text in content.items()}
            library = [asdict(entry) for entry in reader.library.of_case(case_id)]
            more: dict[str, Any] = {"library": library} if library else {}
            # What was said of it, by whom is known only as a keyed hash.
            if said := [one.case_id for one in reader.feedback.list(target=case_id)]:
                more["feedback"] = said
            if manifests := reader.manifests.of_case(case_id):
                more["credentials"] = [
                    asdict(one) | {"store": b64encode(one.store).decode("ascii")} for one in manifests
                ]
            rows.append({"case": case_id, "rows": case_rows(entries, {}), "kept": kept, **more})
    return rows
