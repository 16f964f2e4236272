"""What a check is, and how a row of checks looks at one subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

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


class CheckRunner(Protocol):
    """Lets checks look at one subject: here, as `run_checks` does, or on another machine.

    A check that cannot look is in the assessment, and blocks. Raises LimitError where nobody has looked yet, since too
    many wait: the same may be asked again.
    """

    def __call__(self, stage: Stage, subject: Any, checks: Sequence[Check[Any]], /) -> Assessment: ...


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


def run_checks_on_many(stage: Stage, subjects: Sequence[Any], checks: Sequence[Check[Any]]) -> list[Assessment]:
    """Lets every check look at many subjects; each assessment is that of `run_checks`.

    A check that has `detect_batch(subjects)`, a list of findings each, is asked once for all of them.
    """
    batches = {id(check): _found_in_all(check, subjects) for check in checks if hasattr(check, "detect_batch")}
    rows = []
    for number, subject in enumerate(subjects):
        found = {key: batch[number] for key, batch in batches.items() if batch is not None}
        rows.append(run_checks(stage, subject, [_Found(each, found.get(id(each))) for each in checks]))
    return rows


def _found_in_all(check: Any, subjects: Sequence[Any]) -> Sequence[Iterable[Finding]] | None:
    """Returns what a check finds in each subject; None where one of them keeps it from looking at the others."""
    try:
        found = list(check.detect_batch(subjects))
        return found if len(found) == len(subjects) else None
    except Exception:  # noqa: BLE001  each is looked at by itself then, and says what is wrong with it
        return None


class _Found:
    """A check that has looked already where `found` is not None."""

    live = False

    def __init__(self, check: Check[Any], found: Iterable[Finding] | None) -> None:
        self.name = str(getattr(check, "name", None) or type(check).__name__)
        self._check, self._found = check, found

    @property
    def models(self) -> tuple[Model, ...]:
        return tuple(getattr(self._check, "models", ()))

    def detect(self, subject: Any, /) -> Iterable[Finding]:
        return self._check.detect(subject) if self._found is None else self._found


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
