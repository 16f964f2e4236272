"""What a reviewer may do: see the queue and a case, reveal a picture on record, uphold or overturn with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from safety.audit.activity import Appeal, stamp
from safety.audit.appeal_state import APPEAL, OVERTURNED, REVIEWED, SEEN, UPHELD, WAITING, standing
from safety.audit.hash_chain import canonical
from safety.audit.log import AuditLog, unknown
from safety.audit.shown import readable
from safety.errors import RequestError
from safety.review import stored_pictures as pictures
from safety.review.retention import AppealTerms

OUTCOMES = (UPHELD, OVERTURNED)
LEAST_REASON, MOST_REASON = 10, 2000  # characters


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """One case as a reviewer sees it.

    `judged`: each decision of the case as the chain has it (verdict, scores, reasons with thresholds, policy).
    `appeal`: prompt, negative_prompt, remark, reasons with spans; empty once deleted. `pictures`: kept ones.
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
    pictures: tuple[pictures.StoredPicture, ...]


@dataclass(frozen=True)
class ReviewDecisions:
    audit: AuditLog
    terms: AppealTerms

    def queue(self, *states: str) -> list[Appeal]:
        """Appeals and reports that wait for somebody (or are in other states), longest first."""
        with self.audit.reading() as reader:
            return reader.queue.all(*(states or (WAITING,)))

    def docket(self, case_id: str) -> ReviewCase:
        """Raises RequestError where nobody has appealed."""
        with self.audit.reading() as reader:
            rows, kept = reader.of_case(case_id), reader.kept(case_id)
        at = standing(rows, self.audit.keys)
        if not at.state:
            raise unknown(case_id)
        opening = rows[0].read()
        held = pictures.unpack(kept["picture"], opening).ones if "picture" in kept else ()
        return ReviewCase(
            case=case_id,
            time=rows[0].time,
            kind=at.kind,
            state=at.state,
            stage=at.stage,
            opening=opening,
            judged=[row.read() for row in rows if row.event == "judged"],
            appeal=readable(kept["appeal"]) if "appeal" in kept else {},
            review=readable(kept["review"]) if "review" in kept else {},
            pictures=held,
        )

    def reveal(self, case_id: str, reviewer: str) -> ReviewCase:
        """Puts on record that a reviewer looks at the pictures, then shows them."""
        docket = self.docket(case_id)
        if not docket.pictures:
            raise RequestError("There is no picture kept of this case.", "It was deleted, or the prompt was refused.")
        with self.audit.writing() as writer:
            writer.append(case_id, SEEN, {"reviewer": self._who(reviewer)})
        return docket

    def decide(self, case_id: str, outcome: str, reason: str, reviewer: str) -> None:
        """Upholds or overturns, once. An overturned appeal lets that one request through once.

        Raises RequestError without a reason, for another outcome, or where the case does not wait.
        """
        reason = reason.strip()
        if outcome not in OUTCOMES:
            raise RequestError(f"There is no outcome {outcome!r}.", f"Choose one of: {', '.join(OUTCOMES)}.")
        if not LEAST_REASON <= len(reason) <= MOST_REASON:
            advice = f"The person will read it. Use {LEAST_REASON} to {MOST_REASON:,} characters."
            raise RequestError("A decision needs a reason in words.", advice)
        with self.audit.writing() as writer:
            at = standing(writer.of_case(case_id), writer.keys)
            if at.state != WAITING:
                raise RequestError(f"Case {case_id} does not wait for a review.", "Somebody may have decided already.")
            until = stamp(datetime.now(UTC) + timedelta(days=self.terms.pass_days))
            noted = {"outcome": outcome, "reviewer": self._who(reviewer)}
            noted |= {"until": until} if outcome == OVERTURNED and at.kind == APPEAL else {}
            kept = writer.keep(case_id, "review", canonical({"reason": reason, "reviewer": reviewer}))
            writer.append(case_id, REVIEWED, {**noted, "review": kept})
            writer.queue.set(case_id, outcome)
            if outcome == OVERTURNED:  # a false block counts against nobody
                writer.acts.settle(case_id, "overturned")

    def _who(self, reviewer: str) -> str:
        return self.audit.keys.digest("reviewer", reviewer)
