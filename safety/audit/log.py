"""The audit log as the studio sees it. A case that cannot be opened stops what it was for."""

from __future__ import annotations

import atexit
import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safety.audit import facts
from safety.audit.case import Case
from safety.audit.chain import CLOSED, Entry, Keys
from safety.audit.instances import Living
from safety.errors import AuditError, Cancelled, RequestError
from safety.works import GenerationRequest, Registered, Stamp

if TYPE_CHECKING:
    from safety.audit.store import Store

Texts = list[str]
Rows = list[dict[str, Any]]
STOPS = (Cancelled, KeyboardInterrupt, GeneratorExit)


class AuditLog:
    """Cases in a database at `place` (a path or an SQLAlchemy URL), chained under `secret`.

    Database and secret are opened at first use, so that what records nothing needs neither. Many threads
    and many processes may write at once. Every method raises AuditError where the database cannot be used.
    """

    def __init__(self, place: str | Path, secret: bytes | Callable[[], bytes], keep_prompts: bool = False) -> None:
        self.place = place
        self.keep_prompts = keep_prompts
        self._secret = secret
        self._instance: Living | None = None
        self._starting = threading.RLock()

    @cached_property
    def _keys(self) -> Keys:
        return Keys(self._secret if isinstance(self._secret, bytes) else self._secret())

    @cached_property
    def _opened_store(self) -> Store:
        from safety.audit.store import Store  # SQLAlchemy takes a third of a second to import

        return Store(self.place, self._keys)

    @property
    def _store(self) -> Store:
        with self._starting:
            return self._opened_store

    @contextlib.contextmanager
    def case(self, request: GenerationRequest) -> Iterator[Case]:
        """A case on disk before anything is made, closed when the block ends, however it ends."""
        with self._opened("create", facts.of_request(request, self._keys), request) as case:
            yield case

    @contextlib.contextmanager
    def marking(self) -> Iterator[Case]:
        """A case for marks on a picture from elsewhere."""
        with self._opened("mark", {}, None) as case:
            yield case
            case.close("delivered")

    @contextlib.contextmanager
    def _opened(self, kind: str, opening: facts.Facts, request: GenerationRequest | None) -> Iterator[Case]:
        instance = self._start()
        case = Case(secrets.token_hex(6), self._store, request, self.keep_prompts)
        case.note("opened", kind=kind, instance=instance.id, **opening)
        try:
            yield case
        except BaseException as error:
            # The first error is the one to be told. A case left open is closed at the next start.
            with contextlib.suppress(AuditError):
                if not case.closed:
                    case.close("cancelled" if isinstance(error, STOPS) else "failed", facts.of_error(error))
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
            self._instance.sweep()
            return left

    def find(self, stamps: Iterable[Stamp | str], sha256: str) -> Registered | None:
        """The export with exactly these bytes, else the newest with one of these stamps."""
        with self._store.reading() as reader:
            rows = reader.exports([str(stamp) for stamp in stamps], sha256)
        genuine = [row for row in rows if self._keys.holds(row)]
        best = max(genuine, key=lambda row: (row.sha256 == sha256, row.seq), default=None)
        if best is None:
            return None
        return Registered(stamp=str(best.stamp), case=best.case_id, sha256=str(best.sha256), time=best.time)

    def verify(self) -> Texts:
        """Whatever is wrong with the log, a sentence each that names the row; empty for a sound one."""
        from safety.audit.proof import all_problems

        with self._store.reading() as reader:
            return list(all_problems(reader, self._store))

    def end(self) -> tuple[int, str]:
        """Number and hash of the last row: kept elsewhere, they prove that nothing was cut off since."""
        with self._store.reading() as reader:
            head = reader.end()
        return (head.seq, head.hash) if head else (0, "")

    def show(self, case_id: str) -> Rows:
        """Every row of a case, oldest first; the closing row with `words` where they are kept."""
        with self._store.reading() as reader:
            rows = reader.of_case(case_id)
            words = reader.kept(case_id).get("words")
        if not rows:
            raise unknown(case_id)
        shown = [_as_dict(row) for row in rows]
        if words:
            closing = next((row for row in shown if row["event"] == CLOSED), shown[-1])
            closing["facts"]["words"] = _readable(words)
        return shown

    def list(self, limit: int = 20) -> Rows:
        """The newest cases: case, time, kind, mode, outcome ("open" until it is closed)."""
        with self._store.reading() as reader:
            recent = reader.recent(limit)
        return [_summary(opened, closed) for opened, closed in recent]

    def close(self) -> None:
        """Lets go of the database; cases still open now count as interrupted."""
        with self._starting:
            if self._instance is not None:
                self._instance.close()
                self._instance = None
            if "_opened_store" in self.__dict__:
                self._opened_store.close()
                del self._opened_store

    def _start(self) -> Living:
        with self._starting:
            if self._instance is None:
                self.close_interrupted()
            return self._instance or self._claim()

    def _claim(self) -> Living:
        instance = self._store.instance()
        atexit.register(instance.close)
        return instance


def unknown(case_id: str) -> RequestError:
    return RequestError(f"There is no case {case_id!r}.", "`python app.py audit list` shows the newest cases.")


def _readable(words: str) -> object:
    try:
        return json.loads(words)
    except ValueError:  # edited by hand, which `verify` reports
        return words


def _as_dict(row: Entry) -> dict[str, Any]:
    marks = {"stamp": row.stamp, "sha256": row.sha256} if row.stamp or row.sha256 else {}
    return {"seq": row.seq, "time": row.time, "event": row.event, "facts": {**row.read(), **marks}}


def _summary(opened: Entry, closed: Entry | None) -> dict[str, Any]:
    facts_ = opened.read()
    outcome = closed.read().get("outcome", "") if closed else "open"
    kind, mode = facts_.get("kind", ""), facts_.get("mode", "")
    return {"case": opened.case_id, "time": opened.time, "kind": kind, "mode": mode, "outcome": outcome}
