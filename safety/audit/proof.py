"""Everything that `audit verify` looks at, on one state of the database."""

from __future__ import annotations

from collections.abc import Iterator

from safety.audit.case import words_digest
from safety.audit.chain import CLOSED, ERASED, Keys, problems
from safety.audit.reader import Reader


def all_problems(reader: Reader, keys: Keys) -> Iterator[str]:
    """The chain, the triggers that guard it, and the words that hang on it."""
    yield from problems(reader.rows(), reader.end(), keys)
    for trigger in reader.missing_triggers():
        yield f"The trigger {trigger} is gone: rows can be changed."
    yield from _words(reader, keys)


def _words(reader: Reader, keys: Keys) -> Iterator[str]:
    kept = reader.all_words()
    erased = {row.case_id for row in reader.with_events(ERASED)}
    for row in reader.with_events(CLOSED):
        promised = row.read().get("words")
        content = kept.pop(row.case_id, None)
        if content is None:
            if promised and row.case_id not in erased:
                yield f"The words that row {row.seq} (case {row.case_id}) kept are gone, and no erasure is on record."
        elif words_digest(keys, row.case_id, content) != promised:
            yield f"The words that row {row.seq} (case {row.case_id}) kept were edited."
    for case_id in kept:
        yield f"The words of case {case_id} belong to no row."
