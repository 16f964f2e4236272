"""What a reviewer may do with notices: list them, look, remove the picture or reject the notice, decide on an answer.

Removing deletes the picture here, and those of its near-copies that the reviewer has chosen (removals.py). What the
picture is known by stays, so that all near-copies are withheld from then on (blocked_pictures.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from safety.audit import notice_state
from safety.audit.appeal_state import PICTURE_SEEN
from safety.audit.hash_chain import canonical, timestamp
from safety.audit.log import AuditLog, unknown_case
from safety.audit.notice_state import (
    CONTESTED,
    LIFTED,
    REJECTED,
    REMOVED,
    STANDING,
    UPHELD,
    WAITING,
    NoticeState,
    QueuedNotice,
    Removal,
)
from safety.audit.serialize import parse_content
from safety.errors import RequestError
from safety.marks.finished_pictures import FinishedPictures
from safety.review import noted_pictures, stored_pictures
from safety.review.blocked_pictures import BLOCKED, is_blocked, pack_block, read_blocks
from safety.review.decisions import MAX_REASON, MIN_REASON, require_reason
from safety.review.near_exports import NearExport, find_near_exports
from safety.review.notice_answers import answers_of, decide_answers, reviews_of
from safety.review.notices import utc_clock
from safety.review.removals import Removals

if TYPE_CHECKING:
    from safety.audit.database import DatabaseReader

OUTCOMES = (REMOVED, REJECTED)
ANSWER_OUTCOMES = (UPHELD, LIFTED)
DECIDED_ALREADY = "Somebody may have decided already."


@dataclass(frozen=True, slots=True)
class NoticeFigures:
    """Counts notices: those that wait, those of them past their time, answers that wait; the age of the oldest.

    `undeleted`: of so many removed pictures a file is still to be deleted.
    """

    waiting: int = 0
    overdue: int = 0
    contested: int = 0
    oldest_seconds: float = 0.0
    undeleted: int = 0


@dataclass(frozen=True, slots=True)
class NoticeCase:
    """Holds one notice as a reviewer sees it.

    `words` is what was sent, empty once deleted. `pictures`: this studio's own file, else what was sent, if it is kept.
    `copies`: the pictures here that look like it and were not removed, the nearest first; its own is the first one.
    `earlier`: how its picture was removed before this notice was decided, None where it was not. `answers` are those of
    makers, `answer_reviews` what was decided on them. `blocked`: near-copies are withheld, for the sake of this notice
    or of another one. `undeleted`: of so many of its pictures a file is still to be deleted.
    """

    case: str
    state: NoticeState
    words: Mapping[str, Any]
    pictures: tuple[stored_pictures.StoredPicture, ...]
    copies: Sequence[NearExport]
    earlier: Removal | None
    answers: Sequence[Mapping[str, Any]]
    review: Mapping[str, Any]
    answer_reviews: Sequence[Mapping[str, Any]]
    blocked: bool
    undeleted: int


@dataclass(frozen=True, slots=True)
class Removed:
    """Says what came of a decision: how many pictures were removed, and of how many a file is still to be deleted."""

    pictures: int = 0
    undeleted: int = 0


@dataclass(frozen=True)
class NoticeDecisions:
    """Shows notices to reviewers and does what they decide. `kept` are the finished pictures.

    `removals` removes pictures. `now` is a clock in UTC.
    """

    audit: AuditLog
    kept: FinishedPictures
    removals: Removals
    now: Callable[[], datetime] = utc_clock

    def queue(self, *states: str) -> Sequence[QueuedNotice]:
        """Returns the notices that wait (or are in other states), the one that is due first at the top."""
        with self.audit.read_transaction() as reader:
            return reader.notices.list(*(states or (WAITING,)))

    def figures(self) -> NoticeFigures:
        """Returns how many wait, and for how long. A studio that has recorded nothing yet has none."""
        if not self.audit.has_begun:
            return NoticeFigures()
        waiting, now = self.queue(WAITING, CONTESTED), self.now()
        unseen = [one for one in waiting if one.state == WAITING]
        ages = [(now - datetime.fromisoformat(one.time)).total_seconds() for one in unseen]
        overdue = sum(one.due < timestamp(now) for one in unseen)
        contested = len(waiting) - len(unseen)
        return NoticeFigures(len(unseen), overdue, contested, max(ages, default=0.0), self.removals.pending())

    def state(self, case_id: str) -> NoticeState:
        """Returns where a notice stands. Raises RequestError for a case that is none."""
        with self.audit.read_transaction() as reader:
            return self._state(reader, case_id)

    def case(self, case_id: str) -> NoticeCase:
        """Returns a notice. Raises RequestError for a case that is none."""
        with self.audit.read_transaction() as reader:
            state, content = self._state(reader, case_id), reader.content_of(case_id)
            known = noted_pictures.descriptors(reader, state, content, self.kept)
            copies = self._copies(reader, state, content)
            earlier = reader.notices.removal_of(state.stamp) if state.stamp else None
            undeleted = sum(one.pending for one in reader.notices.removals_by(case_id))
            blocked = is_blocked(read_blocks(reader), known)
        parsed = {kind: parse_content(text) for kind, text in content.items() if kind not in ("picture", BLOCKED)}
        return NoticeCase(
            case=case_id,
            state=state,
            words=parsed.get("notice", {}),
            pictures=noted_pictures.pictures(state, content, self.kept),
            copies=list(copies.values()),
            earlier=earlier if earlier and earlier.notice != case_id else None,
            answers=answers_of(content),
            review=parsed.get("review", {}),
            answer_reviews=reviews_of(content),
            blocked=blocked,
            undeleted=undeleted,
        )

    def copy_pictures(self, case: NoticeCase) -> dict[str, stored_pictures.StoredPicture]:
        """Returns the near-copies of a notice as small pictures, by stamp: as many as a page shows."""
        return noted_pictures.copies(case.copies, self.kept)

    def reveal(self, case_id: str, reviewer: str) -> NoticeCase:
        """Records that a reviewer looks at the pictures of a notice, then returns it. Raises RequestError."""
        case = self.case(case_id)
        if not (case.pictures or case.copies):
            raise RequestError("There is no picture kept of this notice.", "It was deleted, or none was sent.")
        self.audit.append(case_id, PICTURE_SEEN, {"reviewer": self._digest(reviewer)})
        return case

    def decide(
        self,
        case_id: str,
        outcome: str,
        reason: str,
        reviewer: str,
        maker_reason: str = "",
        copies: Iterable[str] | None = None,
    ) -> Removed:
        """Removes the picture or rejects the notice, once.

        `reason` goes to who sent the notice, `maker_reason` to who made the picture: it must name nobody. `copies` are
        the stamps of the near-copies that are removed, too; None for those that are certain. Raises RequestError
        without reasons, for another outcome, or where the notice does not wait. The decision is on record before the
        first file is deleted: where one cannot be, the decision stands, and it is tried again.
        """
        if outcome not in OUTCOMES:
            raise RequestError(f"There is no outcome {outcome!r}.", f"Choose one of: {', '.join(OUTCOMES)}.")
        require_reason(reason)
        if outcome == REMOVED and not MIN_REASON <= len(maker_reason.strip()) <= MAX_REASON:
            advice = f"Name nobody. Use {MIN_REASON} to {MAX_REASON:,} characters."
            raise RequestError("Say to the maker of the picture why it was removed.", advice, "maker_reason")
        with self.audit.write_transaction() as writer:
            state = self._state(writer, case_id)
            if state.state != WAITING:
                raise RequestError(f"Notice {case_id} does not wait.", DECIDED_ALREADY)
            facts: dict[str, object] = {"outcome": outcome, "late": timestamp(self.now()) > state.due}
            stamps: Sequence[str] = ()
            if outcome == REMOVED:
                content = writer.content_of(case_id)
                known = noted_pictures.descriptors(writer, state, content, self.kept)
                earlier = writer.notices.removal_of(state.stamp) if state.stamp else None
                stamps = self.removals.record(writer, case_id, _chosen(self._copies(writer, state, content), copies))
                facts |= {"pictures": len(stamps), **({"earlier": earlier.time} if earlier else {})}
                if known:
                    facts["blocked"] = writer.keep_content(case_id, BLOCKED, pack_block(known))
            said = {"reason": reason.strip(), "maker_reason": maker_reason.strip(), "reviewer": reviewer}
            facts["review"] = writer.keep_content(case_id, "review", canonical(said))
            facts["reviewer"] = self._digest(reviewer)
            writer.append(case_id, notice_state.DECIDED, facts)
            # What was sent to be looked at has been looked at.
            writer.erase_content(case_id, "decision", "picture")
            writer.notices.set_state(case_id, outcome)
            writer.activity.set_outcome(case_id, outcome)
        return self._finished(stamps)

    def remove_copies(self, case_id: str, copies: Iterable[str], reviewer: str) -> Removed:
        """Removes more near-copies of a removed picture: some may have been made since. Raises RequestError."""
        wanted = list(copies)
        if not wanted:
            raise RequestError("No near-copy is chosen.", "Tick those that are to be removed.")
        with self.audit.write_transaction() as writer:
            state = self._state(writer, case_id)
            if state.state not in STANDING:
                raise RequestError(f"Notice {case_id} has removed nothing.", "Decide on it first.")
            found = self._copies(writer, state, writer.content_of(case_id))
            stamps = self.removals.record(writer, case_id, [found[stamp] for stamp in wanted if stamp in found])
            facts = {"pictures": len(stamps), "reviewer": self._digest(reviewer)}
            writer.append(case_id, notice_state.COPIES_REMOVED, facts)
        return self._finished(stamps)

    def decide_answer(self, case_id: str, outcome: str, reason: str, reviewer: str) -> None:
        """Upholds a removal that its makers have answered, or lifts the block of near-copies. No file comes back.

        Decides on all answers that wait. A block may be lifted without an answer as well. Raises RequestError.
        """
        if outcome not in ANSWER_OUTCOMES:
            raise RequestError(f"There is no outcome {outcome!r}.", f"Choose one of: {', '.join(ANSWER_OUTCOMES)}.")
        require_reason(reason)
        with self.audit.write_transaction() as writer:
            state = self._state(writer, case_id)
            if state.state != CONTESTED and outcome == UPHELD:
                raise RequestError(f"Notice {case_id} is not contested.", DECIDED_ALREADY)
            if state.state != CONTESTED and not (state.state in STANDING and state.blocks):
                raise RequestError(f"Nothing is blocked for the sake of notice {case_id}.", DECIDED_ALREADY)
            facts: dict[str, object] = {"outcome": outcome, "reviewer": self._digest(reviewer)}
            facts["answer_review"] = decide_answers(writer, case_id, state, outcome, reason.strip(), reviewer)
            writer.append(case_id, notice_state.ANSWER_DECIDED, facts)
            if outcome == LIFTED:
                writer.erase_content(case_id, "decision", BLOCKED)
            writer.notices.set_state(case_id, outcome)

    def _copies(self, reader: DatabaseReader, state: NoticeState, content: Mapping[str, str]) -> dict[str, NearExport]:
        """Returns the pictures here that look like that of a notice and were not removed, by stamp, nearest first."""
        known = noted_pictures.descriptors(reader, state, content, self.kept)
        found = find_near_exports(reader.exported(), known, state.stamp)
        gone = reader.notices.removed(list(found))
        left = [one for stamp, one in found.items() if stamp not in gone]
        left.sort(key=lambda one: (not one.own, not one.certain, one.nearness.bits))
        return {one.stamp: one for one in left}

    def _finished(self, stamps: Sequence[str]) -> Removed:
        """Deletes files and copies, once the decision is on record."""
        if stamps:
            return Removed(len(stamps), self.removals.finish())
        self.audit.scrub()
        return Removed()

    def _state(self, reader: DatabaseReader, case_id: str) -> NoticeState:
        state = notice_state.read_notice_state(reader.entries_of(case_id), self.audit.keys)
        if not state.state:
            raise unknown_case(case_id)
        return state

    def _digest(self, reviewer: str) -> str:
        return self.audit.keys.digest("reviewer", reviewer)


def _chosen(found: Mapping[str, NearExport], copies: Iterable[str] | None) -> list[NearExport]:
    """Returns what is removed: the picture itself, and the near-copies that are wanted, else those that are certain."""
    if copies is None:
        return [one for one in found.values() if one.certain]
    wanted = set(copies)
    return [one for one in found.values() if one.own or one.stamp in wanted]
