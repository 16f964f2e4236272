"""What a reviewer may do: list appeals, look at a case, reveal its pictures on record, uphold or overturn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from safety.audit.appeal_state import (
    APPEAL,
    OVERTURNED,
    PICTURE_SEEN,
    REVIEWED,
    UPHELD,
    WAITING,
    QueuedAppeal,
    read_appeal_state,
)
from safety.audit.hash_chain import canonical, timestamp
from safety.audit.log import AuditLog, unknown_case
from safety.audit.serialize import parse_content
from safety.errors import RequestError
from safety.review import stored_pictures
from safety.review.free_text import require_readable
from safety.review.retention import AppealTerms

OUTCOMES = (UPHELD, OVERTURNED)
MIN_REASON, MAX_REASON = 10, 2000  # characters


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """Holds one case as a reviewer sees it.

    `judged`: each decision of the case as the chain has it (verdict, scores, reasons with thresholds, policy).
    `appeal`: prompt, negative_prompt, remark, reasons with spans; empty once deleted. `pictures`: those kept.
    """

    case: str
    time: str
    kind: str
    state: str
    stage: str
    opening: dict[str, Any]
    judged: Sequence[dict[str, Any]]
    appeal: dict[str, Any]
    review: dict[str, Any]
    pictures: tuple[stored_pictures.StoredPicture, ...]


@dataclass(frozen=True)
class ReviewDecisions:
    """Shows appeals and reports to reviewers, and records what they decide."""

    audit: AuditLog
    terms: AppealTerms

    def queue(self, *states: str) -> Sequence[QueuedAppeal]:
        """Returns appeals and reports that wait for somebody (or are in other states), longest first."""
        with self.audit.read_transaction() as reader:
            return reader.appeal_queue.list(*(states or (WAITING,)))

    def case(self, case_id: str) -> ReviewCase:
        """Returns an appealed case. Raises RequestError where nobody has appealed."""
        with self.audit.read_transaction() as reader:
            entries, content = reader.entries_of(case_id), reader.content_of(case_id)
        appeal = read_appeal_state(entries, self.audit.keys)
        if not appeal.state:
            raise unknown_case(case_id)
        opening = entries[0].parse_facts()
        pictures = stored_pictures.unpack(content["picture"], opening).pictures if "picture" in content else ()
        return ReviewCase(
            case=case_id,
            time=entries[0].time,
            kind=appeal.kind,
            state=appeal.state,
            stage=appeal.stage,
            opening=opening,
            judged=[entry.parse_facts() for entry in entries if entry.event == "judged"],
            appeal=parse_content(content["appeal"]) if "appeal" in content else {},
            review=parse_content(content["review"]) if "review" in content else {},
            pictures=pictures,
        )

    def reveal(self, case_id: str, reviewer: str) -> ReviewCase:
        """Records that a reviewer looks at the pictures of a case, then returns it. Raises RequestError."""
        case = self.case(case_id)
        if not case.pictures:
            raise RequestError("There is no picture kept of this case.", "It was deleted, or the prompt was refused.")
        with self.audit.write_transaction() as writer:
            writer.append(case_id, PICTURE_SEEN, {"reviewer": self._reviewer_digest(reviewer)})
        return case

    def decide(self, case_id: str, outcome: str, reason: str, reviewer: str) -> None:
        """Upholds or overturns, once. An overturned appeal lets that one request through once.

        Raises RequestError without a reason, for another outcome, or where the case does not wait.
        """
        reason = reason.strip()
        _require_reasoned(outcome, reason)
        with self.audit.write_transaction() as writer:
            appeal = read_appeal_state(writer.entries_of(case_id), writer.keys)
            if appeal.state != WAITING:
                raise RequestError(f"Case {case_id} does not wait for a review.", "Somebody may have decided already.")
            facts = {"outcome": outcome, "reviewer": self._reviewer_digest(reviewer)}
            if outcome == OVERTURNED and appeal.kind == APPEAL:
                facts["until"] = timestamp(datetime.now(UTC) + timedelta(days=self.terms.override_days))
            text = canonical({"reason": reason, "reviewer": reviewer})
            facts["review"] = writer.keep_content(case_id, "review", text)
            writer.append(case_id, REVIEWED, facts)
            writer.appeal_queue.set_state(case_id, outcome)
            # A false block counts against nobody.
            if outcome == OVERTURNED:
                writer.activity.set_outcome(case_id, "overturned")

    def _reviewer_digest(self, reviewer: str) -> str:
        return self.audit.keys.digest("reviewer", reviewer)


def _require_reasoned(outcome: str, reason: str) -> None:
    """Raises RequestError unless the outcome is one of OUTCOMES and the reason is long enough to say something."""
    if outcome not in OUTCOMES:
        raise RequestError(f"There is no outcome {outcome!r}.", f"Choose one of: {', '.join(OUTCOMES)}.")
    require_reason(reason)


def require_reason(reason: str) -> None:
    """Raises RequestError for a reason that is too short to say something, or too long, or cannot be read."""
    require_readable(reason=reason)
    if not MIN_REASON <= len(reason.strip()) <= MAX_REASON:
        advice = f"The person will read it. Use {MIN_REASON} to {MAX_REASON:,} characters."
        raise RequestError("A decision needs a reason in words.", advice)
