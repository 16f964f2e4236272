"""What people say of pictures and refusals: taken only where the operator and the person agree, erased with one call.

Somebody rates a picture of theirs, says which of two pictures of one prompt is the better one, or says that a refusal
was wrong. The words that it is about are kept with it: whoever gives feedback sends them, and the chain's keyed hash
shows that they are those of the case. Nothing learns from it by itself (feedback_export.py, docs/feedback.md).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safety.audit.feedback_record import (
    CHOICE,
    FEEDBACK,
    RATING,
    REFUSAL,
    Consent,
    FeedbackEntry,
    Pair,
    erase_feedback,
)
from safety.audit.hash_chain import CLOSED, Entry, canonical, utc_now
from safety.audit.log import AuditLog, unknown_case
from safety.audit.serialize import parse_content
from safety.errors import RequestError
from safety.review import rate_limit
from safety.review.appeals import CASE_ID
from safety.review.client import LOCAL
from safety.review.free_text import require_readable
from safety.review.rate_limit import RateLimiter

if TYPE_CHECKING:
    from safety.audit.database import DatabaseReader, DatabaseWriter
    from safety.audit.library_table import LibraryEntry

CONSENT_VERSION = "2026-11"  # of the text that people agree to: feedback.consent in presets/locales/page/
UP, DOWN = "up", "down"
# Why a picture is not good: it is something else, or shows more than was asked for.
NOT_ASKED, TOO_MUCH = "not_asked", "too_much"
RATING_REASONS = (NOT_ASKED, TOO_MUCH)
WRONGLY_REFUSED = "wrongly_refused"
OFF = "This studio takes no feedback."
NOBODY = "This browser keeps no cookie, so that feedback could not be taken back. None is taken."
NOT_AGREED = "Feedback is kept only for those who have agreed to it."
STAMP = re.compile(r"[0-9a-f]{16}")
NOT_YOURS = "Feedback is for pictures in your own library, for as long as they are in it."
NO_FEEDBACK = "There is no feedback on this case."
Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Giver:
    """Says who gives feedback: the person, in whose library the pictures are ("" is the person's own), the client."""

    person: str
    owner: str = ""
    client: str = LOCAL


@dataclass(frozen=True, slots=True)
class GivenFeedback:
    """Holds one piece of feedback: where it stands in the index, and what was said."""

    entry: FeedbackEntry
    said: Mapping[str, Any]

    @property
    def pair(self) -> Pair:
        """Returns the two pictures that it is about."""
        return self.entry.stamp, self.entry.other


@dataclass(frozen=True)
class Feedback:
    """Takes feedback, shows people what they gave, and erases it. `enabled` is the operator's choice."""

    audit: AuditLog
    rate_limiter: RateLimiter
    enabled: bool = False

    # ---- consent ----

    def has_agreed(self, person: str) -> bool:
        """Tells whether a person has agreed that feedback is kept. Nobody ("") never has."""
        if not (self.enabled and person and self.audit.has_begun):
            return False
        with self.audit.read_transaction() as reader:
            return reader.feedback.consent(self.audit.person_digest(person)) is not None

    def agree(self, person: str) -> None:
        """Notes that a person agrees. Raises RequestError where none is taken, or for nobody."""
        self._require_person(person)
        digest = self.audit.person_digest(person)
        with self.audit.write_transaction() as writer:
            if writer.feedback.consent(digest) is None:
                writer.feedback.set_consent(digest, Consent(utc_now(), CONSENT_VERSION))

    def withdraw(self, person: str) -> int:
        """Takes a person's consent back and deletes all that they gave; returns how much there was."""
        if not (person and self.audit.has_begun):
            return 0
        return self.erase_person(self.audit.person_digest(person), "person")

    def erase_person(self, digest: str, actor: str = "operator") -> int:
        """Deletes what a person gave, by the keyed hash, and their consent; returns how much there was."""
        with self.audit.write_transaction() as writer:
            erased = erase_feedback(writer, writer.feedback.list(person=digest), actor)
            writer.feedback.set_consent(digest, None)
        self.audit.scrub()
        return erased

    # ---- what is given ----

    def rate(self, giver: Giver, stamp: str, prompt: str, value: str, reasons: Sequence[str] = ()) -> FeedbackEntry:
        """Keeps what somebody thinks of a picture of theirs; one rating each. Raises RequestError, LimitError."""
        if value not in (UP, DOWN):
            raise RequestError(f"There is no rating {value[:40]!r}.", f"Choose {UP} or {DOWN}.", "rating")
        _require_known(reasons, RATING_REASONS if value == DOWN else ())
        said = {"value": value, "reasons": sorted(set(reasons))}
        return self._keep_on_pictures(giver, RATING, [stamp.lower()], prompt, said)

    def choose(self, giver: Giver, chosen: str, rejected: str, prompt: str) -> FeedbackEntry:
        """Keeps which of two pictures of one prompt is the better one. Raises RequestError, LimitError."""
        chosen, rejected = chosen.lower(), rejected.lower()
        if chosen == rejected:
            raise RequestError("Two pictures are compared.", "Name two.", "rejected")
        return self._keep_on_pictures(giver, CHOICE, [chosen, rejected], prompt, {"value": chosen, "reasons": []})

    def tell_refusal(self, giver: Giver, case: str, prompt: str) -> FeedbackEntry:
        """Keeps that somebody holds a refusal for wrong; nobody looks at it as at an appeal. Raises as `rate` does."""
        require_readable(prompt=prompt)
        with self.audit.write_transaction() as writer:
            consent = self._require_consent(writer, giver)
            # No text that could be no id reaches the database: some cannot be written down there.
            entries = writer.entries_of(case) if CASE_ID.fullmatch(case) else []
            if not entries:
                raise unknown_case(case)
            told = _of_case(entries, prompt, self.audit)
            blocking = [facts for facts in told["judged"] if facts["verdict"] == "BLOCK"]
            closed = [entry.parse_facts() for entry in entries if entry.event == CLOSED]
            if not blocking or not closed or closed[0].get("outcome") != "refused":
                raise RequestError("Nothing was refused in this case.", "Give feedback on one that was.", "case")
            reasons = blocking[-1].get("reasons") or [{}]
            said = {"value": WRONGLY_REFUSED, "reasons": [], "category": str(reasons[0].get("category", ""))}
            return self._add(writer, giver, REFUSAL, case, (), told["said"] | said | _agreed(consent))

    def _keep_on_pictures(
        self, giver: Giver, kind: str, stamps: Sequence[str], prompt: str, said: Said
    ) -> FeedbackEntry:
        require_readable(prompt=prompt)
        owner = self.audit.person_digest(giver.owner or giver.person)
        with self.audit.write_transaction() as writer:
            consent = self._require_consent(writer, giver)
            pictures = writer.library.get(owner, stamps) if all(map(STAMP.fullmatch, stamps)) else []
            if len(pictures) != len(stamps) or writer.notices.removed(stamps):
                raise RequestError(NOT_YOURS, setting="stamp")
            cases = [_of_case(writer.entries_of(one.case_id), prompt, self.audit)["said"] for one in pictures]
            drawn = {one.stamp: _drawn(one) for one in pictures}
            ways = [(_compared(said), _settings(drawn[one.stamp])) for said, one in zip(cases, pictures, strict=True)]
            if any(way != ways[0] for way in ways):
                advice = "Compare two of one model, mode and size, with the same settings."
                raise RequestError("These pictures were made in different ways.", advice)
            whole = cases[0] | said | {"drawn": drawn} | _agreed(consent)
            return self._add(writer, giver, kind, pictures[0].case_id, stamps, whole)

    def _add(
        self, writer: DatabaseWriter, giver: Giver, kind: str, target: str, stamps: Sequence[str], said: Said
    ) -> FeedbackEntry:
        self.rate_limiter.admission(giver.client, rate_limit.FEEDBACK)(writer, case_id := secrets.token_hex(6))
        return add_feedback(writer, case_id, self.audit.person_digest(giver.person), kind, target, stamps, said)

    def _require_person(self, person: str) -> None:
        if not self.enabled:
            raise RequestError(OFF, "Its operator can set SAFELIGHT_FEEDBACK to yes.")
        if not person:
            raise RequestError(NOBODY)

    def _require_consent(self, reader: DatabaseReader, giver: Giver) -> Consent:
        self._require_person(giver.person)
        consent = reader.feedback.consent(self.audit.person_digest(giver.person))
        if consent is None:
            raise RequestError(NOT_AGREED, "Agree to it first.", "consent")
        return consent

    # ---- what there is ----

    def given_by(self, person: str) -> list[dict[str, Any]]:
        """Returns all that a person gave, oldest first: for them, on their request."""
        if not (person and self.audit.has_begun):
            return []
        digest = self.audit.person_digest(person)
        with self.audit.read_transaction() as reader:
            return [as_row(one) for one in read_feedback(reader) if one.entry.person == digest]


def add_feedback(
    writer: DatabaseWriter, case_id: str, person: str, kind: str, target: str, stamps: Sequence[str], said: Said
) -> FeedbackEntry:
    """Adds a piece of feedback in place of what the same person said of the same subject before."""
    stamp, other = (*sorted(stamps), "", "")[:2]
    entry = FeedbackEntry(case_id, utc_now(), person, kind, target, stamp, other)
    about = {"person": person, "kind": kind, "target": target, "stamp": stamp, "other": other}
    erase_feedback(writer, writer.feedback.list(**about), "person")
    digest = writer.keep_content(case_id, FEEDBACK, canonical(said | about))
    facts = {"kind": kind, "target": target, "consent": said["consent"]["version"], FEEDBACK: digest}
    writer.append(case_id, FEEDBACK, facts)
    writer.feedback.add(entry)
    return entry


def read_feedback(reader: DatabaseReader, *kinds: str) -> list[GivenFeedback]:
    """Returns the feedback of these kinds, or all of it, with what was said; oldest first."""
    said = reader.content_of_kind(FEEDBACK)
    return [
        GivenFeedback(entry, parse_content(said[entry.case_id]))
        for entry in reader.feedback.list()
        if entry.case_id in said and (entry.kind in kinds or not kinds)
    ]


def read_about(reader: DatabaseReader, stamps: Sequence[str]) -> list[GivenFeedback]:
    """Returns the feedback on some pictures, with what was said."""
    found = [(entry, reader.content_of(entry.case_id)) for entry in reader.feedback.about(stamps)]
    return [GivenFeedback(entry, parse_content(said[FEEDBACK])) for entry, said in found if FEEDBACK in said]


def as_row(given: GivenFeedback) -> dict[str, Any]:
    """Returns a piece of feedback as JSON: case, time, and what was said; the person only as "mine"."""
    said = {name: value for name, value in given.said.items() if name != "person"}
    return {"case": given.entry.case_id, "at": given.entry.time, **said}


def _require_known(reasons: Sequence[str], known: Sequence[str]) -> None:
    for reason in reasons:
        if reason not in known:
            advice = f"Choose from: {', '.join(known)}." if known else "A good picture needs none."
            raise RequestError(f"There is no reason {str(reason)[:40]!r}.", advice, "reasons")


def _of_case(entries: Sequence[Entry], prompt: str, audit: AuditLog) -> dict[str, Any]:
    """Returns what a case says of its making, and its decisions. Raises RequestError for other words or a hard line."""
    opening = entries[0].parse_facts()
    if opening.get("prompt") != audit.keys.digest("prompt", prompt):
        raise RequestError("These are not the words of this case.", "Send the prompt exactly as it was.", "prompt")
    judged = [entry.parse_facts() for entry in entries if entry.event == "judged"]
    if any(facts["verdict"] == "HARD_BLOCK" for facts in judged) or not judged:
        raise RequestError(NO_FEEDBACK)
    made: dict[str, Any] = next((entry.parse_facts() for entry in entries if entry.event == "generated"), {})
    said = {
        "prompt": prompt,
        "mode": opening["mode"],
        "engine": opening.get("engine", ""),
        "model": made.get("model", ""),
        "steered": bool((made.get("steered") or {}).get("method")),
        "filled": bool(made.get("filled")),
        "negative": bool(opening.get("negative_prompt")),
        "policy_version": judged[-1]["policy_version"],
        "policy_digest": judged[-1]["policy_digest"],
    }
    return {"said": said, "judged": judged}


def _compared(said: Said) -> tuple[Any, ...]:
    return tuple(said[name] for name in ("mode", "engine", "model", "negative"))


def _drawn(picture: LibraryEntry) -> dict[str, Any]:
    """Returns what a picture was drawn from, beside its words."""
    settings = parse_content(picture.settings)
    kept = {name: settings.get(name) for name in ("steps", "guidance", "width", "height", "style")}
    return {"seed": int(picture.seed), "case": picture.case_id, **kept}


def _settings(drawn: Said) -> Said:
    """Returns what has to be the same of two pictures for a seed to say which is which."""
    return {name: value for name, value in drawn.items() if name not in ("seed", "case")}


def _agreed(consent: Consent) -> Said:
    return {"consent": {"version": consent.version, "time": consent.time}}
