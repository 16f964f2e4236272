"""What was seen of one row of training data: enough to decide again under another policy, without looking again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from safety.records import Assessment, CheckFailure, Finding, Stage


@dataclass(slots=True)
class Observation:
    """Holds what all stages saw of a row; stages fill it in, and never read the picture again.

    `problem` says what kept it from being judged, and `problem_stage` which stage says so. `ms` is how long each stage
    took, which differs from run to run and counts for nothing.
    """

    id: str
    shard: str
    row: int
    caption: str = ""
    problem: str = ""
    problem_stage: str = ""
    notes: tuple[str, ...] = ()
    has_picture: bool = False
    width: int = 0
    height: int = 0
    format: str = ""
    size: int = 0
    sha256: str = ""
    pdq: str = ""
    pdq_quality: int = 0
    listed: str = ""
    reservations: tuple[str, ...] = ()
    licence: str = ""
    generated: tuple[str, ...] = ()
    watermarks: tuple[str, ...] = ()
    prompt: Assessment | None = None
    picture: Assessment | None = None
    speaks_of_minors: bool = False
    hard_line: str = ""
    contexts: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    faces: int = 0
    entropy: float = 0.0
    sharpness: float = 0.0
    ms: dict[str, float] = field(default_factory=dict)

    def fail(self, stage: str, problem: str) -> None:
        """Says what keeps the row from being judged; the first to say so counts."""
        if not self.problem:
            self.problem, self.problem_stage = problem, stage

    def as_line(self) -> str:
        """Returns it as a line of JSON."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        facts["prompt"], facts["picture"] = assessment_facts(self.prompt), assessment_facts(self.picture)
        return json.dumps(facts, sort_keys=True)

    @classmethod
    def of_line(cls, line: str) -> Observation:
        """Returns what `as_line` wrote."""
        facts = json.loads(line)
        facts["prompt"], facts["picture"] = assessment_of(facts["prompt"]), assessment_of(facts["picture"])
        for name in ("notes", "reservations", "generated", "watermarks", "contexts"):
            facts[name] = tuple(facts[name])
        facts["groups"] = tuple(tuple(group) for group in facts["groups"])
        return cls(**facts)

    def behind_hard_line(self, category: str) -> Observation:
        """Returns what may be kept of a row behind a hard line: which line it is, and no word and no score."""
        bare = replace(self, hard_line=category, caption="", prompt=None, picture=None)
        return replace(bare, contexts=(), watermarks=(), faces=0)


def assessment_facts(assessment: Assessment | None) -> dict[str, Any] | None:
    """Returns an assessment as plain values: scores and evidence, without places and weights."""
    if assessment is None:
        return None
    return {
        "stage": str(assessment.stage),
        "ran": list(assessment.ran),
        "failed": [asdict(failure) for failure in assessment.failed],
        "findings": [_finding_facts(finding) for finding in assessment.findings],
    }


def _finding_facts(finding: Finding) -> dict[str, Any]:
    facts: dict[str, Any] = {"check": finding.check, "category": finding.category, "score": finding.score}
    if finding.subcategory:
        facts["subcategory"] = finding.subcategory
    if finding.evidence:
        facts["evidence"] = finding.evidence
    if finding.probability is not None:
        facts["probability"] = finding.probability
    if finding.stage is not None:
        facts["stage"] = str(finding.stage)
    return facts


def assessment_of(facts: dict[str, Any] | None) -> Assessment | None:
    """Returns the assessment of `assessment_facts`."""
    if facts is None:
        return None
    findings = (
        Finding(**{**each, "stage": Stage(each["stage"]) if "stage" in each else None}) for each in facts["findings"]
    )
    failed = tuple(CheckFailure(**each) for each in facts["failed"])
    return Assessment(Stage(facts["stage"]), tuple(facts["ran"]), tuple(findings), failed)
