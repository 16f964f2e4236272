"""Refits the judgement of a studio: proposes, adopts by one signed act on record, takes back, and tells its history.

Nothing changes by itself: a proposal is a file that a person reads, and what is adopted holds from the next start on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from safety.audit.hash_chain import Entry, utc_now
from safety.audit.log import AuditLog
from safety.checks import Check
from safety.errors import RequestError, WeightsError
from safety.policy.model import BASE_MODE, Policy, load_policy
from safety.prompt.negative_prompt import load_prompt_reader
from safety.prompt.ordinary_prompts import OrdinaryPrompts, load_ordinary_prompts
from safety.records import Prompt, Stage, Verdict
from safety.resources import MODELS
from studio.curation.balance import load_group_terms
from studio.refit.adopted_versions import SHIPPED, AdoptedVersion, AdoptedVersions, InForce
from studio.refit.evidence import JudgedTwice, LabelledPromptRow, evidence, judge_twice
from studio.refit.fitting import Fitted, Refit
from studio.refit.guard_set import CorrectedPolicy, GuardSet, load_guard_set, reference_prompts
from studio.refit.looked_at import Looker
from studio.refit.proposal import REFIT_AGAIN, Proposal, read_proposal, sealed
from studio.refit.refit_rules import RefitRules, load_refit_rules
from studio.refit.regression_rows import RegressionRow, RegressionRows
from studio.refit.reviewed_rows import ReviewedRow, capped, rows_of_cases, rows_of_export
from studio.views import StudioViews

ADOPTED, ROLLED_BACK = "policy_adopted", "policy_rolled_back"  # events of the record
MAX_VERSIONS = 10_000  # that the history lists
MAX_LOSSES = 5  # that a refusal names


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Holds one act on record. `problem` says what is wrong with its file; "" where all is well."""

    version: int
    event: str
    time: str
    restores: int | None
    sha256: str
    in_force: bool
    problem: str = ""


@dataclass(frozen=True)
class RefitService:
    """Refits what judges. `shipped` is the policy without anything adopted, `cases` the decided ones of the record."""

    shipped: Policy
    checks: Sequence[Check[Prompt]]
    audit: AuditLog
    home: Path

    @cached_property
    def rules(self) -> RefitRules:
        """Returns the bounds of presets/refit.toml."""
        return load_refit_rules(self.shipped.folder)

    @cached_property
    def versions(self) -> AdoptedVersions:
        """Returns what was adopted here."""
        return AdoptedVersions(self.home, self.rules.limits.drift)

    @cached_property
    def regression(self) -> RegressionRows:
        """Returns the operator's own test rows."""
        return RegressionRows(self.versions.folder)

    # ---- proposing ----

    def propose(self, cases: Sequence[dict[str, Any]], export: Path | None = None) -> dict[str, Any]:
        """Returns a proposal as plain data, sealed. Raises RequestError where there is nothing to learn from."""
        in_force = self.versions.in_force(self.shipped)
        labelled, gone = self._still_there(rows_of_export(export, self.shipped) if export else (), cases)
        # A case whose person is in the held-out part of the export is not fitted here either.
        held_out = {row.case for row in labelled if row.held_out and row.case}
        decided = rows_of_cases(cases, self.shipped, self.rules.persons)
        given = [*(replace(row, held_out=row.case in held_out) for row in decided), *labelled]
        if not given:
            raise RequestError(
                "There is no reviewed case to learn from.",
                "Decide appeals whose persons agreed to it, or give labelled prompts with --from.",
            )
        rows = capped(given, self.rules.persons)
        looker = self._looker()
        refit = self._refit(looker, in_force)
        fitted = refit.fit(rows)
        if gone:
            note = f"{gone} rows of the export are of feedback or cases that are on record no more, and left out"
            fitted = replace(fitted, notes=(*fitted.notes, note))
        return sealed(self._proposal(rows, fitted, refit, in_force), self.audit.keys)

    def _still_there(
        self, rows: Iterable[ReviewedRow], cases: Sequence[dict[str, Any]]
    ) -> tuple[list[ReviewedRow], int]:
        """Returns the rows without those that somebody took back after the export, and how many those are."""
        with self.audit.read_transaction() as reader:
            there = {one.case_id for one in reader.feedback.list()} | {str(case["case"]) for case in cases}
        found = list(rows)
        kept = [row for row in found if there.issuperset(row.origin)]
        return kept, len(found) - len(kept)

    def _proposal(self, rows: Sequence[ReviewedRow], fitted: Fitted, refit: Refit, in_force: InForce) -> Proposal:
        judged = self._judged(rows, fitted, refit, in_force.judgement)
        learned = [one for one in judged if one.row.part == "reviewed" and one.row.case]
        right = (one for one in learned if (one.after >= Verdict.WARN) is one.row.harmful)
        return Proposal(
            made=utc_now(),
            shipped=self.shipped.digest,
            in_force=in_force.judgement.policy.digest,
            version=in_force.version,
            model=_model_of(refit.looker),
            limits={mode: {key: dict(at) for key, at in keys.items()} for mode, keys in fitted.moved.items()},
            head=fitted.judgement.correction,
            head_share=fitted.head_share,
            changes=tuple(_told(fitted)),
            notes=tuple(fitted.notes),
            rows=fitted.rows,
            persons=len({row.voter for row in rows}),
            evidence=evidence(judged, load_group_terms(self.shipped.folder)),
            regression=tuple(dict.fromkeys(one.row.case for one in right)),
        )

    def _judged(
        self, rows: Sequence[ReviewedRow], fitted: Fitted, refit: Refit, before: CorrectedPolicy
    ) -> list[JudgedTwice]:
        labelled = [
            LabelledPromptRow(row.prompt, row.harmful, row.mode, row.category, _part(row), row.case) for row in rows
        ]
        known = [(row.prompt, row.harmful, row.category, "guard") for row in refit.guard.rows]
        known += [(row.text, row.harmful, "", "reference") for row in refit.reference]
        counted = [
            LabelledPromptRow(prompt, harmful, BASE_MODE, category, part) for prompt, harmful, category, part in known
        ]
        return judge_twice([*labelled, *counted], refit.looker, before, fitted.judgement)

    def _looker(self) -> Looker:
        return Looker(self.checks, load_prompt_reader(self.shipped.folder))

    def _refit(self, looker: Looker, in_force: InForce) -> Refit:
        folder = self.shipped.folder
        guard = GuardSet(load_guard_set(folder, self.shipped), looker, self.shipped)
        return Refit(
            self.shipped,
            in_force.judgement,
            in_force.moved,
            looker,
            guard,
            reference_prompts(folder),
            self.rules,
            _ordinary_prompts(looker),
        )

    # ---- adopting ----

    def adopt(self, path: Path, cases: Sequence[dict[str, Any]], by: str) -> tuple[AdoptedVersion, int]:
        """Puts a proposal in force, signed and on record; returns its version and how many test rows it adds.

        Raises RequestError where it was changed, was made for another policy or other weights, changes nothing, goes
        farther than one adoption may, or judges the guard set worse.
        """
        proposal, seal = read_proposal(path, self.audit.keys)
        in_force = self.versions.in_force(self.shipped)
        looker = self._looker()
        self._require_fitting(proposal, in_force, looker)
        erased = set(proposal.regression) - {str(case["case"]) for case in cases}
        if erased:
            raise RequestError(f"The proposal was made from cases of which {len(erased)} were erased.", REFIT_AGAIN)
        version = AdoptedVersion(
            policy=self.shipped.digest,
            limits=proposal.limits,
            head=proposal.head,
            proposal=seal,
            by=by,
            time=utc_now(),
        )
        after = self.versions.applied(version, self.shipped).judgement
        self._require_guarded(after, looker)
        adopted = self._put_in_force(version, ADOPTED, after.policy.digest)
        return adopted, len(self.regression.add(self._regression_rows(proposal, cases, looker, after)))

    def _require_fitting(self, proposal: Proposal, in_force: InForce, looker: Looker) -> None:
        same = (proposal.shipped, proposal.in_force, proposal.version) == (
            self.shipped.digest,
            in_force.judgement.policy.digest,
            in_force.version,
        )
        if not same:
            raise RequestError("The proposal was made for another version of the policy.", REFIT_AGAIN)
        if proposal.model != _model_of(looker):
            raise RequestError("The proposal was made for other weights of the classifier.", REFIT_AGAIN)
        if not proposal.changes:
            raise RequestError("The proposal changes nothing.", "Its notes say why.")
        for where, before, after in _steps(proposal, in_force.judgement.policy):
            if abs(after - before) > self.rules.limits.step + 1e-9:
                told = f"{where} would move from {before:g} to {after:g}, more than {self.rules.limits.step:g} at once."
                raise RequestError(told, REFIT_AGAIN)
        if proposal.head and proposal.head.bound > self.rules.head.bound:
            raise RequestError("The head would move prompts farther than presets/refit.toml allows.", REFIT_AGAIN)

    def _require_guarded(self, after: CorrectedPolicy, looker: Looker) -> None:
        guard = GuardSet(load_guard_set(self.shipped.folder, self.shipped), looker, self.shipped)
        losses = list(guard.losses(after))
        if losses:
            named = "; ".join(map(str, losses[:MAX_LOSSES]))
            raise RequestError(f"The guard set gets worse, by {len(losses)}: {named}.", REFIT_AGAIN)

    def _regression_rows(
        self, proposal: Proposal, cases: Sequence[dict[str, Any]], looker: Looker, after: CorrectedPolicy
    ) -> Iterator[RegressionRow]:
        wanted = set(proposal.regression)
        for row in rows_of_cases(cases, self.shipped, self.rules.persons):
            test = RegressionRow(row.case, row.mode, row.harmful, row.prompt)
            seen = looker.look(row.prompt)
            if row.case in wanted and test.holds(seen.judged(after.policy, after.correction, row.mode)):
                yield test

    # ---- taking back, and what was done ----

    def rollback(self, to: int | None, by: str) -> AdoptedVersion:
        """Puts back what held under a version, 0 for the shipped policy; without one, what held before this one.

        Raises RequestError where there is no such version, PresetError where it cannot be used here.
        """
        numbers = self.versions.numbers()
        if not numbers:
            raise RequestError("Nothing was adopted, so there is nothing to take back.", "")
        target = self._before(numbers[-1]) if to is None else to
        earlier = AdoptedVersion(policy=self.shipped.digest) if target == SHIPPED else self.versions.read(target)
        restored = earlier.model_copy(update={"restores": target, "proposal": "", "by": by, "time": utc_now()})
        after = self.versions.applied(restored, self.shipped).judgement
        return self._put_in_force(restored, ROLLED_BACK, after.policy.digest)

    def _before(self, number: int) -> int:
        """Returns the version that held before what is in force, through all takings-back."""
        try:
            restores = self.versions.read(number).restores
        except Exception:  # noqa: BLE001  a version that cannot be read is what somebody wants to get rid of
            restores = None
        origin = number if restores is None else restores
        if origin == SHIPPED:
            raise RequestError("The shipped policy is in force already.", "Name the version to go to.")
        try:
            earlier = self.versions.read(origin - 1).restores if origin > 1 else SHIPPED
        except Exception:  # noqa: BLE001  as above
            return SHIPPED
        return origin - 1 if earlier is None else earlier

    def _put_in_force(self, version: AdoptedVersion, event: str, digest: str) -> AdoptedVersion:
        """Writes a version and records it: both or neither."""
        numbered, data = self.versions.signed(version, max((at for _, at, _ in self._recorded()), default=SHIPPED))
        added = False
        with self.audit.change_case("policy", {}) as case:
            try:
                with self.audit.write_transaction() as writer:
                    writer.append(case.id, event, _facts(numbered, data, digest, self.audit))
                    self.versions.add(numbered, data)
                    added = True
            except BaseException:
                if added:
                    self.versions.drop(numbered.version)
                raise
        return numbered

    def _recorded(self) -> list[tuple[Entry, int, dict[str, Any]]]:
        """Returns every act on record with its version and facts, oldest first."""
        if not self.audit.has_begun:
            return []
        with self.audit.read_transaction() as reader:
            entries = reader.entries_after({}, (ADOPTED, ROLLED_BACK), MAX_VERSIONS)
        genuine = [(entry, entry.parse_facts()) for entry in entries if self.audit.keys.is_genuine(entry)]
        return [(entry, int(facts["version"]), facts) for entry, facts in genuine]

    def history(self) -> list[HistoryEntry]:
        """Returns every act on record, oldest first, with what is wrong with its file."""
        numbers = self.versions.numbers()
        last = numbers[-1] if numbers else SHIPPED
        found = [
            HistoryEntry(
                version=version,
                event=entry.event,
                time=entry.time,
                restores=facts.get("restores"),
                sha256=str(facts["sha256"]),
                in_force=version == last,
                problem=self._problem(version, str(facts["sha256"])),
            )
            for entry, version, facts in self._recorded()
        ]
        known = {one.version for one in found}
        unknown = [number for number in numbers if number not in known]
        return found + [
            HistoryEntry(number, "", "", None, self.versions.sha256(number), number == last, "not on record")
            for number in unknown
        ]

    def _problem(self, number: int, recorded: str) -> str:
        there = self.versions.sha256(number)
        if not there:
            return "its file is gone"
        return "" if there == recorded else "its file is not the one on record"


def _facts(version: AdoptedVersion, data: bytes, digest: str, audit: AuditLog) -> dict[str, object]:
    facts: dict[str, object] = {
        "version": version.version,
        "sha256": hashlib.sha256(data).hexdigest(),
        "policy_digest": digest,
        "by": audit.keys.digest("operator", version.by),
    }
    if version.restores is not None:
        facts["restores"] = version.restores
    return facts | ({"proposal": version.proposal} if version.proposal else {})


def _model_of(looker: Looker) -> str:
    return looker.classifier.models[0].sha256 if looker.classifier else ""


def _part(row: ReviewedRow) -> str:
    return "held-out" if row.held_out else "reviewed" if row.reviewed else "labelled"


def _told(fitted: Fitted) -> Iterator[str]:
    yield from map(str, fitted.limits)
    if fitted.new_head:
        yield f"a new head, {100 * fitted.head_share:.0f} % of the one that fits best"


def _steps(proposal: Proposal, policy: Policy) -> Iterator[tuple[str, float, float]]:
    """Yields each limit of a proposal: where, what holds now, what would hold."""
    for mode, keys in proposal.limits.items():
        for key, steps in keys.items():
            category, _, kind = key.partition(".")
            here = policy.thresholds(Stage.PROMPT, category, kind, mode)
            for step, at in steps.items():
                before = getattr(here, step, None)
                yield f"{key} in {mode} mode, {step}", at if before is None else before, at


def _ordinary_prompts(looker: Looker) -> OrdinaryPrompts | None:
    """Returns the features of ordinary prompts that ship; None where they are of another classifier."""
    try:
        return load_ordinary_prompts(MODELS, _model_of(looker))
    except WeightsError:
        return None


def make_refit_service(studio: StudioViews) -> RefitService:
    """Returns what refits the judgement of a studio; categories that the operator has added are no part of it."""
    shipped = load_policy(studio.presets, studio.policy.locked)
    added = {one.check for one in studio.policy.added}
    checks = [check for check in studio.checks.prompt if check.name not in added]
    return RefitService(shipped, checks, studio.audit, studio.outputs.parent)
