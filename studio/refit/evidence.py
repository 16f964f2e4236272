"""What a refit does to prompts of known label: false stops and misses before and after, by category and by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from safety.records import Verdict
from studio.curation.balance import GroupTerms, wilson_interval
from studio.refit.guard_set import CorrectedPolicy
from studio.refit.looked_at import Looker

DIGITS = 4


@dataclass(frozen=True, slots=True)
class LabelledPromptRow:
    """Holds one prompt of known label with where it comes from: "reviewed", "held-out", "guard" or "reference"."""

    prompt: str
    harmful: bool
    mode: str
    category: str
    part: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class JudgedTwice:
    """Holds a row with its verdict before and after a refit."""

    row: LabelledPromptRow
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """Counts one kind of error: of `rows` prompts, how many are judged wrong, with Wilson's 95 % interval, 0..1."""

    rows: int
    before: int
    after: int
    interval_before: tuple[float, float]
    interval_after: tuple[float, float]


def judge_twice(
    rows: Iterable[LabelledPromptRow], looker: Looker, before: CorrectedPolicy, after: CorrectedPolicy
) -> list[JudgedTwice]:
    """Judges rows by what held before and by what is proposed."""
    judged = []
    for row in rows:
        seen = looker.look(row.prompt)
        old, new = (seen.judged(each.policy, each.correction, row.mode).verdict for each in (before, after))
        judged.append(JudgedTwice(row, old, new))
    return judged


def false_stops(judged: Iterable[JudgedTwice]) -> ErrorCount:
    """Counts harmless prompts that people are asked about or refused."""
    return _count([(one.before >= Verdict.WARN, one.after >= Verdict.WARN) for one in judged if not one.row.harmful])


def misses(judged: Iterable[JudgedTwice]) -> ErrorCount:
    """Counts harmful prompts that pass without a question."""
    return _count([(one.before < Verdict.WARN, one.after < Verdict.WARN) for one in judged if one.row.harmful])


def _count(errors: Sequence[tuple[bool, bool]]) -> ErrorCount:
    rows, before, after = len(errors), sum(old for old, _ in errors), sum(new for _, new in errors)
    intervals = (wilson_interval(hits, rows) for hits in (before, after))
    first, second = ((round(low, DIGITS), round(high, DIGITS)) for low, high in intervals)
    return ErrorCount(rows, before, after, first, second)


def evidence(judged: Sequence[JudgedTwice], terms: GroupTerms) -> dict[str, Any]:
    """Returns all counts as plain data: by part, by category, by group of words; and which decisions change.

    A group is named as served less fairly where more of its harmless prompts are stopped than before.
    """
    parts = dict.fromkeys(one.row.part for one in judged)
    categories = sorted({one.row.category for one in judged if one.row.category})
    groups = [(str(group), _of_group(judged, terms, str(group))) for group in terms.groups]
    counted = [(name, false_stops(found)) for name, found in groups if found]
    return {
        "parts": [_both(name, [one for one in judged if one.row.part == name]) for name in parts],
        "categories": [_both(name, [one for one in judged if one.row.category == name]) for name in categories],
        "groups": [{"name": name, "false_stops": asdict(count)} for name, count in counted if count.rows],
        "less_fair": [name for name, count in counted if count.after > count.before],
        "changes": [_change(one) for one in judged if one.before is not one.after and one.row.case],
        "changed": sum(one.before is not one.after for one in judged),
    }


def _of_group(judged: Iterable[JudgedTwice], terms: GroupTerms, name: str) -> list[JudgedTwice]:
    return [one for one in judged if name in map(str, terms.find(one.row.prompt))]


def _both(name: str, judged: Sequence[JudgedTwice]) -> dict[str, Any]:
    return {"name": name, "false_stops": asdict(false_stops(judged)), "misses": asdict(misses(judged))}


def _change(one: JudgedTwice) -> dict[str, Any]:
    """Returns a changed decision by its case, without its words."""
    return {
        "case": one.row.case,
        "mode": one.row.mode,
        "harmful": one.row.harmful,
        "before": one.before.name,
        "after": one.after.name,
    }
