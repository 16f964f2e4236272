"""What the makers of removed pictures have answered to a notice, each of them once, and what was decided on it.

All answers of a notice are kept as one content beside the chain, and all decisions on them as another: each is replaced
by one that holds more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from safety.audit import notice_state
from safety.audit.hash_chain import canonical
from safety.audit.serialize import parse_content

if TYPE_CHECKING:
    from safety.audit.database import DatabaseWriter
    from safety.audit.notice_state import NoticeState

ANSWER, REVIEW = "answer", "answer_review"  # the kinds of content


def answers_of(content: Mapping[str, str]) -> list[dict[str, Any]]:
    """Returns the answers that are still kept, oldest first: each its text and the stamp of the picture."""
    return _all(content.get(ANSWER), "answers")


def reviews_of(content: Mapping[str, str]) -> list[dict[str, Any]]:
    """Returns what was decided, oldest first: stamps of the answers, outcome, reason, reviewer."""
    return _all(content.get(REVIEW), "reviews")


def keep_answer(writer: DatabaseWriter, case_id: str, stamp: str, text: str) -> None:
    """Keeps the answer of the maker of a picture, and puts on record that it came."""
    answers = [*answers_of(writer.content_of(case_id)), {"stamp": stamp, "text": text}]
    writer.erase_content(case_id, "answer", ANSWER)
    digest = writer.keep_content(case_id, ANSWER, canonical({"answers": answers}))
    writer.append(case_id, notice_state.ANSWERED, {"answer": digest, "stamp": stamp})
    writer.notices.set_state(case_id, notice_state.CONTESTED)


def decide_answers(
    writer: DatabaseWriter, case_id: str, state: NoticeState, outcome: str, reason: str, reviewer: str
) -> str:
    """Keeps what was decided on the answers that wait; returns its digest, which the row of the decision carries."""
    told = {"stamps": list(state.open_answers), "outcome": outcome, "reason": reason, "reviewer": reviewer}
    reviews = [*reviews_of(writer.content_of(case_id)), told]
    writer.erase_content(case_id, "decision", REVIEW)
    return writer.keep_content(case_id, REVIEW, canonical({"reviews": reviews}))


def reason_for(content: Mapping[str, str], stamps: set[str]) -> str:
    """Returns the newest reason that the maker of some pictures is told: that on their answer, or of a lifted block."""
    for review in reversed(reviews_of(content)):
        # A decision from before answers were kept for each person has no stamps: everybody is told.
        theirs = "stamps" not in review or stamps.intersection(review["stamps"])
        if theirs or review.get("outcome") == notice_state.LIFTED:
            return str(review.get("reason", ""))
    return ""


def _all(text: str | None, name: str) -> list[dict[str, Any]]:
    kept = parse_content(text) if text else {}
    if not isinstance(kept, dict):
        return []
    # One alone, as it was kept before several people could answer.
    return list(kept[name]) if name in kept else [kept] if kept else []
