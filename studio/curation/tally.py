"""Counts what a filter does, for its report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from studio.curation.balance import BalanceCount, BalanceReport, CaptionGroup, GroupLoss
from studio.curation.observation import Observation
from studio.curation.row_manifest import FAILED, KEPT, REMOVED, outcome_of
from studio.curation.stages import Ruling

# The stages whose rulings are judgements of what a row says and shows: whom they take out is the question.
JUDGING = ("hard line", "caption", "picture")
EXAMPLES = 20  # of each list
REPEATED = "An earlier row has the same id."
FACE_CLASSES = (0, 1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Says what was run and how: all of it goes into the report."""

    source: str
    kind: str
    mode: str
    policy_version: str
    policy_digest: str
    dry_run: bool
    contexts: tuple[str, ...]
    without: tuple[str, ...]
    not_looked: tuple[str, ...]
    unread: Mapping[str, Sequence[str]]


class Tally:
    """Counts rows, in their order, as they are decided."""

    def __init__(self, groups: tuple[CaptionGroup, ...]) -> None:
        self._outcomes: Counter[str] = Counter()
        self._stages: Counter[str] = Counter()
        self._categories: Counter[str] = Counter()
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._examples: defaultdict[str, list[str]] = defaultdict(list)
        self._ms: Counter[str] = Counter()
        self._balance = BalanceCount(groups)
        self._ids: set[int] = set()

    def add(self, seen: Observation, ruling: Ruling | None) -> None:
        """Counts one row."""
        outcome = outcome_of(seen, ruling)
        self._outcomes[outcome] += 1
        self._ms.update(seen.ms)
        if ruling is not None and outcome != KEPT:
            self._stages[ruling.stage] += 1
            self._categories.update(ruling.categories)
        if ruling is not None and ruling.context:
            self._note("kept_by_context", ruling.context, seen.id)
        if outcome == FAILED:
            self._note("failures", seen.problem, seen.id)
        else:
            self._count_seen(seen)
            removed = outcome == REMOVED and ruling is not None and ruling.stage in JUDGING
            # Of a row behind a hard line the words are gone, and it was taken out for them.
            if seen.caption or seen.hard_line:
                groups = [CaptionGroup(dimension, name) for dimension, name in seen.groups]
                self._balance.add(groups, removed, seen.id)
        for note in seen.notes:
            self._note("odd", note, seen.id)

    def note_repeated(self, seen: Observation) -> None:
        """Puts a note into what was seen of a row whose id an earlier row has."""
        # 64 bits of each id: of ten million rows, no two different ones in all likelihood have the same.
        key = hash(seen.id)
        if key in self._ids and REPEATED not in seen.notes:
            seen.notes += (REPEATED,)
        self._ids.add(key)

    def _count_seen(self, seen: Observation) -> None:
        for reservation in seen.reservations:
            self._note("reservations", reservation, seen.id)
        for maker in seen.generated:
            self._note("generated", maker, seen.id)
        for hint in seen.watermarks:
            self._note("watermarks", hint, seen.id)
        if not seen.caption and not seen.hard_line and not seen.listed:
            self._note("odd", "There is no caption.", seen.id)
        if not seen.has_picture:
            self._note("odd", "There is no picture: only the caption was judged.", seen.id)
        else:
            least = max(number for number in FACE_CLASSES if number <= seen.faces)
            self._counts["faces"][f"{least}{'+' if least >= 2 else ''}"] += 1

    def _note(self, list_: str, what: str, id_: str) -> None:
        self._counts[list_][what] += 1
        if len(self._examples[f"{list_}/{what}"]) < EXAMPLES:
            self._examples[f"{list_}/{what}"].append(id_)

    @property
    def rows(self) -> int:
        """Returns how many rows were counted."""
        return self._outcomes.total()

    def report(self, facts: RunFacts, digest: str, seconds: float) -> dict[str, Any]:
        """Returns the report, ready for JSON."""
        return {
            **asdict(facts),
            "rows": self.rows,
            **{name: self._outcomes[name] for name in (KEPT, REMOVED, FAILED)},
            "by_stage": dict(self._stages.most_common()),
            "by_category": dict(self._categories.most_common()),
            **{name: self._listed(name) for name in ("failures", "reservations", "generated", "watermarks", "odd")},
            "kept_by_context": self._listed("kept_by_context"),
            "unread": [
                {"what": ending, "rows": len(names), "examples": list(names[:EXAMPLES])}
                for ending, names in sorted(facts.unread.items())
            ],
            "faces": dict(sorted(self._counts["faces"].items())),
            "balance": balance_facts(self._balance.report()),
            "seconds": round(seconds, 1),
            "ms_a_row": {name: round(ms / max(self.rows, 1), 2) for name, ms in self._ms.most_common()},
            "manifest_digest": digest,
        }

    def _listed(self, list_: str) -> list[dict[str, Any]]:
        return [
            {"what": what, "rows": count, "examples": self._examples[f"{list_}/{what}"]}
            for what, count in self._counts[list_].most_common()
        ]


def balance_facts(report: BalanceReport) -> dict[str, Any]:
    """Returns a balance report, ready for JSON; groups that no caption speaks of are left out."""
    return {
        "rows": report.rows,
        "removed": report.removed,
        "share": report.share,
        "warnings": [str(loss.group) for loss in report.warnings],
        "groups": [_loss_facts(loss) for loss in report.groups if loss.rows],
    }


def _loss_facts(loss: GroupLoss) -> dict[str, Any]:
    return {
        "dimension": loss.group.dimension,
        "group": loss.group.name,
        "rows": loss.rows,
        "removed": loss.removed,
        "share": round(loss.share, 5),
        "low": round(loss.low, 5),
        "high": round(loss.high, 5),
        "times": round(loss.times, 2) if loss.base else None,
        "sure": loss.is_sure,
        "warns": loss.warns,
        "examples": list(loss.examples),
    }
