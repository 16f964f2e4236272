"""From a refusal to its statement of reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from safety.policy import Policy
from safety.records import Decision, Reason, Stage, Verdict
from safety.statement.record import Ground, HelpFound, Signal, Statement
from safety.words import Words
from safety.works import GenerationRequest, Refused


def state(refused: Refused, request: GenerationRequest, policy: Policy, keeps_text: bool) -> Statement:
    """The statement in the request's language. `keeps_text`: whether the studio stores prompts as text.

    Raises RequestError for a language that there is not.
    """
    words = policy.words(request.language)
    decision = words.decision(refused.decision)
    grounds = tuple(_grounds(decision, request.prompt))
    said = words.verdict(decision.stage, decision.verdict)
    until = refused.time.date() + timedelta(days=policy.terms.appeal_days)
    open_to_appeal = decision.verdict is Verdict.BLOCK
    return Statement(
        case=refused.case,
        time=refused.time,
        words=words,
        stage=decision.stage,
        verdict=decision.verdict,
        title=said.title,
        possible=said.possible,
        facts=grounds[0].text if grounds else said.title,
        grounds=grounds,
        help=tuple(_help(decision, words)),
        policy_version=decision.policy_version,
        policy_digest=decision.policy_digest,
        mode=decision.mode,
        mode_set_by=decision.mode_set_by,
        passing=decision.passing,
        suggestions=tuple(suggestion.text for suggestion in refused.suggestions),
        until=until if open_to_appeal else None,
        appeal=_appeal(refused.case, decision.verdict, until, words),
        stored=tuple(_stored(decision, words, keeps_text)),
    )


def _grounds(decision: Decision, prompt: str) -> Iterator[Ground]:
    """Reasons come worst first; those of one code and verdict are told as one."""
    groups: dict[tuple[str, Verdict], list[Reason]] = {}
    for reason in decision.reasons:
        groups.setdefault((reason.code, reason.verdict), []).append(reason)
    for reasons in groups.values():
        yield _ground(reasons, prompt if decision.stage is Stage.PROMPT else "")


def _ground(reasons: Sequence[Reason], prompt: str) -> Ground:
    worst = reasons[0]
    head = (worst.category, worst.code, worst.verdict, worst.title, worst.clause)
    text = " ".join(dict.fromkeys(reason.text for reason in reasons))
    if worst.verdict is Verdict.HARD_BLOCK:  # whatever else the reason may hold
        return Ground(*head, text)
    spans = sorted({span for reason in reasons for span in reason.spans})
    quotes = dict.fromkeys(prompt[span.start : span.end] for span in spans)
    regions = dict.fromkeys(region for reason in reasons for region in reason.regions)
    signals = (
        Signal(reason.check, reason.models, reason.score, reason.threshold)
        for reason in reasons
        if reason.score is not None and reason.threshold is not None
    )
    return Ground(*head, text, tuple(filter(None, quotes)), tuple(spans), tuple(regions), tuple(signals))


def _help(decision: Decision, words: Words) -> Iterator[HelpFound]:
    for category in dict.fromkeys(reason.category for reason in decision.reasons):
        if resources := words.help.near(category, words.country):
            yield HelpFound(category, words.locale.category[category].help, resources)


def _appeal(case: str, verdict: Verdict, until: date, words: Words) -> str:
    said = words.locale.statement
    if verdict is Verdict.HARD_BLOCK:
        return said.appeal_hard
    if verdict is Verdict.WARN:
        return said.appeal_warn
    return said.appeal_until.format(case=case, until=until.isoformat(), how=said.appeal_how)


def _stored(decision: Decision, words: Words, keeps_text: bool) -> Iterator[str]:
    said = words.locale.statement
    if decision.verdict is Verdict.HARD_BLOCK:
        yield said.stored_hard
    else:
        yield said.stored_record
        yield said.stored_text_yes if keeps_text else said.stored_text_no
    if decision.stage is not Stage.PROMPT:
        yield said.stored_picture_no
