"""What a reviewer may do with notices: list them, look, remove the picture or reject the notice, decide on an answer.

Removing deletes the picture here, with its near-copies and what was enlarged from it: files, small copies, entries of
libraries, words. Its fingerprint stays, so that near-copies are withheld from then on (blocked_pictures.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safety.audit import notice_state
from safety.audit.appeal_state import PICTURE_SEEN
from safety.audit.hash_chain import Entry, canonical, timestamp, utc_now
from safety.audit.log import AuditLog, unknown_case
from safety.audit.notice_state import (
    CONTESTED,
    LIFTED,
    REJECTED,
    REMOVED,
    UPHELD,
    WAITING,
    NoticeState,
    QueuedNotice,
    Removal,
)
from safety.audit.serialize import parse_content
from safety.errors import FileError, RequestError
from safety.image_io import open_picture
from safety.marks.export import files_of_stamp
from safety.marks.similarity import MIN_QUALITY
from safety.review import stored_pictures
from safety.review.blocked_pictures import blockable_poses, near_copies
from safety.review.decisions import require_reason
from safety.review.notices import utc_clock
from safety.review.quarantine import Quarantine
from safety.review.retention import delete_thumbnails

if TYPE_CHECKING:
    from PIL.Image import Image

    from safety.audit.database import DatabaseReader, DatabaseWriter

OUTCOMES = (REMOVED, REJECTED)
ANSWER_OUTCOMES = (UPHELD, LIFTED)
DELETED = "deleted"  # the event on the case of a removed picture
Hook = Callable[[Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class NoticeFigures:
    """Counts notices: those that wait, those of them past their time, answers that wait; the age of the oldest."""

    waiting: int = 0
    overdue: int = 0
    contested: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class NoticeCase:
    """Holds one notice as a reviewer sees it.

    `words` is what was sent, empty once deleted. `pictures`: this studio's own file, else what was sent, if it is kept.
    `copies`: the stamps of all pictures here that would be removed. `answer`, `review` and `answer_review` are empty
    until there are any.
    """

    case: str
    state: NoticeState
    words: Mapping[str, Any]
    pictures: tuple[stored_pictures.StoredPicture, ...]
    copies: Sequence[str]
    answer: Mapping[str, Any]
    review: Mapping[str, Any]
    answer_review: Mapping[str, Any]


@dataclass(frozen=True)
class NoticeDecisions:
    """Shows notices to reviewers and does what they decide. `outputs` is the folder of finished pictures.

    `when_removed` are called with the stamps of removed pictures, to delete copies elsewhere. `now` is a clock in UTC.
    """

    audit: AuditLog
    outputs: Path
    quarantine: Quarantine
    now: Callable[[], datetime] = utc_clock
    when_removed: list[Hook] = field(default_factory=list)

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
        return NoticeFigures(len(unseen), overdue, len(waiting) - len(unseen), max(ages, default=0.0))

    def case(self, case_id: str) -> NoticeCase:
        """Returns a notice. Raises RequestError for a case that is none."""
        with self.audit.read_transaction() as reader:
            state, content = self._state(reader, case_id), reader.content_of(case_id)
            copies = list(near_copies(reader.exported(), self._poses(state, content, reader), state.stamp))
            gone = reader.notices.removed(copies)
        parsed = {kind: parse_content(text) for kind, text in content.items() if kind != "picture"}
        parts = (parsed.get(kind, {}) for kind in ("answer", "review", "answer_review"))
        pictures = self._pictures(state, content)
        return NoticeCase(
            case_id, state, parsed.get("notice", {}), pictures, [one for one in copies if one not in gone], *parts
        )

    def reveal(self, case_id: str, reviewer: str) -> NoticeCase:
        """Records that a reviewer looks at the picture of a notice, then returns it. Raises RequestError."""
        case = self.case(case_id)
        if not case.pictures:
            raise RequestError("There is no picture kept of this notice.", "It was deleted, or none was sent.")
        self.audit.append(case_id, PICTURE_SEEN, {"reviewer": self._digest(reviewer)})
        return case

    def decide(self, case_id: str, outcome: str, reason: str, reviewer: str, maker_reason: str = "") -> int:
        """Removes the picture or rejects the notice, once; returns how many pictures were removed.

        `reason` goes to who sent the notice, `maker_reason` to who made the picture: it must name nobody. Raises
        RequestError without them, for another outcome, or where the notice does not wait.
        """
        if outcome not in OUTCOMES:
            raise RequestError(f"There is no outcome {outcome!r}.", f"Choose one of: {', '.join(OUTCOMES)}.")
        require_reason(reason)
        if outcome == REMOVED:
            require_reason(maker_reason)
        with self.audit.write_transaction() as writer:
            state = self._state(writer, case_id)
            if state.state != WAITING:
                raise RequestError(f"Notice {case_id} does not wait.", "Somebody may have decided already.")
            facts: dict[str, object] = {"outcome": outcome, "late": timestamp(self.now()) > state.due}
            stamps = self._remove(writer, case_id, state, facts) if outcome == REMOVED else []
            said = {"reason": reason.strip(), "maker_reason": maker_reason.strip(), "reviewer": reviewer}
            facts["review"] = writer.keep_content(case_id, "review", canonical(said))
            facts["reviewer"] = self._digest(reviewer)
            writer.append(case_id, notice_state.DECIDED, facts)
            # What was sent to be looked at has been looked at.
            writer.erase_content(case_id, "decision", "picture")
            writer.notices.set_state(case_id, outcome)
            writer.activity.set_outcome(case_id, outcome)
        self._clean(stamps)
        return len(stamps)

    def decide_answer(self, case_id: str, outcome: str, reason: str, reviewer: str) -> None:
        """Upholds a removal that its maker has answered, or lifts the block of near-copies. The file stays deleted.

        A block may be lifted without an answer as well. Raises RequestError.
        """
        if outcome not in ANSWER_OUTCOMES:
            raise RequestError(f"There is no outcome {outcome!r}.", f"Choose one of: {', '.join(ANSWER_OUTCOMES)}.")
        require_reason(reason)
        with self.audit.write_transaction() as writer:
            state = self._state(writer, case_id)
            if state.state not in ((CONTESTED,) if outcome == UPHELD else (REMOVED, CONTESTED, UPHELD)):
                raise RequestError(f"Notice {case_id} is not contested.", "Somebody may have decided already.")
            facts = {"outcome": outcome, "reviewer": self._digest(reviewer)}
            writer.erase_content(case_id, "decision", "answer_review")
            text = canonical({"reason": reason.strip(), "reviewer": reviewer})
            facts["answer_review"] = writer.keep_content(case_id, "answer_review", text)
            writer.append(case_id, notice_state.ANSWER_DECIDED, facts)
            if outcome == LIFTED:
                writer.erase_content(case_id, "decision", "blocked")
            writer.notices.set_state(case_id, outcome)

    # ---- removing ----

    def _remove(
        self, writer: DatabaseWriter, case_id: str, state: NoticeState, facts: dict[str, object]
    ) -> Sequence[str]:
        """Removes a picture and its near-copies, blocks further ones, and adds that to `facts`; returns the stamps."""
        poses = self._poses(state, writer.content_of(case_id), writer)
        found = near_copies(writer.exported(), poses, state.stamp)
        entries = [found[stamp] for stamp in found if stamp not in writer.notices.removed(list(found))]
        if poses:
            facts["blocked"] = writer.keep_content(case_id, "blocked", canonical({"poses": list(poses)}))
        writer.notices.add_removals(self._forget(writer, case_id, entries))
        facts["pictures"] = len(entries)
        # Last, and still within the transaction: a file that cannot be deleted undoes the decision, and is said.
        for entry in entries:
            self._delete_files(entry)
        return [str(entry.stamp) for entry in entries]

    def _forget(self, writer: DatabaseWriter, case_id: str, entries: Sequence[Entry]) -> list[Removal]:
        """Deletes what the store knows of pictures and puts that on record; returns what is noted of each."""
        time, removals = utc_now(), []
        for entry in entries:
            stamp = str(entry.stamp)
            owner = writer.library.owner(stamp)
            writer.library.delete(owner, [stamp])
            writer.manifests.delete([stamp])
            writer.append(entry.case_id, DELETED, {"stamp": stamp, "by": "notice", "of": case_id})
            removals.append(Removal(stamp, entry.case_id, case_id, owner, time))
        for target in {entry.case_id for entry in entries}:
            # The words describe who is depicted; what was withheld of the same case does, too.
            writer.erase_content(target, "notice", "words", "picture")
        return removals

    def _delete_files(self, entry: Entry) -> None:
        folder = self.outputs / entry.case_id
        for path in files_of_stamp(folder, str(entry.stamp)):
            path.unlink(missing_ok=True)
        delete_thumbnails(self.outputs, [str(entry.stamp)])
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    def _clean(self, stamps: Sequence[str]) -> None:
        """Deletes copies elsewhere, once the decision is on record."""
        if stamps:
            with self.audit.read_transaction() as reader:
                cases = {entry.case_id for entry in reader.exports(stamps, "")}
            for case_id in cases:
                self.quarantine.take(case_id)
            for hook in self.when_removed:
                hook(stamps)
        self.audit.scrub()

    # ---- looking ----

    def _pictures(self, state: NoticeState, content: Mapping[str, str]) -> tuple[stored_pictures.StoredPicture, ...]:
        """Returns the picture of a notice: the file that was made here, else what was sent."""
        image = self._own_file(state)
        if image is not None:
            return (stored_pictures.as_stored(image),)
        return stored_pictures.unpack(content["picture"], {}).pictures if "picture" in content else ()

    def _own_file(self, state: NoticeState) -> Image | None:
        """Returns the file that was made here; None where it is gone or damaged: that must not keep it from removal."""
        files = files_of_stamp(self.outputs / state.target, state.stamp) if state.target else []
        try:
            return open_picture(files[0].read_bytes()) if files else None
        except (FileError, OSError):
            return None

    def _poses(self, state: NoticeState, content: Mapping[str, str], reader: DatabaseReader) -> tuple[str, ...]:
        """Returns the fingerprints of the picture of a notice: by its file, by what was sent, else by the registry.

        The registry knows one pose alone. None for a picture that is too plain.
        """
        image = self._own_file(state)
        if image is not None:
            return blockable_poses(image)
        sent = parse_content(content["notice"]).get("poses", ()) if "notice" in content else ()
        if sent:
            return tuple(map(str, sent))
        facts = [entry.parse_facts() for entry in reader.exports([state.stamp], "")] if state.stamp else []
        good = [str(one["pdq"]) for one in facts if one.get("pdq") and one.get("pdq_quality", 0) >= MIN_QUALITY]
        return tuple(good[-1:])

    def _state(self, reader: DatabaseReader, case_id: str) -> NoticeState:
        state = notice_state.read_notice_state(reader.entries_of(case_id), self.audit.keys)
        if not state.state:
            raise unknown_case(case_id)
        return state

    def _digest(self, reviewer: str) -> str:
        return self.audit.keys.digest("reviewer", reviewer)
