"""The case store as the studio uses it. A case that cannot be opened stops what it was for."""

from __future__ import annotations

import atexit
import contextlib
import secrets
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from safety.audit import serialize
from safety.audit.case import Case, Question, record_export
from safety.audit.hash_chain import CHANGE, CLOSED, OPENED, Keys
from safety.audit.overrides import restore_redeemed_by
from safety.errors import AuditError, Cancelled, RequestError
from safety.generation import Export, ExportRecord, GenerationRequest, KeptManifest, Stamp

if TYPE_CHECKING:
    from safety.audit.database import Database, DatabaseReader, DatabaseWriter
    from safety.audit.liveness import ProcessLock
    from safety.audit.roots import RootSigner, SignedRoot
    from safety.messages.catalogue import Messages

Texts = list[str]
Rows = list[serialize.Row]
# Called with the case's id in the transaction that opens it; raises where a client may not open one.
Admission = Callable[["DatabaseWriter", str], None]
# What a person or the operator does to work in progress; anything else is a failure.
INTERRUPTIONS = (Cancelled, KeyboardInterrupt, GeneratorExit)


class AuditLog:
    """Records cases in a database at `location` (a path or an SQLAlchemy URL), chained by keyed hashes under `secret`.

    Database and secret are opened at first use, so that what records nothing needs neither. `keep_prompts` keeps the
    words of cases, too. `messages`, the language of the records, words the clauses in them; without it they stand as
    numbers. `signer` signs the roots over it (safety/audit/roots.py). Many threads and processes may write at once; one
    that serves for long beside others claims a partition. Every method raises AuditError where the database cannot
    be used.
    """

    def __init__(
        self,
        location: str | Path,
        secret: bytes | Callable[[], bytes],
        keep_prompts: bool = False,
        messages: Messages | None = None,
        signer: RootSigner | None = None,
    ) -> None:
        self.location = location
        self.keep_prompts = keep_prompts
        self.messages = messages
        self.signer = signer
        self._secret = secret
        self._process_lock: ProcessLock | None = None
        # One thread at a time opens or closes the database and the process lock.
        self._opening = threading.RLock()

    @cached_property
    def keys(self) -> Keys:
        """Returns the keys that rows are hashed with."""
        return Keys(self._secret if isinstance(self._secret, bytes) else self._secret())

    @property
    def has_begun(self) -> bool:
        """Tells whether there is a database: a file that nobody has written to is none yet."""
        if "_opened_database" in self.__dict__ or "://" in str(self.location):
            return True
        return Path(self.location).exists()

    def free_megabytes(self) -> int | None:
        """Returns how many megabytes the disk of the database has left; None where it lies on a server."""
        if "://" in str(self.location):
            return None
        folder = next(place for place in Path(self.location).absolute().parents if place.is_dir())
        return shutil.disk_usage(folder).free // 1_000_000

    # ---- cases ----

    @contextlib.contextmanager
    def case(
        self, request: GenerationRequest, admission: Admission | None = None, kind: str = "create"
    ) -> Iterator[Case]:
        """Opens a case, on disk before anything is made, and closes it when the block ends, however it ends.

        `admission` is called in the transaction that opens the case: what it raises leaves no trace.
        """
        with self._case(kind, serialize.request_facts(request, self.keys), request, admission) as case:
            yield case

    @contextlib.contextmanager
    def mark_case(self) -> Iterator[Case]:
        """Opens a case for marks on a picture from elsewhere, and closes it as delivered."""
        with self._case("mark", {}) as case:
            yield case
            case.close("delivered")

    @contextlib.contextmanager
    def change_case(self, what: str, facts: Mapping[str, object]) -> Iterator[Case]:
        """Opens a case for what the operator changes, with these facts, and closes it as done."""
        with self._case(CHANGE, {"what": what, **facts}) as case:
            yield case
            case.close("done")

    @contextlib.contextmanager
    def _case(
        self,
        kind: str,
        facts: serialize.Facts,
        request: GenerationRequest | None = None,
        admission: Admission | None = None,
    ) -> Iterator[Case]:
        process_lock = self._live()
        case = Case(secrets.token_hex(6), self._database, request, self.keep_prompts, self.messages)
        with self.write_transaction() as writer:
            if admission:
                admission(writer, case.id)
            writer.append(case.id, OPENED, {"kind": kind, "instance": process_lock.id, **facts})
        try:
            yield case
        except BaseException as error:
            # The first error matters, not that of closing. A case left open is closed at the next start.
            with contextlib.suppress(AuditError):
                if not case.closed:
                    outcome = "cancelled" if isinstance(error, INTERRUPTIONS) else "failed"
                    case.close(outcome, serialize.error_facts(error))
            raise
        if not case.closed:
            case.close("failed", {"error": "", "sentence": "The work ended without an outcome."})

    def record_export(self, case_id: str, export: Export, ask: Question | None = None) -> None:
        """Adds the row of a marked file of a case that is closed. Raises RequestError for an unknown case.

        `ask` is called in the same transaction: what it raises leaves no row.
        """
        with self.write_transaction() as writer:
            if not writer.entries_of(case_id):
                raise unknown_case(case_id)
            record_export(writer, case_id, export, ask)

    def append(self, case_id: str, event: str, facts: Mapping[str, object]) -> None:
        """Adds a row for what happens to a case after its closing. Raises RequestError for an unknown case."""
        with self.write_transaction() as writer:
            if not writer.entries_of(case_id):
                raise unknown_case(case_id)
            writer.append(case_id, event, facts)

    def close_interrupted(self) -> Texts:
        """Closes the cases that a crash left open, and returns their ids. Those of living processes stay."""
        with self._opening:
            if self._process_lock is None:
                self._process_lock = self._new_process_lock()
            with self.write_transaction() as writer:
                open_cases = writer.open_cases()
                left = [case_id for case_id, owner in open_cases if not self._process_lock.is_alive(owner)]
                for case_id in left:
                    writer.append(case_id, CLOSED, {"outcome": "interrupted"})
                    writer.activity.set_outcome(case_id, "interrupted")
                    restore_redeemed_by(writer, case_id)
            self._process_lock.sweep()
            return left

    # ---- what is on record ----

    def find(self, stamps: Iterable[Stamp | str], sha256: str) -> ExportRecord | None:
        """Returns the export with exactly these bytes, else the newest with one of these stamps; None without one."""
        with self.read_transaction() as reader:
            exports = reader.exports([str(stamp) for stamp in stamps], sha256)
            genuine = [entry for entry in exports if self.keys.is_genuine(entry)]
            best = max(genuine, key=lambda entry: (entry.sha256 == sha256, entry.time, entry.seq), default=None)
            if best is None:
                return None
            opened = reader.entries_of(best.case_id)[0]
            kept = reader.manifests.of_stamp(str(best.stamp))
            removal = reader.notices.removal_of(str(best.stamp))
        kind, removed = str(opened.parse_facts().get("kind", "")), removal.time if removal else ""
        return serialize.export_record(best, kind, kept, removed)

    def find_manifest(self, stamp: str = "", id_: str = "") -> KeptManifest | None:
        """Returns the manifest that is kept of a stamp, or by C2PA's identifier; None where none is, or was changed."""
        with self.read_transaction() as reader:
            kept = reader.manifests.of_stamp(stamp) if stamp else reader.manifests.of_id(id_)
        record = self.find([kept.stamp], "") if kept else None
        return record.manifest if record else None

    def verify(self) -> Texts:
        """Returns whatever is wrong with the record, a sentence each that names the row; none for a sound one."""
        from safety.audit.integrity import all_problems

        with self.read_transaction() as reader:
            return list(all_problems(reader, self._database, self.signer))

    @contextlib.contextmanager
    def proved(self) -> Iterator[DatabaseReader]:
        """Opens a transaction on one state of the record, proved whole. Raises AuditError that names what is wrong."""
        from safety.audit.integrity import all_problems

        with self.read_transaction() as reader:
            for problem in all_problems(reader, self._database, self.signer):
                raise AuditError(f"The record is not whole: {problem}", "Run `python app.py audit verify`.")
            yield reader

    def end(self) -> tuple[int, str]:
        """Returns number and hash of the last row: kept elsewhere, they prove that nothing was cut off since.

        Of several partitions, how many rows there are, and one hash over their ends.
        """
        with self.read_transaction() as reader:
            return reader.chain_end()

    def sign_root(self, least_age: timedelta = timedelta(0)) -> SignedRoot | None:
        """Signs a root over all rows and puts it on record.

        Returns None where nothing has come since the last one, where that one is younger than `least_age`, or where
        another process signs. Raises KeysError; AuditError where the last root was changed, or rows are missing.
        """
        from safety.audit.roots import write_root

        if self.signer is None:
            raise AuditError("This record is kept without a key that could sign it.")
        with self.turn_at("root") as mine:
            return write_root(self, self.signer, least_age) if mine else None

    def newest_root(self) -> SignedRoot | None:
        """Returns the newest signed root; None before the first."""
        with self.read_transaction() as reader:
            return reader.roots.newest()

    def prove(self, case_id: str) -> str:
        """Returns a proof, as JSON, that a case was on record when the newest root was signed. Raises RequestError."""
        from safety.audit.proof import prove

        with self.read_transaction() as reader:
            return prove(reader, case_id)

    def show(self, case_id: str) -> Rows:
        """Returns every row of a case, oldest first, with what is still kept of its words.

        Raises RequestError for an unknown case.
        """
        with self.read_transaction() as reader:
            entries = reader.entries_of(case_id)
            content = reader.content_of(case_id)
        if not entries:
            raise unknown_case(case_id)
        return serialize.case_rows(entries, content)

    def list(self, limit: int = 20) -> Rows:
        """Returns the newest cases: case, time, kind, mode, outcome ("open" until it is closed)."""
        with self.read_transaction() as reader:
            newest = reader.newest_cases(limit)
        return [serialize.case_summary(opened, closed) for opened, closed in newest]

    # ---- for appeals and rate limits ----

    def write_transaction(self, patient: bool = False) -> AbstractContextManager[DatabaseWriter]:
        """Opens a transaction that no other writer overlaps; on disk when it ends.

        `patient`: waits for a minute where another program holds the database, and not for two seconds.
        """
        return self._database.write_transaction(patient)

    def claim_partition(self) -> int:
        """Writes to a partition of the chain that no other process writes to, from now on; returns its number.

        For a process that serves beside others on one PostgreSQL. Of a SQLite file it stays partition 0.
        """
        return self._database.claim_partition()

    def turn_at(self, work: str) -> AbstractContextManager[bool]:
        """Tells, as a block, whether this process is the one of all to do some regular work now."""
        return self._database.turn_at(work)

    def read_transaction(self) -> AbstractContextManager[DatabaseReader]:
        """Opens a transaction on one state of the record, whatever others write meanwhile."""
        return self._database.read_transaction()

    def client_digest(self, address: str) -> str:
        """Returns what stands for an address in the tables: a keyed hash as 64 hex digits."""
        return self.keys.digest("client", address)

    def person_digest(self, person: str) -> str:
        """Returns what stands for a person in the library: a keyed hash as 64 hex digits."""
        return self.keys.digest("person", person)

    def scrub(self) -> None:
        """Takes what was erased out of the database's files, too."""
        self._database.scrub()

    # ---- opening and closing ----

    def close(self) -> None:
        """Closes the database; cases still open now count as interrupted."""
        with self._opening:
            if self._process_lock is not None:
                self._process_lock.close()
                self._process_lock = None
            if "_opened_database" in self.__dict__:
                self._opened_database.close()
                del self._opened_database

    @property
    def _database(self) -> Database:
        with self._opening:
            return self._opened_database

    @cached_property
    def _opened_database(self) -> Database:
        # SQLAlchemy takes a third of a second to import.
        from safety.audit.database import Database

        return Database(self.location, self.keys)

    def _live(self) -> ProcessLock:
        """Returns this process's lock. The first call also closes what a crash left open."""
        with self._opening:
            if self._process_lock is None:
                self._process_lock = self._new_process_lock()
                self.close_interrupted()
            else:
                self._database.hold(self._process_lock)
            return self._process_lock

    def _new_process_lock(self) -> ProcessLock:
        process_lock = self._database.process_lock()
        atexit.register(process_lock.close)
        return process_lock


def unknown_case(case_id: str) -> RequestError:
    """Returns the error for the id of a case that there is not."""
    return RequestError(f"There is no case {case_id[:40]!r}.", "Look at the id again: it has 12 letters and digits.")
