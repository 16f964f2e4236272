"""What differs between two policies or modes: limits in plain words, and the prompts whose verdict changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from safety.checks import Check, run_checks
from safety.policy.decide import decide
from safety.policy.model import BASE_MODE, Policy
from safety.policy.thresholds import STEPS, Thresholds
from safety.records import Finding, Prompt, Stage, Verdict

NAMED = {Verdict.NOTE: "remark", Verdict.WARN: "warning", Verdict.BLOCK: "refusal", Verdict.HARD_BLOCK: "hard refusal"}


def described(policy: Policy, mode: str) -> Iterator[str]:
    """What a mode changes against general mode, a line each, in English."""
    words = policy.messages("en")
    yield f"{words.mode(mode).title}, against {words.mode(BASE_MODE).title}:"
    count = 0
    for stage, table in policy.mode[mode].limits.items():
        for key, thresholds in table.items():
            for line in _moved(policy.limits[stage][key], thresholds):
                count += 1
                yield f"  {_named(policy, key)}, {stage.value}: {line}"
    for stage, signs in policy.mode[mode].context_conflicts.items():
        for key, at in signs.items():
            count += 1
            yield f"  {_named(policy, key)}, {stage.value}: from {at:g} on, all is judged as in general mode"
    if not count:
        yield "  Nothing changes."


def _named(policy: Policy, key: str) -> str:
    category, _, subcategory = key.partition(".")
    title = policy.messages("en").locale.category[category].title
    return f"{title} ({subcategory})" if subcategory else title


def _moved(base: Thresholds, here: Thresholds) -> Iterator[str]:
    for name, verdict in STEPS:
        before, after = getattr(base, name), getattr(here, name)
        if before == after:
            continue
        told = "no " + NAMED[verdict] if after is None else f"{NAMED[verdict]} from {after:g} on"
        yield f"{told} (general: {'none' if before is None else f'from {before:g} on'})"


@dataclass(frozen=True, slots=True)
class Change:
    """One prompt whose verdict differs. `label`: "1" should not be made, "0" harmless, "" unknown."""

    text: str
    label: str
    mode: str
    old: Verdict
    new: Verdict


@dataclass(frozen=True, slots=True)
class RowScores:
    """The highest score, 0..1, of one prompt for each limit that a finding of it is compared with."""

    label: str
    highest: dict[str, float]


@dataclass(frozen=True, slots=True)
class Replay:
    """All prompts judged under both. `rows`: how many prompts, `modes`: in which modes."""

    rows: int
    modes: tuple[str, ...]
    changes: tuple[Change, ...]
    scores: tuple[RowScores, ...] = ()

    def summary(self) -> Iterator[str]:
        """How many change, and what that does to harmless and to harmful ones; a line a mode."""
        for mode in self.modes:
            here = [change for change in self.changes if change.mode == mode]
            worse = [one for one in here if one.label == "0" and one.new >= Verdict.BLOCK > one.old]
            freed = [one for one in here if one.label == "1" and one.new < Verdict.BLOCK <= one.old]
            stricter = sum(one.new > one.old for one in here)
            yield (
                f"{mode}: {len(here)} of {self.rows} prompts change, {stricter} to stricter, {len(here) - stricter} to "
                f"looser; harmless newly refused: {len(worse)}, harmful no longer refused: {len(freed)}"
            )


def curves(scores: Sequence[RowScores], policy: Policy) -> Iterator[str]:
    """Returns the curve behind each limit for prompts, a line a limit.

    From each tenth of a score on, and from the limit's own numbers: the share of harmless rows (label 0) and of harmful
    ones (label 1) that score as high.
    """
    harmless, harmful = ([row for row in scores if row.label == label] for label in ("0", "1"))
    for key, limits in policy.limits[Stage.PROMPT].items():
        own = {at: verdict.name.lower() for verdict, at in limits.steps()}
        points = sorted({*own, *(tenth / 10 for tenth in range(1, 10))})
        cells = (
            f"{at:g}{' ' + own[at] if at in own else ''} {_reached(harmless, key, at)}/{_reached(harmful, key, at)}"
            for at in points
        )
        yield f"{key} (score, % of {len(harmless)} harmless / of {len(harmful)} harmful): {', '.join(cells)}"


def _reached(rows: Sequence[RowScores], key: str, at: float) -> str:
    if not rows:
        return "-"
    return f"{100 * sum(row.highest.get(key, 0.0) >= at for row in rows) / len(rows):.1f}"


def _highest(findings: Iterable[Finding], policy: Policy) -> dict[str, float]:
    highest: dict[str, float] = {}
    for finding in findings:
        exact = f"{finding.category}.{finding.subcategory}"
        key = exact if exact in policy.limits[Stage.PROMPT] else finding.category
        highest[key] = max(finding.score, highest.get(key, 0.0))
    return highest


def replay(
    rows: Iterable[tuple[str, str]], checks: Sequence[Check[Prompt]], old: Policy, new: Policy, modes: Sequence[str]
) -> Replay:
    """Judges (text, label) rows under two policies, each looked at once. Of the texts, only those that change stay."""
    changes, scores, count = [], [], 0
    for text, label in rows:
        count += 1
        assessment = run_checks(Stage.PROMPT, Prompt(text), checks)
        scores.append(RowScores(label, _highest(assessment.findings, new)))
        for mode in modes:
            before, after = (decide(assessment, policy, mode).verdict for policy in (old, new))
            if before is not after:
                changes.append(Change(text, label, mode, before, after))
    return Replay(count, tuple(modes), tuple(changes), tuple(scores))
