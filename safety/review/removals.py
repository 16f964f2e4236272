"""Removed pictures: what the store knew of them goes with the decision, their files after it, again and again.

The decision is on record before the first file is deleted. A file that cannot be deleted undoes nothing: it is
remembered, handed out no more (`is_removed`), and tried again at every start and every hour.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from safety.audit.feedback_record import erase_feedback
from safety.audit.hash_chain import timestamp, utc_now
from safety.audit.log import AuditLog
from safety.audit.notice_state import Removal
from safety.errors import AuditError, RequestError, StoreError
from safety.marks.finished_pictures import FinishedPictures
from safety.review.quarantine import Quarantine
from safety.review.retention import delete_thumbnails

if TYPE_CHECKING:
    from safety.audit.database import DatabaseWriter
    from safety.review.near_exports import NearExport

DELETED = "deleted"  # the event on the case of a removed picture
REMOVED_AFTER_NOTICE = "This picture was removed here after a notice by somebody who is depicted."
# Copies outside the store are dropped for so long after a removal that nothing older is kept anywhere.
RECENT = timedelta(days=1)
Hook = Callable[[Sequence[str]], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Removals:
    """Removes pictures. `pictures` are the finished ones, `quarantine` has withheld ones.

    `when_removed` are called with the stamps of removed pictures, to delete copies elsewhere: after each removal here,
    and every hour for those that another process has removed.
    """

    audit: AuditLog
    pictures: FinishedPictures
    quarantine: Quarantine
    when_removed: list[Hook] = field(default_factory=list)

    def removed(self, stamps: Sequence[str]) -> set[str]:
        """Returns those of these stamps whose picture was removed, by whichever process. Raises AuditError."""
        if not (stamps and self.audit.has_begun):
            return set()
        with self.audit.read_transaction() as reader:
            return reader.notices.removed(stamps)

    def removed_from(self, case_id: str) -> bool:
        """Tells whether a picture of a case was removed. Raises AuditError."""
        if not self.audit.has_begun:
            return False
        with self.audit.read_transaction() as reader:
            return bool(reader.notices.removals_from(case_id))

    def require_kept(self, stamp: object) -> None:
        """Raises RequestError for a picture that was removed."""
        if self.removed([str(stamp)]):
            raise RequestError(REMOVED_AFTER_NOTICE, "Make another one.")

    def record(self, writer: DatabaseWriter, notice: str, exports: Iterable[NearExport]) -> Sequence[str]:
        """Notes pictures as removed by a notice, within the caller's transaction; returns their stamps.

        Deletes what the store knows of them and puts that on record. Their files stay until `finish`.
        """
        time, removals = utc_now(), []
        for export in exports:
            stamp, target = export.stamp, export.entry.case_id
            owner = writer.library.owner(stamp)
            writer.library.delete(owner, [stamp])
            writer.manifests.delete([stamp])
            facts = {"stamp": stamp, "by": "notice", "of": notice, "near": not export.own}
            writer.append(target, DELETED, facts)
            removals.append(Removal(stamp, target, notice, owner, time, not export.own, pending=True))
        said = {one.case_id: one for one in writer.feedback.about([one.stamp for one in removals])}
        for target in {one.target for one in removals}:
            # The words describe who is depicted; what was withheld of the same case, and feedback on it, do, too.
            writer.erase_content(target, "notice", "words", "picture")
            said |= {one.case_id: one for one in writer.feedback.list(target=target)}
        erase_feedback(writer, said.values(), "notice")
        writer.notices.add_removals(removals)
        return [one.stamp for one in removals]

    def pending(self) -> int:
        """Returns of how many removed pictures files are still to be deleted."""
        if not self.audit.has_begun:
            return 0
        with self.audit.read_transaction() as reader:
            return len(reader.notices.pending())

    def finish(self) -> int:
        """Deletes the files of removed pictures, and copies elsewhere; returns of how many something is left."""
        if not self.audit.has_begun:
            return 0
        since = timestamp(datetime.now(UTC) - RECENT)
        with self.audit.read_transaction() as reader:
            pending, recent = reader.notices.pending(), reader.notices.removed_since(since)
        deleted = [one.stamp for one in pending if self._delete(one)]
        # Another process may have removed some, which knows nothing of the copies that this one keeps.
        dropped = self._drop_copies(sorted({*recent, *(one.stamp for one in pending)}))
        if not pending:
            return 0
        try:
            self.audit.scrub()
            with self.audit.write_transaction() as writer:
                writer.notices.set_deleted(deleted if dropped else [])
        except AuditError as error:
            log.warning("What was removed is not deleted for good yet: %s", error)
            return len(pending)
        return len(pending) - len(deleted) if dropped else len(pending)

    def _delete(self, removal: Removal) -> bool:
        """Deletes the files and copies of a removed picture; tells whether nothing is left."""
        self.quarantine.take(removal.target)
        try:
            self.pictures.delete_stamp(removal.target, removal.stamp)
            delete_thumbnails(self.pictures.folder, [removal.stamp])
        except (OSError, StoreError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            log.warning("A file of the removed picture %s cannot be deleted yet: %s", removal.stamp, why)
            return False
        return True

    def _drop_copies(self, stamps: Sequence[str]) -> bool:
        """Deletes copies elsewhere; tells whether none is left."""
        done = True
        for hook in self.when_removed if stamps else ():
            try:
                hook(stamps)
            except OSError as error:
                log.warning("A copy of a removed picture cannot be deleted yet: %s", error.strerror)
                done = False
        return done
