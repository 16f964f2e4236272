"""Everything that `audit verify` looks at, on one state of the database."""

from __future__ import annotations

from collections.abc import Iterator

from safety.audit.appeal_state import standing
from safety.audit.database import Store
from safety.audit.hash_chain import ERASED, KINDS, Entry, Keys, problems
from safety.audit.reader import Reader

Promised = dict[tuple[str, str], tuple[Entry, str]]  # (case, kind) -> the row that names it, and its digest


def all_problems(reader: Reader, store: Store) -> Iterator[str]:
    """The chain, the triggers that guard it, and what hangs on it."""
    yield from problems(reader.rows(), reader.end(), store.keys)
    for trigger in store.missing_triggers(reader):
        yield f"The trigger {trigger} is gone: rows can be changed."
    yield from _kept(reader, store.keys)
    for one in reader.queue.all():
        said = standing(reader.of_case(one.case_id), store.keys)
        if (said.state, said.ticket) != (one.state, one.ticket):
            yield f"The appeal of case {one.case_id} was edited: its rows say that it is {said.state or 'not there'}."


def _kept(reader: Reader, keys: Keys) -> Iterator[str]:
    promised, erased = _promises(reader)
    for case_id, kind, content in reader.all_kept():
        row, digest = promised.pop((case_id, kind), (None, ""))
        if row is None:
            yield f"The {kind} of case {case_id} belongs to no row."
        elif keys.content(kind, case_id, content) != digest:
            yield f"The {kind} that row {row.seq} (case {case_id}) kept was edited."
    for (case_id, kind), (row, _) in promised.items():
        if (case_id, kind) not in erased:
            yield f"The {kind} that row {row.seq} (case {case_id}) kept is gone, and no erasure is on record."


def _promises(reader: Reader) -> tuple[Promised, set[tuple[str, str]]]:
    """What rows say is kept, and what others say was erased since."""
    promised: Promised = {}
    erased: set[tuple[str, str]] = set()
    for row in reader.rows():
        facts = row.read()
        if row.event == ERASED:
            erased |= {(row.case_id, kind) for kind in facts.get("kinds", KINDS)}
        promised |= {(row.case_id, kind): (row, facts[kind]) for kind in KINDS if isinstance(facts.get(kind), str)}
    return promised, erased
