"""How long things are kept, as data; and their deletion, which leaves the chain whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from safety.audit import notice_state
from safety.audit.appeal_state import EXPIRED, WAITING, read_appeal_state
from safety.audit.feedback_record import FEEDBACK, erase_feedback
from safety.audit.hash_chain import CONTENT_KINDS, timestamp
from safety.audit.log import AuditLog, unknown_case
from safety.audit.notice_state import read_notice_state
from safety.config import ConfigModel
from safety.marks.finished_pictures import FinishedPictures

if TYPE_CHECKING:
    from safety.audit.database import DatabaseReader, DatabaseWriter


class RetentionDays(ConfigModel):
    """Says for how many days things are kept; 0: for ever.

    `words`, `appeal`, `picture`, `review`, `notice`, `blocked` and `feedback` are kinds of content beside the chain,
    `clients` the activity that rate limits are counted on, `finished` the files of delivered pictures, `library` words
    that people keep themselves, `manifests` the signed credentials of delivered pictures. Answers to a notice go with
    notices, and what was decided on them with reviews.
    """

    words: float = Field(ge=0)
    appeal: float = Field(ge=0)
    picture: float = Field(ge=0)
    review: float = Field(ge=0)
    notice: float = Field(ge=0)
    blocked: float = Field(ge=0)
    clients: float = Field(ge=0)
    finished: float = Field(ge=0)
    library: float = Field(ge=0)
    manifests: float = Field(ge=0, default=0)
    feedback: float = Field(ge=0, default=365)


class AppealTerms(ConfigModel):
    """Says what holds for appeals.

    `ask_days`: from a refusal until when its person may appeal. `withheld_minutes`: how long a withheld picture waits
    in memory for an appeal. `override_days`: how long an overturned appeal can be redeemed. `remark_characters`: the
    longest remark.
    """

    ask_days: int = Field(ge=1)
    withheld_minutes: float = Field(ge=0)
    override_days: float = Field(gt=0, alias="pass_days")
    remark_characters: int = Field(ge=1)


class NoticeTerms(ConfigModel):
    """Says what holds for notices by people who are depicted.

    `hours`: within which somebody decides, 48 at most. `answer_days`: so long after a removal the maker may answer.
    `statement_characters`: the longest statement and answer. `open_each`: of one client that wait at once.
    `kept_files`: copies of files from elsewhere that are kept at once. `free_megabytes`: of the disk, below which none
    is taken.
    """

    hours: float = Field(gt=0, le=48)
    answer_days: int = Field(ge=1)
    statement_characters: int = Field(ge=100)
    open_each: int = Field(ge=1)
    kept_files: int = Field(ge=0)
    free_megabytes: int = Field(ge=0)


class RetentionRules(ConfigModel):
    """Holds presets/retention.toml."""

    days: RetentionDays
    appeal: AppealTerms
    notice: NoticeTerms


# Kinds of content that go with another kind.
GOES_WITH = {"answer": "notice", "answer_review": "review"}


def load_retention(folder: Path) -> RetentionRules:
    """Reads retention.toml of a folder of presets. Raises PresetError that names the file and the key."""
    return RetentionRules.load(folder / "retention.toml")


def thumbnail_path(outputs: Path, stamp: str) -> Path:
    """Returns where the library's small copy of a finished picture lies."""
    return outputs.parent / "thumbnails" / stamp[:2] / f"{stamp}.webp"


def delete_thumbnails(outputs: Path, stamps: Iterable[str]) -> None:
    """Deletes the small copies of pictures."""
    for stamp in stamps:
        thumbnail_path(outputs, stamp).unlink(missing_ok=True)


@dataclass(frozen=True)
class Retention:
    """Deletes what is due, or what is asked for. `pictures` are the finished ones."""

    audit: AuditLog
    days: RetentionDays
    pictures: FinishedPictures

    def purge(self, now: datetime | None = None) -> int:
        """Deletes what is older than the days allow, and records it; returns how many things that were."""
        now = now or datetime.now(UTC)
        deleted = 0
        with self.audit.write_transaction() as writer:
            deleted += self._purge_content(writer, now)
            # An appeal whose words are gone cannot be decided any more.
            for queued in writer.appeal_queue.list(WAITING):
                if read_appeal_state(writer.entries_of(queued.case_id), writer.keys).state == EXPIRED:
                    writer.appeal_queue.set_state(queued.case_id, EXPIRED)
            for days, chosen in ((self.days.words, False), (self.days.library, True)):
                if days:
                    deleted += writer.library.forget_words_before(timestamp(now - timedelta(days=days)), chosen)
            if self.days.notice:
                writer.notices.forget_people_before(timestamp(now - timedelta(days=self.days.notice)))
            tables = ((self.days.clients, writer.activity), (self.days.manifests, writer.manifests))
            deleted += sum(table.delete_before(timestamp(now - timedelta(days=days))) for days, table in tables if days)
        deleted += self._delete_old_files(now)
        if deleted:
            self.audit.scrub()
        return deleted

    def _purge_content(self, writer: DatabaseWriter, now: datetime) -> int:
        deleted = 0
        for kind in CONTENT_KINDS:
            days = getattr(self.days, GOES_WITH.get(kind, kind))
            old = writer.cases_with_content_before(kind, timestamp(now - timedelta(days=days))) if days else []
            # What waits for a decision is needed for it.
            for case_id in (one for one in old if not _is_open(writer, one)):
                deleted += len(writer.erase_content(case_id, "retention", kind))
                if kind == FEEDBACK:
                    writer.feedback.delete(case_id)
        return deleted

    def erase(self, case_id: str) -> list[str]:
        """Deletes all that is kept of one case, finished pictures too; returns what that was, in plain words.

        Raises RequestError for an unknown case. Rows of the chain stay: they hold numbers, codes and keyed hashes.
        """
        erased = self._erase(case_id)
        self.audit.scrub()
        return erased

    def forget(self, people: Iterable[tuple[str, str]]) -> tuple[list[str], int]:
        """Deletes all that is kept of what some did, each a client and a person: as `erase` does, case by case.

        Returns what was deleted, files by their names, and how many cases are still open: those stay, for a later call.
        """
        with self.audit.read_transaction() as reader:
            running = {case for case, _ in reader.open_cases()}
            digests = [(self.audit.client_digest(client), self.audit.person_digest(one)) for client, one in people]
            # A notice is about somebody else, and waits for a decision whatever becomes of who sent it.
            cases = {
                client: [case for case in reader.activity.cases(client) if reader.notices.get(case) is None]
                for client, _ in digests
            }
        left = {client: running.intersection(found) for client, found in cases.items()}
        names = [
            name for found in cases.values() for case in found if case not in running for name in self._erase(case)
        ]
        with self.audit.write_transaction() as writer:
            for client, person in digests:
                if not left[client]:
                    writer.activity.delete_client(client)
                    writer.library.set_keeps_prompts(person, False)
                    writer.notices.forget_person(person)
                    erase_feedback(writer, writer.feedback.list(person=person), "operator")
                    writer.feedback.set_consent(person, None)
        self.audit.scrub()
        return names, sum(map(len, left.values()))

    def _erase(self, case_id: str) -> list[str]:
        with self.audit.read_transaction() as reader:
            if not reader.entries_of(case_id):
                raise unknown_case(case_id)
        # First: where they cannot be deleted, the rows that lead to them stay as well, for another try.
        files = self.pictures.delete_case(case_id)
        with self.audit.write_transaction() as writer:
            # The fingerprint of a removed picture stays: without it, the picture could come back. A reviewer lifts it.
            kinds = [kind for kind in CONTENT_KINDS if kind != "blocked"]
            erased = [*writer.erase_content(case_id, "operator", *kinds)]
            entries = writer.entries_of(case_id)
            if read_appeal_state(entries, writer.keys).state == EXPIRED:
                writer.appeal_queue.set_state(case_id, EXPIRED)
            if read_notice_state(entries, writer.keys).state == notice_state.EXPIRED:
                writer.notices.set_state(case_id, notice_state.EXPIRED)
            erased += ["client"] if writer.activity.delete_case(case_id) else []
            delete_thumbnails(self.pictures.folder, [entry.stamp for entry in writer.library.of_case(case_id)])
            erased += ["library"] if writer.library.delete_case(case_id) else []
            erased += ["credentials"] if writer.manifests.delete_case(case_id) else []
            # What was said of a case holds its words. A case that is feedback itself has lost them above.
            erased += [FEEDBACK] if erase_feedback(writer, writer.feedback.list(target=case_id), "operator") else []
            writer.feedback.delete(case_id)
        return erased + files

    def _delete_old_files(self, now: datetime) -> int:
        """Deletes the finished pictures of cases that are older than `days.finished`; returns of how many."""
        if not self.days.finished:
            return 0
        old = self.pictures.cases_before(now - timedelta(days=self.days.finished))
        for case in old:
            self.pictures.delete_case(case)
            with self.audit.write_transaction() as writer:
                stamps = [entry.stamp for entry in writer.library.of_case(case)]
                delete_thumbnails(self.pictures.folder, stamps)
                writer.library.delete_case(case)
        return len(old)


def _is_open(reader: DatabaseReader, case_id: str) -> bool:
    """Tells whether a case is a notice that somebody has to decide on."""
    queued = reader.notices.get(case_id)
    return queued is not None and queued.state in (notice_state.WAITING, notice_state.CONTESTED)
