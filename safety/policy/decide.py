"""The one place where a finding becomes a verdict. Pure: same assessment, policy and mode, same decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from safety.policy.level import level
from safety.policy.model import BASE_MODE, Policy
from safety.policy.thresholds import Thresholds
from safety.records import CONTEXT, UNCHECKED, Assessment, Decision, Finding, Reason, Stage, Verdict

CODE_LETTER = {Stage.PROMPT: "P", Stage.PICTURE: "I", Stage.TEXT: "T"}
UNCHECKED_CODE, UNCHECKED_CLAUSE = "000", "0"
CONTEXT_CODE, CONTEXT_CLAUSE = "001", "0.1"
LESS = {Verdict.BLOCK: Verdict.WARN, Verdict.WARN: Verdict.NOTE}  # what another mode may at most give to be offered
Judged = tuple[Verdict, float | None]  # a verdict and the threshold that was reached


def decide(assessment: Assessment, policy: Policy, mode: str) -> Decision:
    """Judges what the checks saw. Monotone: more evidence, or a higher score, never lowers the verdict.

    The reasons are codes and numbers; `Messages.render` says them in a language.
    """
    reasons = sorted(_reasons(assessment, policy, mode), key=lambda r: (-r.verdict, -(r.score or 0.0)))
    verdict = _worst(reasons)
    hard = verdict is Verdict.HARD_BLOCK
    # Behind a hard line, the other reasons and scores would teach the way round it.
    told = [reason for reason in reasons if reason.verdict is verdict] if hard else reasons
    passing = _passing(assessment, policy, mode, verdict)
    return Decision(
        verdict=verdict,
        reasons=tuple(dict.fromkeys(told)),
        stage=assessment.stage,
        mode=mode,
        policy_version=policy.version,
        policy_digest=policy.digest,
        risk=1.0 if hard else _risk(assessment, policy),
        scores={} if hard else _scores(assessment, policy),
        ran=assessment.ran,
        modes_that_allow=tuple(passing),
        mode_set_by="operator" if policy.locked_mode else "person",
        modes_that_ask=tuple(name for name, there in passing.items() if there is Verdict.WARN),
        level=level(verdict, _scored(assessment, policy, mode)),
    )


def _worst(reasons: Sequence[Reason]) -> Verdict:
    return max((reason.verdict for reason in reasons), default=Verdict.ALLOW)


def _passing(assessment: Assessment, policy: Policy, mode: str, verdict: Verdict) -> dict[str, Verdict]:
    """The other modes, if the person may choose them, that ask for less, with what each says: a click instead of a
    refusal, or nothing.
    """
    if policy.locked_mode or verdict not in LESS:
        return {}
    others = {name: _worst(list(_reasons(assessment, policy, name))) for name in policy.mode if name != mode}
    return {name: there for name, there in others.items() if there <= LESS[verdict]}


def _scored(assessment: Assessment, policy: Policy, mode: str) -> Iterator[tuple[float, Thresholds]]:
    for finding in assessment.findings:
        thresholds = policy.thresholds(finding.stage or assessment.stage, finding.category, finding.subcategory, mode)
        if thresholds is not None:
            yield finding.score, thresholds


def _reasons(assessment: Assessment, policy: Policy, mode: str) -> Iterator[Reason]:
    stage = assessment.stage
    # Without this, no checks would find nothing, and nothing found would mean allowed.
    if not assessment.ran and not assessment.failed:
        yield _unchecked(stage, "nobody")
    for skipped in assessment.failed:
        yield _unchecked(stage, "skipped" if skipped.check else "problem", skipped.check, skipped.why)
    contradiction = max(
        (one for one in assessment.findings if policy.context_conflict(one, stage, mode)), key=_strength, default=None
    )
    stricter = False
    certain = _Corroborated(assessment, policy)
    together = _together(assessment, policy, certain)
    for finding in assessment.findings:
        judged = finding.stage or stage
        thresholds = policy.thresholds(judged, finding.category, finding.subcategory, mode)
        if thresholds is None:
            yield _unchecked(judged, "unruled", finding.check, finding.category)
            continue
        verdict, threshold = thresholds.verdict_for(finding.score)
        if contradiction:
            here, (verdict, threshold) = verdict, _general(finding, judged, policy, (verdict, threshold))
            stricter = stricter or verdict > here
        counted = certain.judged(finding, (verdict, threshold), thresholds)
        counted = together.get(finding, counted)
        if counted[0] > Verdict.ALLOW:
            reason = _reason(finding, counted, assessment, policy)
            # How far a score is above a limit says nothing where the finding is held back.
            yield reason if counted[0] is verdict else replace(reason, margins=())
    if contradiction and stricter:
        yield _context(contradiction, assessment, policy, mode)


class _Corroborated:
    """Holds back the findings of rules that no other check bears out: they count less than their score says.

    Where the check that should agree found nothing at all to judge by, such as without weights, they count fully.
    """

    def __init__(self, assessment: Assessment, policy: Policy) -> None:
        self._needed, self._stage = policy.corroboration, assessment.stage
        self._probability: dict[Stage, float] = {}
        for finding in assessment.findings:
            if self._needed and finding.check in self._needed.by and finding.probability is not None:
                at = finding.stage or assessment.stage
                self._probability[at] = max(finding.probability, self._probability.get(at, 0.0))

    def needs(self, finding: Finding) -> bool:
        """Tells whether a finding counts only as far as another check bears it out, which looked."""
        looked = (finding.stage or self._stage) in self._probability
        if not looked or self._needed is None or finding.check not in self._needed.checks:
            return False
        return f"{finding.category}.{finding.subcategory}" not in self._needed.exempt

    def judged(self, finding: Finding, judged: Judged, thresholds: Thresholds) -> Judged:
        """Returns the verdict that counts and the threshold that was reached for it; a hard line always counts."""
        if self._needed is None or not self.needs(finding):
            return judged
        probability = self._probability[finding.stage or self._stage]
        highest = self._needed.highest(probability, f"{finding.category}.{finding.subcategory}")
        verdict, reached = judged
        if reached is None or verdict is Verdict.HARD_BLOCK or verdict <= highest:
            return judged
        return highest, min(thresholds.at(highest), reached)


def _together(assessment: Assessment, policy: Policy, certain: _Corroborated) -> dict[Finding, Judged]:
    """The findings of two harms at once that no mode relaxes, and the refusal that each gets; not in pictures.

    In a picture gore and nudity are classifiers' guesses at one surface: flesh.
    """
    general: dict[Finding, Judged] = {}
    for finding in assessment.findings:
        judged = finding.stage or assessment.stage
        thresholds = policy.thresholds(judged, finding.category, finding.subcategory, BASE_MODE)
        if thresholds is not None and judged is not Stage.PICTURE:
            general[finding] = certain.judged(finding, thresholds.verdict_for(finding.score), thresholds)
    worst: dict[str, Verdict] = {}
    for finding, (verdict, _) in general.items():
        worst[finding.category] = max(verdict, worst.get(finding.category, Verdict.ALLOW))
    named = {name for pair in policy.together if pair.crossed(worst) for name in (*pair.one, *pair.other)}
    return {
        finding: (Verdict.BLOCK, threshold)
        for finding, (verdict, threshold) in general.items()
        if finding.category in named and verdict >= Verdict.WARN
    }


def _general(finding: Finding, stage: Stage, policy: Policy, here: Judged) -> Judged:
    """The stricter of the mode's own verdict and the one of general mode."""
    general = policy.thresholds(stage, finding.category, finding.subcategory, BASE_MODE)
    judged = here if general is None else general.verdict_for(finding.score)
    return judged if judged[0] > here[0] else here


def _strength(finding: Finding) -> float:
    return finding.score


def _unchecked(stage: Stage, kind: str, check: str = "", why: str = "") -> Reason:
    code = CODE_LETTER[stage] + UNCHECKED_CODE
    return Reason(Verdict.BLOCK, UNCHECKED, code, UNCHECKED_CLAUSE, check, kind, why)


def _context(finding: Finding, assessment: Assessment, policy: Policy, mode: str) -> Reason:
    return Reason(
        verdict=Verdict.NOTE,
        category=CONTEXT,
        code=CODE_LETTER[finding.stage or assessment.stage] + CONTEXT_CODE,
        clause=CONTEXT_CLAUSE,
        check=finding.check,
        subcategory=finding.category,
        evidence=finding.evidence,
        spans=finding.spans,
        score=finding.score,
        threshold=policy.context_conflict(finding, assessment.stage, mode),
        regions=finding.regions,
        models=tuple(assessment.models.get(finding.check, ())),
    )


def _reason(finding: Finding, judged: Judged, assessment: Assessment, policy: Policy) -> Reason:
    category = policy.category[finding.category]
    code = f"{CODE_LETTER[finding.stage or assessment.stage]}{category.code}"
    verdict, threshold = judged
    # A hard line names its category and clause only: scores and spans would teach the way round it.
    if verdict is Verdict.HARD_BLOCK:
        return Reason(verdict, finding.category, code, category.clause, check="")
    return Reason(
        verdict=verdict,
        category=finding.category,
        code=code,
        clause=category.clause,
        check=finding.check,
        subcategory=finding.subcategory,
        evidence=finding.evidence,
        spans=finding.spans,
        score=finding.score,
        threshold=threshold,
        regions=finding.regions,
        models=tuple(assessment.models.get(finding.check, ())),
        span_weights=finding.span_weights,
        margins=tuple(_margins(finding, assessment.stage, policy)),
    )


def _margins(finding: Finding, stage: Stage, policy: Policy) -> Iterator[tuple[str, float]]:
    for mode in policy.mode:
        thresholds = policy.thresholds(finding.stage or stage, finding.category, finding.subcategory, mode)
        if thresholds is not None and (at := thresholds.at(Verdict.WARN)) < float("inf"):
            yield mode, finding.score - at


def _scores(assessment: Assessment, policy: Policy) -> dict[str, float]:
    scores: dict[str, float] = {}
    for finding in assessment.findings:
        category = policy.category.get(finding.category)
        if category is not None and not category.hard and not _only_evidence(finding, assessment.stage, policy):
            scores[finding.category] = max(finding.score, scores.get(finding.category, 0.0))
    return scores


def _only_evidence(finding: Finding, stage: Stage, policy: Policy) -> bool:
    """Whether the policy reads a finding as evidence of the context alone: its limit has no number."""
    thresholds = policy.thresholds(finding.stage or stage, finding.category, finding.subcategory, BASE_MODE)
    return thresholds is not None and not list(thresholds.steps())


def _risk(assessment: Assessment, policy: Policy) -> float:
    """The highest over all findings: the chance that a check knows, or the score on a scale where 0.5 blocks."""
    if not assessment.ran or assessment.failed:
        return 1.0
    certain = _Corroborated(assessment, policy)
    # Beside the probability of the check that must agree with it, what a rule alone says is no probability.
    counted = (finding for finding in assessment.findings if not certain.needs(finding))
    least = 0.5 if _together(assessment, policy, certain) else 0.0
    return max((least, *(_scaled(finding, assessment.stage, policy) for finding in counted)))


def _scaled(finding: Finding, stage: Stage, policy: Policy) -> float:
    if finding.probability is not None:
        return finding.probability
    if _only_evidence(finding, stage, policy):
        return 0.0
    thresholds = policy.thresholds(finding.stage or stage, finding.category, finding.subcategory, BASE_MODE)
    if thresholds is None or thresholds.hard is not None and finding.score >= thresholds.hard:
        return 1.0
    block = thresholds.at(Verdict.BLOCK)
    if block == float("inf"):  # can warn at most: stays below one half
        return 0.49 * finding.score
    if finding.score < block:
        return 0.5 * finding.score / block
    return 0.5 + 0.5 * (finding.score - block) / (1.0 - block) if block < 1.0 else 1.0
