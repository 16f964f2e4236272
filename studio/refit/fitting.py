"""One refit: limits first, then the head on what they leave wrong; each only as far as the guard set holds."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from safety.policy.adjustment import MOVABLE, MovedLimits, movable_keys, with_limits
from safety.policy.model import BASE_MODE, Policy
from safety.prompt.classifier import READ
from safety.prompt.ordinary_prompts import OrdinaryPrompts
from safety.records import Stage, Verdict
from studio.lesson_sets import LabelledPrompt
from studio.refit.guard_set import CorrectedPolicy, GuardSet
from studio.refit.head_fit import Background, HeadRows, LabelledFeatures, fit_head, head_rows, scaled
from studio.refit.limit_fit import LimitFit, ScoredLabel, fit_limit
from studio.refit.looked_at import Looker
from studio.refit.refit_rules import RefitRules
from studio.refit.reviewed_rows import ReviewedRow

SHARES = (1.0, 0.75, 0.5, 0.25)  # of the fitted head: the greatest with which the guard set holds is proposed
Moved = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True, slots=True)
class MovedLimit:
    """Names one limit that is proposed to move, by mode, key and step."""

    mode: str
    key: str
    step: str
    fit: LimitFit

    def __str__(self) -> str:
        where = f"{self.key} in {self.mode} mode, {self.step}"
        told = f"{self.fit.rows} rows of {self.fit.persons} persons"
        return f"{where}: {self.fit.before:g} -> {self.fit.at:g} ({told})"


@dataclass(frozen=True)
class Fitted:
    """Holds what is proposed. `moved`: all limits that are off the shipped policy, adopted ones included.

    `judgement` is what would judge. `notes` say, in English, what was not proposed and why.
    """

    moved: MovedLimits
    judgement: CorrectedPolicy
    limits: Sequence[MovedLimit] = ()
    head_share: float = 0.0
    notes: Sequence[str] = ()
    rows: int = 0
    new_head: bool = False

    @property
    def is_empty(self) -> bool:
        """Tells whether nothing would change."""
        return not self.limits and not self.new_head


@dataclass
class Refit:
    """Fits rows against what is in force. `shipped` is the policy without anything adopted."""

    shipped: Policy
    in_force: CorrectedPolicy
    moved_in_force: MovedLimits
    looker: Looker
    guard: GuardSet
    reference: Sequence[LabelledPrompt]
    rules: RefitRules
    ordinary: OrdinaryPrompts | None = None
    notes: list[str] = field(default_factory=list)

    def fit(self, rows: Sequence[ReviewedRow]) -> Fitted:
        """Returns what the rows, held-out ones left out, give reason to propose."""
        fitted_on = [row for row in rows if not row.held_out and row.weight > 0]
        self.notes.clear()
        moved, limits = self._limits(fitted_on)
        base = CorrectedPolicy(with_limits(self.shipped, moved, self.rules.limits.drift), self.in_force.correction)
        judgement, share = self._head(fitted_on, base)
        return Fitted(moved, judgement, limits, share, tuple(self.notes), len(fitted_on), new_head=share > 0)

    # ---- limits ----

    def _limits(self, rows: Sequence[ReviewedRow]) -> tuple[Moved, list[MovedLimit]]:
        accepted: Moved = {
            mode: {key: dict(at) for key, at in keys.items()} for mode, keys in self.moved_in_force.items()
        }
        limits: list[MovedLimit] = []
        for one in self._wanted(rows):
            trial = copy.deepcopy(accepted)
            trial.setdefault(one.mode, {}).setdefault(one.key, {})[one.step] = one.fit.at
            judgement = CorrectedPolicy(
                with_limits(self.shipped, trial, self.rules.limits.drift), self.in_force.correction
            )
            if self.guard.holds(judgement):
                accepted = trial
                limits.append(one)
            else:
                self.notes.append(f"{one}: not proposed, the guard set gets worse")
        return accepted, limits

    def _wanted(self, rows: Sequence[ReviewedRow]) -> Iterator[MovedLimit]:
        for mode in self.shipped.mode:
            for key in movable_keys(self.shipped):
                labels = list(self._labels(rows, mode, key)) if key.endswith(f".{READ}") else []
                for step in MOVABLE if labels else ():
                    fit = self._fit(mode, key, step, labels)
                    if fit is not None and fit.at != fit.before:
                        yield MovedLimit(mode, key, step, fit)
                    elif fit is not None and fit.rows:
                        self.notes.append(f"{key} in {mode} mode, {step}: not moved, {fit.why}")

    def _fit(self, mode: str, key: str, step: str, labels: Sequence[ScoredLabel]) -> LimitFit | None:
        category, _, kind = key.partition(".")
        here, shipped = (
            policy.thresholds(Stage.PROMPT, category, kind, mode) for policy in (self.in_force.policy, self.shipped)
        )
        before, first = getattr(here, step, None), getattr(shipped, step, None)
        loosest = self.shipped.limits[Stage.PROMPT][key].loosest
        if before is None or first is None or loosest is None:
            return None
        rules = self.rules.limits
        highest = min(first + rules.drift, max(loosest.at(Verdict[step.upper()]), first), 1.0)
        lowest = max(first - rules.drift, self._general(mode, key, step))
        return fit_limit(before, labels, rules, lowest, highest, self.rules.persons.trim)

    def _general(self, mode: str, key: str, step: str) -> float:
        """Returns the limit of general mode, below which no other mode may be."""
        if mode == BASE_MODE:
            return 0.0
        at = self.in_force.policy.limits[Stage.PROMPT][key].at(Verdict[step.upper()])
        return at if at <= 1 else 0.0

    def _labels(self, rows: Sequence[ReviewedRow], mode: str, key: str) -> Iterator[ScoredLabel]:
        """Yields the rows of a mode that are about the category of a limit, with their score there."""
        category, _, kind = key.partition(".")
        for row in rows:
            if row.mode != mode or (row.category and row.category != category):
                continue
            seen = self.looker.look(row.prompt).assessment(self.in_force.correction)
            found = [one for one in seen.findings if one.subcategory == kind]
            own = max((one.score for one in found if one.category == category), default=0.0)
            highest = max((one.score for one in found), default=0.0)
            if own and (row.category or own >= highest):
                yield ScoredLabel(own, row.harmful, row.weight, row.voter, row.reviewed)

    # ---- the head ----

    def _head(self, rows: Sequence[ReviewedRow], base: CorrectedPolicy) -> tuple[CorrectedPolicy, float]:
        """Returns what judges with a new head, and which share of it holds the guard set; 0 where none does."""
        classifier = self.looker.classifier
        found = self._head_rows(rows, base.policy)
        if classifier is None or found is None:
            self.notes.append("the head: not fitted, there is no labelled prompt that the English model reads")
            return base, 0.0
        background = self._background(base.policy)
        if background is None:
            self.notes.append("the head: not fitted, there is no reference set")
            return base, 0.0
        model = classifier.models[0].sha256
        correction, why = fit_head(found, background, model, self.rules.head, self.rules.persons)
        if correction is None:
            self.notes.append(f"the head: not fitted, {why}")
            return base, 0.0
        for share in SHARES:
            judgement = CorrectedPolicy(base.policy, scaled(correction, share))
            if self.guard.holds(judgement):
                return judgement, share if judgement.correction != self.in_force.correction else 0.0
        self.notes.append("the head: not proposed, the guard set gets worse even with a quarter of it")
        return base, 0.0

    def _head_rows(self, rows: Sequence[ReviewedRow], policy: Policy) -> HeadRows | None:
        """Returns the rows that say something for every mode: harmless in general mode, or harmful in any."""
        found = [
            LabelledFeatures(seen.features, seen.odds, row.harmful, row.weight, row.reviewed)
            for row, seen in ((row, self.looker.look(row.prompt)) for row in rows)
            if (row.harmful or row.mode == BASE_MODE) and seen.odds is not None and seen.features is not None
        ]
        return head_rows(found, self._stop_odds(policy))

    def _background(self, policy: Policy) -> Background | None:
        """Returns what gates are told apart from; standardised by ordinary prompts, without them by the reference."""
        found = [
            LabelledFeatures(seen.features, seen.odds, row.harmful, 1.0, True)
            for row, seen in ((row, self.looker.look(row.text)) for row in self.reference)
            if seen.odds is not None and seen.features is not None
        ]
        reference = head_rows(found, self._stop_odds(policy))
        if reference is None:
            return None
        if self.ordinary is not None:
            space = self.ordinary.space
            unit = (self.ordinary.points @ space.basis.T).astype(np.float64)
            return Background(reference, space.mean.astype(np.float64), space.scale.astype(np.float64), unit)
        mean, scale = reference.features.mean(axis=0), np.maximum(reference.features.std(axis=0), 1e-3)
        return Background(reference, mean, scale, np.zeros((0, len(mean))))

    def _stop_odds(self, policy: Policy) -> float:
        """Returns the log-odds from which on general mode asks about the likeliest category.

        A score is the strength to a power (presets/prompt_classifier.toml), here undone.
        """
        classifier = self.looker.classifier
        power = classifier.powers if classifier else {}
        at = {
            key.partition(".")[0]: limits.at(Verdict.WARN)
            for key, limits in policy.limits[Stage.PROMPT].items()
            if key.endswith(f".{READ}") and limits.at(Verdict.WARN) <= 1
        }
        strength = min(score ** (1 / power.get(category, 1.0)) for category, score in at.items())
        return float(np.log(strength / (1 - strength)))
