"""A rehearsal: the whole flow of a studio on a record that is thrown away, as in a lesson on appeals.

Policy, checks and engines are the studio's own; the audit log, the reviewers' side and the folder of pictures are new,
in a temporary folder, and gone at the end. Nothing of it is on the studio's own record, and no webhook is told.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from safety.audit import AuditLog
from safety.policy.model import Policy
from safety.review.rate_limit import load_limits
from safety.review.retention import load_retention
from safety.review.service import ReviewRules, ReviewSettings, make_review_service
from studio.studio import Studio

SECRET_BYTES = 32


@contextmanager
def rehearsal(studio: Studio, policy: Policy | None = None) -> Iterator[Studio]:
    """Yields a studio that does all that this one does, on a record of its own that ends with the block.

    `policy` is another one to decide by. There are reviewers, whoever they are: a statement of reasons says so.
    """
    rules = ReviewRules(load_limits(studio.presets), load_retention(studio.presets))
    reviewers = ReviewSettings(password=secrets.token_urlsafe(SECRET_BYTES))
    with TemporaryDirectory(prefix="safelight-rehearsal-") as folder:
        outputs = Path(folder) / "outputs"
        audit = AuditLog(
            Path(folder) / "audit.sqlite3", secrets.token_bytes(SECRET_BYTES), messages=studio.audit.messages
        )
        try:
            yield replace(
                studio,
                policy=policy or studio.policy,
                audit=audit,
                review=make_review_service(audit, rules, outputs, reviewers),
                outputs=outputs,
                store=None,
                observer=None,
                webhook=None,
                traces=None,
            )
        finally:
            audit.close()
