"""From people's feedback to data that something may learn from: preference pairs, and prompts with a label.

Every row says where it comes from and how much it weighs. Persons stand under a keyed hash whose key is thrown away:
two exports cannot be joined by it. People, not rows, are divided into a part to train on and a held-out part, the same
in every export. The shape of the pairs is that of training/align/pairs.py.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from safety.audit.feedback_record import ANSWER, CHOICE, RATING, REFUSAL, Pair
from safety.audit.log import AuditLog
from safety.records import Decision, Verdict
from safety.review.agreement import krippendorff_alpha
from safety.review.annotation import MAKERS, NEITHER, comparable_pairs, hidden_pictures
from safety.review.feedback import DOWN, TOO_MUCH, UP, GivenFeedback, read_feedback
from safety.review.feedback_rules import Damping
from safety.review.feedback_votes import Consensus, Electorate, Vote, weigh
from safety.review.labelled_cases import labelled_cases

if TYPE_CHECKING:
    from safety.audit.database import DatabaseReader

JudgePrompt = Callable[[str, str], Decision]  # of a prompt in a mode
Row = dict[str, Any]
TRAIN, HELD_OUT = "train", "held-out"
HARMLESS, HARMFUL = "harmless", "harmful"
REVIEW = "review"  # the source of a label that a reviewer gave
PEOPLE_KEY = 32  # bytes


@dataclass(frozen=True)
class FeedbackExport:
    """Holds what is exported, and what is told of it.

    `left_out` counts what is not exported, by reason; `people` has a row for everybody who spoke, by pseudonym.
    """

    pairs: Sequence[Row]
    prompts: Sequence[Row]
    left_out: Mapping[str, int]
    people: Sequence[Row]
    agreement: Mapping[str, float | None]


@dataclass
class _ExportSources:
    """Holds what an export is made from, and counts what it leaves out."""

    audit: AuditLog
    judge: JudgePrompt
    bounds: Damping
    key: bytes = field(default_factory=lambda: secrets.token_bytes(PEOPLE_KEY))
    left_out: Counter[str] = field(default_factory=Counter)
    _hard: dict[tuple[str, str], bool] = field(default_factory=dict)

    def pseudonym(self, person: str) -> str:
        """Returns what stands for a person in this export alone."""
        return hmac.digest(self.key, person.encode(), "sha256").hex()[:16]

    def order(self, text: str) -> str:
        """Returns a keyed hash to choose by."""
        return hmac.digest(self.key, f"order {text}".encode(), "sha256").hex()

    def part(self, person: str) -> str:
        """Returns the part that a person's feedback goes into: the same in every export."""
        number = int(self.audit.keys.digest("feedback part", person)[:8], 16) / 2**32
        return HELD_OUT if number < self.bounds.held_out else TRAIN

    def is_hard(self, prompt: str, mode: str) -> bool:
        """Tells whether a prompt is behind a hard line as the checks and the policy are now."""
        if (prompt, mode) not in self._hard:
            self._hard[prompt, mode] = self.judge(prompt, mode).verdict is Verdict.HARD_BLOCK
        return self._hard[prompt, mode]


def export_feedback(audit: AuditLog, judge: JudgePrompt, bounds: Damping) -> FeedbackExport:
    """Returns all that may be exported now. Raises AuditError where the record is not whole.

    `judge` says what the checks find in a prompt now: one behind a hard line is never exported, whatever it was before.
    """
    sources = _ExportSources(audit, judge, bounds)
    with audit.proved() as reader:
        given = read_feedback(reader)
        gold = {" ".join(pair): answer for pair, answer in reader.feedback.gold().items()}
        made = _usable_pairs(reader, given, sources)
        reviewed = list(_reviewed(audit, reader))
    votes = [Vote(one.entry.person, " ".join(pair), answer) for pair, one, answer in _voices(given) if pair in made]
    spoken = [vote for vote in votes if vote.answer != NEITHER]
    choosers = weigh(
        spoken, {item: answer for item, answer in gold.items() if answer != NEITHER}, bounds, sources.order
    )
    pairs = _without_shared_prompts(_merged(_pair_rows(made, given, choosers, sources), sources), sources)
    prompts, labellers = _prompt_rows(given, reviewed, sources)
    return FeedbackExport(
        pairs,
        prompts,
        dict(sorted(sources.left_out.items())),
        [*_people(choosers, sources, "pairs"), *_people(labellers, sources, "prompts")],
        {"pairs": _alpha(votes), "prompts": _alpha(labellers.votes)},
    )


# ---- pairs ----


def _usable_pairs(
    reader: DatabaseReader, given: Sequence[GivenFeedback], sources: _ExportSources
) -> dict[Pair, GivenFeedback]:
    """Returns the pairs that may be exported, and counts the others by reason."""
    pairs = comparable_pairs([one for one in given if one.entry.kind in MAKERS])
    hidden = hidden_pictures(reader, [stamp for pair in pairs for stamp in pair])
    usable = {}
    for pair, one in pairs.items():
        drawn = one.said["drawn"]
        there = {
            entry.stamp for case in {each["case"] for each in drawn.values()} for entry in reader.library.of_case(case)
        }
        if hidden.intersection(pair):
            sources.left_out["pairs with a picture that was removed, or is under a notice"] += 1
        elif not there.issuperset(pair):
            sources.left_out["pairs with a picture that its maker deleted"] += 1
        elif sources.is_hard(one.said["prompt"], one.said["mode"]):
            sources.left_out["pairs of a prompt behind a hard line"] += 1
        elif one.said.get("filled"):
            sources.left_out["pairs of a balanced set, whose pictures have other words each"] += 1
        else:
            usable[pair] = one
    return usable


def _voices(given: Iterable[GivenFeedback]) -> Iterator[tuple[Pair, GivenFeedback, str]]:
    """Yields every voice on a pair as (pair, feedback, stamp of the better picture or NEITHER)."""
    ratings: dict[tuple[str, str], list[GivenFeedback]] = defaultdict(list)
    for one in given:
        if one.entry.kind in (CHOICE, ANSWER):
            yield one.pair, one, str(one.said["value"])
        if one.entry.kind == RATING:
            ratings[one.entry.person, one.entry.target].append(one)
    for rated in ratings.values():
        good = [one for one in rated if one.said["value"] == UP]
        bad = [one for one in rated if one.said["value"] == DOWN]
        for better, worse in ((one, other) for one in good for other in bad):
            first, second = sorted((better.entry.stamp, worse.entry.stamp))
            yield (first, second), better, better.entry.stamp


def _pair_rows(
    made: Mapping[Pair, GivenFeedback], given: Sequence[GivenFeedback], choosers: Electorate, sources: _ExportSources
) -> Iterator[Row]:
    """Yields a row for each pair on which enough weight stands behind one answer."""
    parts = {" ".join(pair): sources.part(one.entry.person) for pair, one in made.items()}
    # Nobody's voice counts in both parts: who is unknown in training is unknown in all of it.
    found = choosers.consensus(lambda vote: sources.part(vote.person) == parts[vote.item])
    cases: dict[Pair, list[str]] = defaultdict(list)
    for pair, one, _ in _voices(given):
        cases[pair].append(one.entry.case_id)
    for pair, one in made.items():
        item = " ".join(pair)
        if item not in found:
            sources.left_out["pairs without an answer that enough weight stands behind"] += 1
            continue
        said, known = one.said, found[item]
        chosen, rejected = pair if pair[0] == known.answer else (pair[1], pair[0])
        yield {
            "prompt": said["prompt"],
            "chosen": {"prompt": said["prompt"], "seed": said["drawn"][chosen]["seed"]},
            "rejected": {"prompt": said["prompt"], "seed": said["drawn"][rejected]["seed"]},
            "source": "annotation" if len(known.persons) > 1 else one.entry.kind,
            "weight": round(known.weight, 4),
            "part": parts[item],
            "persons": [sources.pseudonym(person) for person in known.persons],
            "voices": known.voices,
            "feedback": cases[pair],
            **_provenance(one),
            "settings": {name: value for name, value in said["drawn"][chosen].items() if name not in ("seed", "case")},
        }


def _provenance(one: GivenFeedback) -> Row:
    said = one.said
    names = ("mode", "engine", "model", "steered", "negative", "policy_version", "policy_digest", "consent")
    return {"case": one.entry.target, "at": one.entry.time, **{name: said.get(name) for name in names}}


def _merged(rows: Iterable[Row], sources: _ExportSources) -> list[Row]:
    """Returns one row for what was said several times, the heaviest; none where opposites were said."""
    same: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda row: -row["weight"]):
        about = tuple(row[name] for name in ("prompt", "mode", "model", "negative"))
        seeds = row["chosen"]["seed"], row["rejected"]["seed"]
        if (*about, *seeds) in same:
            sources.left_out["pairs that stand there already"] += 1
        elif (*about, *seeds[::-1]) in same:
            same.pop((*about, *seeds[::-1]))
            sources.left_out["pairs of which opposites were said"] += 2
        else:
            same[*about, *seeds] = row
    return list(same.values())


def _without_shared_prompts(rows: Sequence[Row], sources: _ExportSources) -> list[Row]:
    """Returns the rows without those of the held-out part whose prompt is trained on as well."""
    trained = {_folded(row["prompt"]) for row in rows if row["part"] == TRAIN}
    kept = [row for row in rows if row["part"] == TRAIN or _folded(row["prompt"]) not in trained]
    if len(kept) < len(rows):
        sources.left_out["held-out rows whose prompt is trained on"] += len(rows) - len(kept)
    return kept


# ---- prompts with a label ----


def _reviewed(audit: AuditLog, reader: DatabaseReader) -> Iterator[Row]:
    """Yields the decided cases whose persons agreed, each with what stands for its person."""
    for row in labelled_cases(audit):
        clients = reader.activity.clients(row["case"])
        category = next((str(code) for code in _categories(reader, row["case"])), "")
        yield row | {"person": clients[0] if clients else row["case"], "category": category}


def _categories(reader: DatabaseReader, case: str) -> Iterator[str]:
    """Yields the categories for which a case was blocked last, the weightiest first."""
    judged = [entry.parse_facts() for entry in reader.entries_of(case) if entry.event == "judged"]
    blocking = [facts for facts in judged if facts["verdict"] == "BLOCK"]
    for reason in blocking[-1].get("reasons", ()) if blocking else ():
        if reason.get("category"):
            yield reason["category"]


def _prompt_rows(
    given: Sequence[GivenFeedback], reviewed: Sequence[Row], sources: _ExportSources
) -> tuple[list[Row], Electorate]:
    """Returns prompts with their labels, and what is known of the people who gave them: reviewers are believed."""
    rows = _reviewed_rows(reviewed, sources)
    spoken = [(one, label) for one in given if (label := _label(one))]
    items: dict[str, list[GivenFeedback]] = defaultdict(list)
    for one, _ in spoken:
        items[_item(one)].append(one)
    known = {item: _side(row["label"]) for item, row in rows.items()}
    votes = (Vote(one.entry.person, _item(one), label) for one, label in spoken)
    labellers = weigh(votes, known, sources.bounds, sources.order)
    parts = {item: sources.part(told[0].entry.person) for item, told in items.items()}
    found = labellers.consensus(lambda vote: sources.part(vote.person) == parts[vote.item])
    for item, told in items.items():
        subject = str(told[0].said["prompt"]), str(told[0].said["mode"])
        if item in rows:
            continue
        if sources.is_hard(*subject):
            sources.left_out["prompts behind a hard line"] += 1
        elif item not in found:
            sources.left_out["prompts without a label that enough weight stands behind"] += 1
        else:
            rows[item] = _told_row(told, found[item], sources)
    return _without_shared_prompts(list(rows.values()), sources), labellers


def _reviewed_rows(reviewed: Sequence[Row], sources: _ExportSources) -> dict[str, Row]:
    """Returns what reviewers decided, by its subject; a later decision takes the place of an earlier one."""
    rows = {}
    for one in reviewed:
        if sources.is_hard(one["text"], one["mode"]):
            sources.left_out["prompts behind a hard line"] += 1
            continue
        label = (one["category"] or HARMFUL) if one["label"] else HARMLESS
        row = _prompt_row(one["text"], one["mode"], label, 1.0, one["person"], sources)
        more = {name: one[name] for name in ("case", "stage", "policy_version", "policy_digest")}
        rows[_subject(one["text"], one["mode"])] = row | {"at": one["time"], "source": REVIEW} | more
    return rows


def _told_row(told: Sequence[GivenFeedback], found: Consensus, sources: _ExportSources) -> Row:
    """Returns the row of a prompt that no reviewer has decided on, from all feedback on it."""
    first, weight = told[0], min(found.weight, sources.bounds.unreviewed)
    words = str(first.said["prompt"]), str(first.said["mode"])
    row = _prompt_row(*words, found.answer, weight, found.persons[0], sources)
    about = {"source": first.entry.kind, "voices": found.voices, "feedback": [one.entry.case_id for one in told]}
    return row | about | _provenance(first)


def _prompt_row(prompt: str, mode: str, label: str, weight: float, person: str, sources: _ExportSources) -> Row:
    told = {"prompt": prompt, "label": label, "mode": mode, "weight": round(weight, 4)}
    return told | {"person": sources.pseudonym(person), "part": sources.part(person)}


def _label(one: GivenFeedback) -> str:
    """Returns what a piece of feedback says of its prompt; "" for nothing: a good picture says nothing of harm."""
    if one.entry.kind == REFUSAL:
        return HARMLESS
    return HARMFUL if one.entry.kind == RATING and TOO_MUCH in one.said["reasons"] else ""


def _item(one: GivenFeedback) -> str:
    return _subject(str(one.said["prompt"]), str(one.said["mode"]))


def _subject(prompt: str, mode: str) -> str:
    """Returns what a label is about: other capitals and spaces give nobody another vote, nor a way past a reviewer."""
    return f"{mode} {_folded(prompt)}"


def _folded(prompt: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", prompt).casefold().split())


def _side(label: str) -> str:
    return HARMLESS if label == HARMLESS else HARMFUL


# ---- people ----


def _people(electorate: Electorate, sources: _ExportSources, about: str) -> Iterator[Row]:
    """Yields what is told of everybody who spoke, those left out first."""
    voters = sorted(electorate.voters.items(), key=lambda pair: (not pair[1].left_out, -pair[1].votes))
    for person, voter in voters:
        yield {
            "person": sources.pseudonym(person), "about": about, "votes": voter.votes, "counted": voter.counted,
            "gold": voter.gold, "gold_right": voter.gold_right, "shared": voter.shared, "agreed": voter.agreed,
            "weight": round(voter.weight, 4), "left_out": voter.left_out,
        }  # fmt: skip


def _alpha(votes: Iterable[Vote]) -> float | None:
    by_item: dict[str, dict[str, str]] = defaultdict(dict)
    for vote in votes:
        by_item[vote.item][vote.person] = vote.answer
    alpha = krippendorff_alpha([list(answers.values()) for answers in by_item.values()])
    return None if alpha is None else round(alpha, 4)
