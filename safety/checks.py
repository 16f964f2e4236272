"""What a check is, and how a row of checks looks at one subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from safety.records import Assessment, CheckFailure, Finding, Model, Stage

Subject_contra = TypeVar("Subject_contra", contravariant=True)
Subject = TypeVar("Subject")


class Check(Protocol[Subject_contra]):
    """Looks at one thing and reports what it sees. Knows no policy, no mode, no sentence for users.

    `live` says that `detect` is quick enough for every keystroke. Whatever `detect` raises means that it
    could not look. A check that judges with weights says which: `models`, a tuple of records.Model.
    """

    @property
    def name(self) -> str: ...

    @property
    def live(self) -> bool: ...

    def detect(self, subject: Subject_contra, /) -> Iterable[Finding]: ...


def run_checks(stage: Stage, subject: Subject, checks: Sequence[Check[Subject]]) -> Assessment:
    """Lets every check look once. One that raises, or gives anything but findings, becomes a `CheckFailure`.

    The others still look.
    """
    ran: list[str] = []
    findings: list[Finding] = []
    failed: list[CheckFailure] = []
    models: dict[str, tuple[Model, ...]] = {}
    for check in checks:
        name = str(getattr(check, "name", None) or type(check).__name__)
        try:
            found = [_sound(finding) for finding in check.detect(subject)]
            weights = tuple(getattr(check, "models", ()))
        except Exception as error:  # noqa: BLE001  whatever went wrong, it did not look
            failed.append(CheckFailure(name, f"{type(error).__name__}: {error}"))
        else:
            ran.append(name)
            findings.extend(found)
            models[name] = weights
    return Assessment(stage, tuple(ran), tuple(findings), tuple(failed), models)


def _sound(finding: object) -> Finding:
    """Returns a finding that the policy can judge. Raises TypeError for what somebody's check gave instead."""
    if not isinstance(finding, Finding):
        raise TypeError(f"a check gave {type(finding).__name__} instead of a finding")
    for field in ("check", "category", "subcategory", "evidence"):
        if not isinstance(getattr(finding, field), str):
            raise TypeError(f"the {field} of a finding is no text")
    return finding


def within(assessment: Assessment, judged: str, typed: str) -> Assessment:
    """Returns the assessment without spans of words that were not typed into the prompt: they stand behind its end."""
    if len(judged) <= len(typed):
        return assessment
    findings = (_finding_within(finding, len(typed)) for finding in assessment.findings)
    return replace(assessment, findings=tuple(findings))


def _finding_within(finding: Finding, size: int) -> Finding:
    kept = [number for number, span in enumerate(finding.spans) if span.end <= size]
    weights = finding.span_weights
    return replace(
        finding,
        spans=tuple(finding.spans[number] for number in kept),
        span_weights=tuple(weights[number] for number in kept) if weights else (),
    )


def joined(one: Assessment, other: Assessment) -> Assessment:
    """Returns what two rows of checks saw in the same subject as one assessment."""
    return Assessment(one.stage, one.ran + other.ran, one.findings + other.findings, one.failed + other.failed)
