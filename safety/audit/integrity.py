"""All that `audit verify` examines, on one state of the database: the chain, its triggers, and what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from safety.audit.appeal_state import read_appeal_state
from safety.audit.database import Database, DatabaseReader
from safety.audit.feedback_record import FEEDBACK
from safety.audit.hash_chain import CONTENT_KINDS, ERASED, ChainHead, Entry, Keys, find_problems
from safety.audit.notice_state import read_notice_state
from safety.audit.partitions import place
from safety.audit.roots import RootSigner, root_problems
from safety.audit.serialize import parse_content

ContentKey = tuple[str, str]  # id of a case, kind of content
Promises = dict[ContentKey, tuple[Entry, str]]  # the row that names the content, and the digest in it


def all_problems(reader: DatabaseReader, database: Database, signer: RootSigner | None) -> Iterator[str]:
    """Yields a sentence for each problem of chain, roots, triggers, kept content, appeals, notices and feedback."""
    heads = reader.chain_heads()
    yield from find_problems(reader.entries(), heads, database.keys)
    yield from _partition_problems(reader, heads, database.keys)
    yield from root_problems(reader, heads, database.keys, signer)
    for trigger in database.missing_triggers(reader):
        yield f"The trigger {trigger} is gone: rows can be changed."
    yield from _content_problems(reader, database.keys)
    yield from _manifest_problems(reader)
    yield from _queue_problems(reader, database.keys)
    yield from _notice_problems(reader, database.keys)
    yield from _feedback_problems(reader)


def _partition_problems(reader: DatabaseReader, heads: Mapping[int, ChainHead], keys: Keys) -> Iterator[str]:
    """Yields a sentence for each partition that was begun, by a row of partition 0, and has no end any more."""
    begun = {int(row.parse_facts()["partition"]) for row in reader.partitions_begun() if keys.is_genuine(row)}
    yield from (f"Partition {partition} is missing." for partition in sorted(begun - heads.keys()))
    yield from (f"Nobody has begun partition {partition}." for partition in sorted(heads.keys() - begun - {0}))


def _queue_problems(reader: DatabaseReader, keys: Keys) -> Iterator[str]:
    for queued in reader.appeal_queue.list():
        appeal = read_appeal_state(reader.entries_of(queued.case_id), keys)
        if (appeal.state, appeal.request_digest) != (queued.state, queued.request_digest):
            state = appeal.state or "not there"
            yield f"The appeal of case {queued.case_id} was edited: its rows say that it is {state}."


def _notice_problems(reader: DatabaseReader, keys: Keys) -> Iterator[str]:
    for queued in reader.notices.list():
        notice = read_notice_state(reader.entries_of(queued.case_id), keys)
        names = ("state", "due", "receipt", "target", "stamp")
        if any(getattr(notice, name) != getattr(queued, name) for name in names):
            yield f"The notice {queued.case_id} was edited: its rows say that it is {notice.state or 'not there'}."


def _feedback_problems(reader: DatabaseReader) -> Iterator[str]:
    """Yields a sentence for each piece of feedback whose place in the index says something else than was said."""
    said = reader.content_of_kind(FEEDBACK)
    for entry in reader.feedback.list():
        kept = parse_content(said.get(entry.case_id, "{}"))
        if any(kept.get(name, "") != getattr(entry, name) for name in ("person", "kind", "target", "stamp", "other")):
            yield f"The feedback {entry.case_id} was edited in the index, or what was said is gone."


def _manifest_problems(reader: DatabaseReader) -> Iterator[str]:
    """Yields a sentence for each manifest that no export names so. One that is gone was erased, or had its time."""
    for stamp, digest in reader.manifests.digests():
        if all(entry.parse_facts().get("manifest") != digest for entry in reader.exports([stamp], "")):
            yield f"The manifest kept under the stamp {stamp} was edited, or put in by hand."


def _content_problems(reader: DatabaseReader, keys: Keys) -> Iterator[str]:
    promises, erased = _promises(reader)
    for case_id, kind, content in reader.all_content():
        entry, digest = promises.pop((case_id, kind), (None, ""))
        if entry is None:
            yield f"The {kind} of case {case_id} belongs to no row."
        elif keys.content_digest(kind, case_id, content) != digest:
            yield f"The {kind} that row {place(entry.seq)} (case {case_id}) kept was edited."
    for (case_id, kind), (entry, _) in promises.items():
        if (case_id, kind) not in erased:
            yield f"The {kind} that row {place(entry.seq)} (case {case_id}) kept is gone, and no erasure is on record."


def _promises(reader: DatabaseReader) -> tuple[Promises, set[ContentKey]]:
    """Returns the content that rows name, and which of it other rows name as erased."""
    promises: Promises = {}
    erased: set[ContentKey] = set()
    for entry in reader.entries():
        facts = entry.parse_facts()
        if entry.event == ERASED:
            erased |= {(entry.case_id, kind) for kind in facts.get("kinds", CONTENT_KINDS)}
        named = {kind: facts[kind] for kind in CONTENT_KINDS if isinstance(facts.get(kind), str)}
        promises |= {(entry.case_id, kind): (entry, digest) for kind, digest in named.items()}
    return promises, erased
