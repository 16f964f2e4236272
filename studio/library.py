"""The library: what each person has made here, to be found, kept in order, handed out again and deleted.

`person` is who asks, as ui/web/person.py tells it; "" is nobody, who has made nothing. A picture of another person's
is not there for this one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from safety.audit import AuditLog
from safety.audit.feedback_record import erase_feedback
from safety.audit.hash_chain import utc_now
from safety.errors import RequestError
from safety.generation import Delivered, Enlarged, Export, Generation, GenerationRequest, PictureResult
from safety.marks.finished_pictures import FinishedPictures
from safety.marks.generation_settings import FoundSettings
from safety.records import Verdict
from safety.review.retention import delete_thumbnails

if TYPE_CHECKING:
    from safety.audit.library_table import LibraryEntry, LibraryFilter

# A marked file, its seed, the name of its verdict, and whether it is veiled.
Finished = tuple[Export, int, str, bool]
# Whoever sits at a studio that only its own machine can reach.
OWNER = "owner"
# Parts of a request that are words, or belong to one call only.
NO_SETTINGS = ("prompt", "negative_prompt", "acknowledged", "warning", "language")
REVIEWED = "REVIEWED"  # stands for the verdict of a picture that a reviewer has let through
MAX_AT_ONCE = 500  # pictures in one call
MAX_FOLDER_NAME = 60  # characters
NOT_THERE = "This picture is not in your library. It may have been deleted, or made in another browser."
GONE = "The file of this picture is gone from the studio's folder. Its entry can still be deleted."
NOT_YOUR_CASE = "This case is not yours, or it was made in another browser."
CHANGED = "The file of this picture is not the one that was made here, and is not handed out."


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """Holds some of a person's pictures, newest first: from number `start` on, of `total` that match."""

    entries: tuple[LibraryEntry, ...]
    start: int
    total: int


@dataclass(frozen=True)
class Library:
    """Keeps and finds what people have made. `pictures` are the finished ones. Raises AuditError."""

    audit: AuditLog
    pictures: FinishedPictures

    # ---- what goes in ----

    def record(self, person: str, delivered: Delivered) -> Delivered:
        """Adds the pictures that are handed out to a person's library; returns what it was given."""
        verdict = delivered.prompt_decision.verdict
        self._add(person, delivered.case, delivered.generation, _finished(delivered.pictures, verdict))
        return delivered

    def record_enlarged(self, person: str, enlarged: Enlarged) -> Enlarged:
        """Adds an enlarged picture that is handed out; returns what it was given."""
        self._add(person, enlarged.case, enlarged.generation, _finished([enlarged.result], Verdict.ALLOW))
        return enlarged

    def record_reviewed(self, person: str, case: str, generation: Generation, exports: Sequence[Export]) -> None:
        """Adds the pictures that a reviewer has let through: veiled, for what they may show."""
        pairs = zip(exports, generation.pictures, strict=True)
        self._add(person, case, generation, [(export, picture.seed, REVIEWED, True) for export, picture in pairs])

    def _add(self, person: str, case: str, generation: Generation, pictures: Sequence[Finished]) -> None:
        from safety.audit.library_table import LibraryEntry

        if not (person and pictures):
            return
        request, digest = generation.request, self.audit.person_digest(person)
        with self.audit.write_transaction() as writer:
            keeps = self.audit.keep_prompts or writer.library.keeps_prompts(digest)
            entries = [
                LibraryEntry(
                    stamp=str(export.stamp),
                    person=digest,
                    case_id=case,
                    path=export.path.relative_to(self.pictures.folder).as_posix(),
                    sha256=export.sha256,
                    time=utc_now(),
                    mode=request.mode,
                    verdict=verdict,
                    engine=request.engine,
                    style=str(getattr(request, "style", "") or ""),
                    seed=str(seed),
                    settings=_settings(request),
                    prompt=request.prompt if keeps else "",
                    negative_prompt=request.negative_prompt if keeps else "",
                    veiled=veiled,
                    width=export.width,
                    height=export.height,
                )
                for export, seed, verdict, veiled in pictures
            ]
            gone = writer.notices.removed([entry.stamp for entry in entries])
            writer.library.add([entry for entry in entries if entry.stamp not in gone])
            for stamp in gone:
                # Removed before it came to the library: its maker is told all the same.
                writer.notices.set_person(stamp, digest)

    # ---- what is in it ----

    def page(self, person: str, wanted: LibraryFilter, start: int, limit: int) -> LibraryPage:
        """Returns a person's pictures that match."""
        digest = self.audit.person_digest(person)
        with self.audit.read_transaction() as reader:
            table = reader.library
            found = table.page(digest, wanted, start, limit) if person else []
            return LibraryPage(tuple(found), start, table.count(digest, wanted) if person else 0)

    def facets(self, person: str) -> dict[str, list[str]]:
        """Returns what a person's pictures can be filtered by: each facet's values."""
        with self.audit.read_transaction() as reader:
            return reader.library.facets(self.audit.person_digest(person)) if person else {}

    def entry(self, person: str, stamp: str) -> LibraryEntry:
        """Returns one picture of a person's. Raises RequestError."""
        if found := self.entries(person, [stamp]):
            return found[0]
        raise RequestError(NOT_THERE)

    def entries(self, person: str, stamps: Sequence[str]) -> list[LibraryEntry]:
        """Returns those of the pictures that are a person's and still there. Raises RequestError for too many."""
        if len(stamps) > MAX_AT_ONCE:
            raise RequestError(f"That are too many pictures at once: choose at most {MAX_AT_ONCE}.")
        if not person:
            return []
        with self.audit.read_transaction() as reader:
            return reader.library.get(self.audit.person_digest(person), stamps)

    def require_free(self, person: str, stamp: str) -> None:
        """Raises RequestError for a picture of another person's. Whoever has the machine has them all."""
        if person == OWNER:
            return
        with self.audit.read_transaction() as reader:
            owner = reader.library.owner(stamp)
        if owner and owner != self.audit.person_digest(person):
            raise RequestError(NOT_THERE)

    def require_own_case(self, person: str, case: str) -> None:
        """Raises RequestError for a case with pictures in another person's library.

        The marks of a picture name its case to everybody who verifies it: that alone opens nothing of the case.
        """
        if person == OWNER:
            return
        with self.audit.read_transaction() as reader:
            owners = {entry.person for entry in reader.library.of_case(case)}
        if owners - {self.audit.person_digest(person)}:
            raise RequestError(NOT_YOUR_CASE)

    def path(self, entry: LibraryEntry) -> Path:
        """Returns where the file of a picture lies, or would lie: `FinishedPictures.bring` puts it there."""
        return self.pictures.folder / entry.path

    def file(self, entry: LibraryEntry) -> bytes:
        """Returns the marked file of a picture, as it was handed out. Raises RequestError, StoreError."""
        path = self.path(entry)
        if not path.resolve().is_relative_to(self.pictures.folder.resolve()):
            raise RequestError(CHANGED)
        try:
            data = path.read_bytes() if self.pictures.bring(path) else None
        except OSError:
            data = None
        if data is None:
            raise RequestError(GONE)
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise RequestError(CHANGED)
        return data

    # ---- what people do with it ----

    def favour(self, person: str, stamps: Sequence[str], favourite: bool) -> int:
        """Marks pictures as favourites, or takes that back; returns how many were there."""
        return self._set(person, stamps, {"favourite": int(favourite)})

    def move(self, person: str, stamps: Sequence[str], folder: str) -> int:
        """Puts pictures into a folder, "" for none; returns how many were there. Raises RequestError."""
        name = " ".join(folder.split())
        if len(name) > MAX_FOLDER_NAME or not (name == "" or name.isprintable()):
            raise RequestError(f"The name of a folder has at most {MAX_FOLDER_NAME} letters.", "Choose a shorter one.")
        return self._set(person, stamps, {"folder": name})

    def _set(self, person: str, stamps: Sequence[str], values: dict[str, object]) -> int:
        own = [entry.stamp for entry in self.entries(person, stamps)]
        with self.audit.write_transaction() as writer:
            return writer.library.set(self.audit.person_digest(person), own, values) if own else 0

    def reveal(self, person: str, stamp: str) -> LibraryEntry:
        """Puts on record that a person chose to see a veiled picture of theirs; returns it. Raises RequestError."""
        entry = self.entry(person, stamp)
        if entry.veiled:
            self.audit.append(entry.case_id, "revealed", {"stamp": stamp})
            self.unveil(stamp)
        return self.entry(person, stamp)

    def unveil(self, stamp: str) -> None:
        """Shows a picture unveiled from now on: that its person chose to see it is on record."""
        with self.audit.write_transaction() as writer:
            writer.library.unveil(stamp)
        delete_thumbnails(self.pictures.folder, [stamp])

    def delete(self, person: str, stamps: Sequence[str]) -> int:
        """Deletes pictures with their files and words; returns how many there were.

        The chain stays whole: it keeps each export's numbers and hashes, and says that the person deleted the file.
        """
        entries = self.entries(person, stamps)
        if not entries:
            return 0
        # First: where a file cannot be deleted, its entry stays as well, for another try.
        for entry in entries:
            self._delete_file(entry)
        with self.audit.write_transaction() as writer:
            deleted = writer.library.delete(self.audit.person_digest(person), [entry.stamp for entry in entries])
            writer.manifests.delete([entry.stamp for entry in entries])
            for entry in entries:
                writer.append(entry.case_id, "deleted", {"stamp": entry.stamp, "by": "person"})
            for case in {entry.case_id for entry in entries}:
                # The words of a case stay for as long as one of its pictures does.
                if not writer.library.of_case(case):
                    writer.erase_content(case, "person", "words")
            erase_feedback(writer, writer.feedback.about([entry.stamp for entry in entries]), "person")
        self.audit.scrub()
        return deleted

    def _delete_file(self, entry: LibraryEntry) -> None:
        path = self.path(entry)
        if path.resolve().is_relative_to(self.pictures.folder.resolve()):
            self.pictures.delete(path)
        delete_thumbnails(self.pictures.folder, [entry.stamp])

    # ---- whether words are kept ----

    def keeps_prompts(self, person: str) -> bool:
        """Tells whether a person chose to have their words kept in their library."""
        if not person:
            return False
        with self.audit.read_transaction() as reader:
            return reader.library.keeps_prompts(self.audit.person_digest(person))

    def keep_prompts(self, person: str, keeps: bool) -> None:
        """Notes whether a person wants their words kept; deletes those kept until now where not."""
        if not person:
            raise RequestError("This browser keeps no cookie, so that a choice cannot be kept either.")
        with self.audit.write_transaction() as writer:
            writer.library.set_keeps_prompts(self.audit.person_digest(person), keeps)
        if not keeps:
            self.audit.scrub()

    def wish(self, entry: LibraryEntry) -> dict[str, object]:
        """Returns the values of the form that a picture was made with; of its words, those that are kept."""
        values = json.loads(entry.settings) | {"seed": entry.seed, "count": 1}
        values |= {"prompt": entry.prompt, "negative_prompt": entry.negative_prompt} if entry.prompt else {}
        return dict(values)

    def completed(self, person: str, found: FoundSettings) -> FoundSettings:
        """Returns settings found in a file, with what this person's library knows of the same picture."""
        own = self.entries(person, [found.stamp]) if found.stamp else []
        if not own:
            return found
        known = {name: str(value) for name, value in self.wish(own[0]).items() if value not in (None, "", False)}
        return replace(found, values={**found.values, **known})


def _finished(results: Sequence[PictureResult], prompt: Verdict) -> list[Finished]:
    """Returns the results that are handed out; `prompt` is the verdict on the words."""
    return [
        (result.export, result.picture.seed, max(prompt, result.decision.verdict).name, result.veiled)
        for result in results
        if result.export
    ]


def _settings(request: GenerationRequest) -> str:
    names = (field.name for field in fields(request) if field.name not in NO_SETTINGS)
    return json.dumps({name: asdict(request)[name] for name in names}, sort_keys=True)
