"""The one place where a finding becomes a verdict. Pure: same assessment, policy and mode, same decision."""

from __future__ import annotations

from collections.abc import Iterator

from safety.policy import BASE_MODE, Policy
from safety.records import Assessment, Decision, Finding, Reason, Stage, Verdict

CODE_LETTER = {Stage.PROMPT: "P", Stage.PICTURE: "I", Stage.TEXT: "T"}
UNCHECKED = "unchecked"
CLAUSE_UNCHECKED = "0: nothing is made or shown that could not be checked"


def decide(assessment: Assessment, policy: Policy, mode: str) -> Decision:
    """Judges what the checks saw. Monotone: more evidence, or a higher score, never lowers the verdict."""
    reasons = sorted(_reasons(assessment, policy, mode), key=lambda r: (-r.verdict, -(r.score or 0.0)))
    return Decision(
        verdict=max((reason.verdict for reason in reasons), default=Verdict.ALLOW),
        reasons=tuple(reasons),
        stage=assessment.stage,
        mode=mode,
        policy_version=policy.version,
        policy_digest=policy.digest,
        risk=_risk(assessment, policy),
        scores=_scores(assessment, policy),
        looked=assessment.looked,
    )


def _reasons(assessment: Assessment, policy: Policy, mode: str) -> Iterator[Reason]:
    stage = assessment.stage
    # Without this, no checks would find nothing, and nothing found would mean allowed.
    if not assessment.looked and not assessment.skipped:
        yield _unchecked(stage, "Not checked", "No safety check could look.", "")
    for skipped in assessment.skipped:
        text = f"{skipped.check} could not look: {skipped.why}" if skipped.check else skipped.why
        yield _unchecked(stage, "Could not be checked", text, skipped.check)
    for finding in assessment.findings:
        judged = finding.stage or stage
        thresholds = policy.thresholds(judged, finding.category, finding.aspect, mode)
        if thresholds is None:
            yield _unchecked(judged, "Not covered", f"The policy has no rule for {finding.category!r}.", finding.check)
            continue
        verdict, threshold = thresholds.judge(finding.score)
        if verdict > Verdict.ALLOW:
            yield _reason(finding, verdict, threshold, judged, policy)


def _unchecked(stage: Stage, title: str, text: str, check: str) -> Reason:
    code = f"{CODE_LETTER[stage]}000"
    return Reason(Verdict.BLOCK, UNCHECKED, code, CLAUSE_UNCHECKED, title, text, check)


def _reason(finding: Finding, verdict: Verdict, threshold: float | None, stage: Stage, policy: Policy) -> Reason:
    category = policy.category[finding.category]
    # A hard line names its category and clause only: scores and spans would teach the way round it.
    shown = verdict < Verdict.HARD_BLOCK
    return Reason(
        verdict=verdict,
        category=finding.category,
        code=f"{CODE_LETTER[stage]}{category.code}",
        clause=category.clause,
        title=category.title,
        text=category.said.get(finding.aspect, category.reason),
        check=finding.check if shown else "",
        aspect=finding.aspect if shown else "",
        evidence=finding.evidence if shown else "",
        spans=finding.spans if shown else (),
        score=finding.score if shown else None,
        threshold=threshold if shown else None,
        help=category.help,
        regions=finding.regions if shown else (),
    )


def _scores(assessment: Assessment, policy: Policy) -> dict[str, float]:
    scores: dict[str, float] = {}
    for finding in assessment.findings:
        category = policy.category.get(finding.category)
        if category is not None and not category.hard:
            scores[finding.category] = max(finding.score, scores.get(finding.category, 0.0))
    return scores


def _risk(assessment: Assessment, policy: Policy) -> float:
    """The highest over all findings: the chance that a check knows, or the score on a scale where 0.5 blocks."""
    if not assessment.looked or assessment.skipped:
        return 1.0
    return max((_scaled(finding, assessment.stage, policy) for finding in assessment.findings), default=0.0)


def _scaled(finding: Finding, stage: Stage, policy: Policy) -> float:
    if finding.chance is not None:
        return finding.chance
    thresholds = policy.thresholds(finding.stage or stage, finding.category, finding.aspect, BASE_MODE)
    if thresholds is None or thresholds.hard is not None and finding.score >= thresholds.hard:
        return 1.0
    block = thresholds.at(Verdict.BLOCK)
    if block == float("inf"):  # can warn at most: stays below one half
        return 0.49 * finding.score
    if finding.score < block:
        return 0.5 * finding.score / block
    return 0.5 + 0.5 * (finding.score - block) / (1.0 - block) if block < 1.0 else 1.0
