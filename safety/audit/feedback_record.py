"""What a piece of feedback is on record, without the database: its kinds, its place in the index, a person's consent.

Each is a case of its own: one row of the chain, event "feedback", which holds its kind, the case that it is about, the
version of the consent and the digest of what was said. That is kept beside the chain, under the kind "feedback".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from safety.audit.database import DatabaseWriter

FEEDBACK = "feedback"  # the event, and the kind of content
# Kinds: of a picture, of two pictures of one prompt by who made them, of a refusal; of two pictures by an annotator.
RATING, CHOICE, REFUSAL, ANSWER = "rating", "choice", "refusal", "answer"
Pair = tuple[str, str]  # two stamps, the lesser first


@dataclass(frozen=True, slots=True)
class FeedbackEntry:
    """Holds one piece of feedback of the index.

    `case_id` is its own, `target` the case that it is about, `person` a keyed hash. `stamp` and `other` name pictures,
    in order of the alphabet where there are two, and are "" where there is none.
    """

    case_id: str
    time: str
    person: str
    kind: str
    target: str
    stamp: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """Says since when a person has agreed, and to which version of the text."""

    time: str
    version: str


def erase_feedback(writer: DatabaseWriter, entries: Iterable[FeedbackEntry], actor: str) -> int:
    """Deletes feedback with what was said, and records who did it; returns how many there were."""
    erased = [entry.case_id for entry in entries]
    for case_id in erased:
        writer.erase_content(case_id, actor, FEEDBACK)
        writer.feedback.delete(case_id)
    return len(erased)
