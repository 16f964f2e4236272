"""The audit log as the studio sees it. A case that cannot be opened stops what it was for."""

from __future__ import annotations

import atexit
import contextlib
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safety.audit import serialize, shown
from safety.audit.case import Case
from safety.audit.hash_chain import CLOSED, OPENED, Keys
from safety.audit.liveness import ProcessLock
from safety.audit.overrides import give_back
from safety.errors import AuditError, Cancelled, RequestError
from safety.generation import ExportRecord, GenerationRequest, Stamp

if TYPE_CHECKING:
    from safety.audit.database import Store, Writer
    from safety.audit.reader import Reader
    from safety.messages.catalogue import Messages

Texts = list[str]
Rows = list[dict[str, Any]]
Admit = Callable[["Writer", str], None]  # raises where a client may not open this case
STOPS = (Cancelled, KeyboardInterrupt, GeneratorExit)


class AuditLog:
    """Cases in a database at `place` (a path or an SQLAlchemy URL), chained under `secret`.

    Database and secret are opened at first use, so that what records nothing needs neither. `messages` words the
    clauses in the records; without it they stand as numbers. Many threads and many processes may write at once.
    Every method raises AuditError where the database cannot be used.
    """

    def __init__(
        self,
        place: str | Path,
        secret: bytes | Callable[[], bytes],
        keep_prompts: bool = False,
        messages: Messages | None = None,
    ) -> None:
        self.place = place
        self.keep_prompts = keep_prompts
        self.messages = messages  # the language of the records
        self._secret = secret
        self._instance: ProcessLock | None = None
        self._starting = threading.RLock()

    @cached_property
    def keys(self) -> Keys:
        return Keys(self._secret if isinstance(self._secret, bytes) else self._secret())

    @cached_property
    def _opened_store(self) -> Store:
        from safety.audit.database import Store  # SQLAlchemy takes a third of a second to import

        return Store(self.place, self.keys)

    @property
    def _store(self) -> Store:
        with self._starting:
            return self._opened_store

    @contextlib.contextmanager
    def case(self, request: GenerationRequest, admit: Admit | None = None, kind: str = "create") -> Iterator[Case]:
        """A case on disk before anything is made, closed when the block ends, however it ends.

        `admit` is asked in the transaction that opens the case: what it raises leaves no trace.
        """
        with self._opened(kind, serialize.of_request(request, self.keys), request, admit) as case:
            yield case

    @contextlib.contextmanager
    def marking(self) -> Iterator[Case]:
        """A case for marks on a picture from elsewhere."""
        with self._opened("mark", {}, None) as case:
            yield case
            case.close("delivered")

    @contextlib.contextmanager
    def _opened(
        self, kind: str, opening: serialize.Facts, request: GenerationRequest | None, admit: Admit | None = None
    ) -> Iterator[Case]:
        instance = self._start()
        case = Case(secrets.token_hex(6), self._store, request, self.keep_prompts, self.messages)
        with self._store.writing() as writer:
            if admit:
                admit(writer, case.id)
            writer.append(case.id, OPENED, {"kind": kind, "instance": instance.id, **opening})
        try:
            yield case
        except BaseException as error:
            # The first error is the one to be told. A case left open is closed at the next start.
            with contextlib.suppress(AuditError):
                if not case.closed:
                    case.close("cancelled" if isinstance(error, STOPS) else "failed", serialize.of_error(error))
            raise
        if not case.closed:
            case.close("failed", {"error": "", "sentence": "The work ended without an outcome."})

    def append(self, case_id: str, event: str, noted: Mapping[str, object]) -> None:
        """A row for what happens to a case after its closing. Raises RequestError for an unknown case."""
        with self._store.writing() as writer:
            if not writer.of_case(case_id):
                raise unknown(case_id)
            writer.append(case_id, event, noted)

    def close_interrupted(self) -> Texts:
        """Closes the cases that a crash left open, and returns their ids. Those of living processes stay."""
        with self._starting:
            if self._instance is None:
                self._instance = self._claim()
            with self._store.writing() as writer:
                found = writer.open_cases()
                left = [case_id for case_id, owner in found if not self._instance.alive(owner)]
                for case_id in left:
                    writer.append(case_id, CLOSED, {"outcome": "interrupted"})
                    writer.acts.settle(case_id, "interrupted")
                    give_back(writer, case_id)
            self._instance.sweep()
            return left

    def find(self, stamps: Iterable[Stamp | str], sha256: str) -> ExportRecord | None:
        """The export with exactly these bytes, else the newest with one of these stamps."""
        with self._store.reading() as reader:
            rows = reader.exports([str(stamp) for stamp in stamps], sha256)
        genuine = [row for row in rows if self.keys.holds(row)]
        best = max(genuine, key=lambda row: (row.sha256 == sha256, row.seq), default=None)
        if best is None:
            return None
        return serialize.registered(best)

    def verify(self) -> Texts:
        """Whatever is wrong with the log, a sentence each that names the row; empty for a sound one."""
        from safety.audit.integrity import all_problems

        with self._store.reading() as reader:
            return list(all_problems(reader, self._store))

    def writing(self) -> AbstractContextManager[Writer]:
        """One transaction that no other writer overlaps; on disk when it ends."""
        return self._store.writing()

    def reading(self) -> AbstractContextManager[Reader]:
        """One state of the log, whatever others write meanwhile."""
        return self._store.reading()

    def client(self, address: str) -> str:
        """What stands for an address in the tables: a keyed hash."""
        return self.keys.digest("client", address)

    def forget(self) -> None:
        """Takes what was erased out of the database's files, too."""
        self._store.forget()

    def end(self) -> tuple[int, str]:
        """Number and hash of the last row: kept elsewhere, they prove that nothing was cut off since."""
        with self._store.reading() as reader:
            head = reader.end()
        return (head.seq, head.hash) if head else (0, "")

    def show(self, case_id: str) -> Rows:
        """Every row of a case, oldest first, with what is still kept of its words."""
        with self._store.reading() as reader:
            rows = reader.of_case(case_id)
            kept = reader.kept(case_id)
        if not rows:
            raise unknown(case_id)
        return shown.case(rows, kept)

    def list(self, limit: int = 20) -> Rows:
        """The newest cases: case, time, kind, mode, outcome ("open" until it is closed)."""
        with self._store.reading() as reader:
            recent = reader.recent(limit)
        return [shown.summary(opened, closed) for opened, closed in recent]

    def close(self) -> None:
        """Lets go of the database; cases still open now count as interrupted."""
        with self._starting:
            if self._instance is not None:
                self._instance.close()
                self._instance = None
            if "_opened_store" in self.__dict__:
                self._opened_store.close()
                del self._opened_store

    def _start(self) -> ProcessLock:
        with self._starting:
            if self._instance is None:
                self.close_interrupted()
            return self._instance or self._claim()

    def _claim(self) -> ProcessLock:
        instance = self._store.instance()
        atexit.register(instance.close)
        return instance


def unknown(case_id: str) -> RequestError:
    return RequestError(f"There is no case {case_id!r}.", "`python app.py audit list` shows the newest cases.")
