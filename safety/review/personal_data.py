"""All that is on record of one person: for them, on their request (GDPR, Article 15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safety.audit import shown
from safety.audit.log import AuditLog, unknown


def personal(audit: AuditLog, cases: Sequence[str] = (), client: str = "") -> list[dict[str, Any]]:
    """Each case with its rows and what is kept of it (words, pictures as base64). Oldest first.

    By the ids of cases, or by an address (`client_of`) for as long as that is kept. Raises RequestError for a case
    that there is not.
    """
    with audit.reading() as reader:
        wanted = [*cases, *(reader.acts.cases(audit.client(client)) if client else ())]
        found = []
        for case_id in dict.fromkeys(wanted):
            rows, kept = reader.of_case(case_id), reader.kept(case_id)
            if not rows:
                raise unknown(case_id)
            content = {kind: shown.readable(text) for kind, text in kept.items()}
            found.append({"case": case_id, "rows": shown.case(rows, {}), "kept": content})
    return found
