"""What a check is, and how a row of checks looks at one subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from safety.records import Assessment, CheckFailure, Finding, Stage

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
    """Lets every check look once. One that raises becomes `CheckFailure`; the others still look."""
    looked: list[str] = []
    findings: list[Finding] = []
    skipped: list[CheckFailure] = []
    for check in checks:
        try:
            seen = list(check.detect(subject))
        except Exception as error:  # noqa: BLE001  whatever went wrong, it did not look
            skipped.append(CheckFailure(check.name, f"{type(error).__name__}: {error}"))
        else:
            looked.append(check.name)
            findings.extend(seen)
    models = {check.name: tuple(getattr(check, "models", ())) for check in checks if check.name in looked}
    return Assessment(stage, tuple(looked), tuple(findings), tuple(skipped), models)
