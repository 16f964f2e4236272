"""Pairs of pictures for annotators: which of two comes nearer to the prompt, asked again of people who made neither.

Shown are only pairs of people who agreed to it (feedback.py), unveiled, neither removed nor deleted nor under a notice.
Pairs with a known answer stand among them as gold questions; the operator sets them at the command line, since an
annotator who could would be measured by answers of their own.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from safety.audit.feedback_record import ANSWER, CHOICE, RATING, Pair, erase_feedback
from safety.audit.hash_chain import utc_now
from safety.audit.log import AuditLog
from safety.audit.notice_state import CONTESTED, WAITING
from safety.errors import RequestError
from safety.review.feedback import NOT_AGREED, STAMP, Feedback, GivenFeedback, add_feedback, read_about, read_feedback

if TYPE_CHECKING:
    from safety.audit.database import DatabaseReader
    from safety.audit.library_table import LibraryEntry

MAKERS = (CHOICE, RATING)  # kinds of feedback that people give on pictures of their own
NEITHER = "none"  # the answer that neither picture is the better one
NO_PAIR = "This pair is not among those that are compared."
MAX_AT_ONCE = 20  # pairs in one answer


@dataclass(frozen=True, slots=True)
class PairOfPictures:
    """Holds two pictures of one prompt; `stamps` in the order in which an annotator sees them."""

    prompt: str
    stamps: Pair


@dataclass(frozen=True, slots=True)
class AnnotatorProgress:
    """Counts what an annotator has answered, and what is left."""

    answered: int
    left: int


@dataclass(frozen=True)
class Annotation:
    """Shows pairs to annotators and keeps their answers. `gold_every`: one pair in so many is a gold question."""

    feedback: Feedback
    gold_every: int = 6

    @property
    def audit(self) -> AuditLog:
        """Returns the case store."""
        return self.feedback.audit

    def pairs(self, name: str, limit: int) -> list[PairOfPictures]:
        """Returns the next pairs for an annotator, by the name: those with the fewest answers first."""
        digest = self.audit.person_digest(annotator(name))
        with self.audit.read_transaction() as reader:
            pool, gold = _pool(reader, read_feedback(reader, *MAKERS)), reader.feedback.gold()
            answers = reader.feedback.list(kind=ANSWER)
        voices = Counter((one.stamp, one.other) for one in answers)
        done = {(one.stamp, one.other) for one in answers if one.person == digest}
        left = sorted(pool.keys() - done, key=lambda pair: (voices[pair], self._order(digest, pair)))
        known, others = [pair for pair in left if pair in gold], [pair for pair in left if pair not in gold]
        rows = _mixed(others, known, len(done), self.gold_every)[: min(limit, MAX_AT_ONCE)]
        return [PairOfPictures(pool[pair].said["prompt"], self._turned(digest, pair)) for pair in rows]

    def progress(self, name: str) -> AnnotatorProgress:
        """Returns how far an annotator is."""
        digest = self.audit.person_digest(annotator(name))
        with self.audit.read_transaction() as reader:
            pool = _pool(reader, read_feedback(reader, *MAKERS))
            done = {(one.stamp, one.other) for one in reader.feedback.list(kind=ANSWER, person=digest)}
        return AnnotatorProgress(len(done), len(pool.keys() - done))

    def answer(self, name: str, stamps: Sequence[str], better: str) -> None:
        """Keeps an answer: the stamp of the better picture, or NEITHER. A later one takes its place.

        Raises RequestError, also for who has not agreed that answers are kept.
        """
        if len(stamps) != 2 or better not in (*stamps, NEITHER):
            raise RequestError("An answer names one of the two pictures, or none.", setting="better")
        person = annotator(name)
        if not self.feedback.has_agreed(person):
            raise RequestError(NOT_AGREED, "Agree to it first.", "consent")
        pair, digest = as_pair(stamps), self.audit.person_digest(person)
        with self.audit.write_transaction() as writer:
            known = _pool(writer, read_about(writer, pair)).get(pair)
            consent = writer.feedback.consent(digest)
            if known is None or consent is None:
                raise RequestError(NO_PAIR, "Go on with the next one.")
            said = {"value": better, "consent": {"version": consent.version, "time": consent.time}}
            target = known.entry.target
            add_feedback(writer, secrets.token_hex(6), digest, ANSWER, target, list(pair), said)

    def take_back(self, name: str, stamps: Sequence[str]) -> None:
        """Deletes an annotator's answer to a pair, where there is one."""
        pair, digest = as_pair(stamps), self.audit.person_digest(annotator(name))
        with self.audit.write_transaction() as writer:
            own = writer.feedback.list(kind=ANSWER, person=digest, stamp=pair[0], other=pair[1])
            erase_feedback(writer, own, "person")

    def picture(self, stamp: str) -> LibraryEntry:
        """Returns where the file of a picture lies that annotators may see. Raises RequestError for any other."""
        if not STAMP.fullmatch(stamp):
            raise RequestError(NO_PAIR)
        with self.audit.read_transaction() as reader:
            about = [one for one in read_about(reader, [stamp]) if one.entry.kind in MAKERS]
            found = _entries(reader, about).get(stamp)
            if found is None or found.veiled or hidden_pictures(reader, [stamp]):
                raise RequestError(NO_PAIR)
            return found

    def set_gold(self, stamps: Sequence[str], better: str) -> None:
        """Makes a pair a gold question: `better` is a stamp or NEITHER, "" makes it an ordinary pair again.

        Raises RequestError for a pair that nobody compares.
        """
        pair = as_pair(stamps)
        if better not in (*pair, NEITHER, ""):
            raise RequestError("The answer of a gold question names one of its two pictures, or none.")
        with self.audit.write_transaction() as writer:
            known = _pool(writer, read_about(writer, pair)).get(pair)
            if known is None and better:
                raise RequestError(NO_PAIR, "`feedback list` names those there are.")
            writer.feedback.set_gold(pair, better, utc_now())
            if known is not None:
                facts = {"stamp": pair[0], "other": pair[1], "better": better}
                writer.append(known.entry.target, "feedback_gold", facts)

    def _order(self, person: str, pair: Pair) -> str:
        return self.audit.keys.digest("annotation", f"{person} {pair[0]} {pair[1]}")

    def _turned(self, person: str, pair: Pair) -> Pair:
        """Returns a pair in the order of this annotator: who always says the left one says nothing."""
        return pair if int(self._order(person, pair)[-1], 16) % 2 else (pair[1], pair[0])


def annotator(name: str) -> str:
    """Returns the person who stands behind an annotator's name."""
    return f"annotator:{name}"


def as_pair(stamps: Sequence[str]) -> Pair:
    """Returns two stamps as a pair. Raises RequestError for another number of them."""
    if len(set(stamps)) != 2 or not all(map(STAMP.fullmatch, stamps)):
        raise RequestError("Two pictures are compared.", "Name two.")
    first, second = sorted(stamps)
    return first, second


def comparable_pairs(given: Iterable[GivenFeedback]) -> dict[Pair, GivenFeedback]:
    """Returns the pairs that their makers compared, or of which they rated both, each with what its maker said."""
    pairs: dict[Pair, GivenFeedback] = {}
    rated: dict[tuple[str, str], list[GivenFeedback]] = {}
    for one in given:
        if one.entry.kind == CHOICE:
            pairs[one.pair] = one
        if one.entry.kind == RATING:
            rated.setdefault((one.entry.person, one.entry.target), []).append(one)
    for ratings in rated.values():
        for first, second in combinations(ratings, 2):
            pairs.setdefault(as_pair([first.entry.stamp, second.entry.stamp]), _both(first, second))
    return pairs


def hidden_pictures(reader: DatabaseReader, stamps: Sequence[str]) -> set[str]:
    """Returns those of these pictures that were removed after a notice, or that wait for one to be decided."""
    waiting = {one.stamp for one in reader.notices.list(WAITING, CONTESTED)}
    return {stamp for stamp in stamps if stamp in waiting} | _removed(reader, stamps)


def _removed(reader: DatabaseReader, stamps: Sequence[str]) -> set[str]:
    some = 500  # a statement has a limited number of values
    return {
        one for start in range(0, len(stamps), some) for one in reader.notices.removed(stamps[start : start + some])
    }


def _both(first: GivenFeedback, second: GivenFeedback) -> GivenFeedback:
    """Returns the first of two ratings, with what both pictures were drawn from."""
    said: Mapping[str, Any] = {**first.said, "drawn": {**first.said["drawn"], **second.said["drawn"]}}
    return GivenFeedback(first.entry, said)


def _pool(reader: DatabaseReader, given: Sequence[GivenFeedback]) -> dict[Pair, GivenFeedback]:
    """Returns the pairs that may be shown."""
    pairs = comparable_pairs(given)
    entries = _entries(reader, pairs.values())
    hidden = hidden_pictures(reader, [stamp for pair in pairs for stamp in pair])
    shown = {stamp for stamp, entry in entries.items() if not entry.veiled} - hidden
    return {pair: one for pair, one in pairs.items() if shown.issuperset(pair)}


def _entries(reader: DatabaseReader, given: Iterable[GivenFeedback]) -> dict[str, LibraryEntry]:
    """Returns those of the pictures that feedback is about which are in somebody's library, by stamp."""
    cases = {str(drawn["case"]) for one in given for drawn in one.said.get("drawn", {}).values()}
    return {entry.stamp: entry for case in cases for entry in reader.library.of_case(case)}


def _mixed(others: Sequence[Pair], gold: Sequence[Pair], answered: int, every: int) -> list[Pair]:
    """Returns pairs with a gold question in every so many, counted on from what was answered."""
    left, known = list(others), list(gold)
    rows: list[Pair] = []
    while left or known:
        due = (answered + len(rows) + 1) % every == 0
        rows.append(known.pop(0) if known and (due or not left) else left.pop(0))
    return rows
