"""From a refusal to its statement of reasons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from safety.generation import Refused
from safety.messages.catalogue import Messages
from safety.messages.grounds import ReasonGroup, group_reasons
from safety.policy.model import Policy
from safety.records import Decision, Stage, Verdict
from safety.statement.record import Ground, HelplineGroup, Signal, Statement, StatementTerms


def build_statement(refused: Refused, policy: Policy, terms: StatementTerms) -> Statement:
    """The statement in the request's language. Raises RequestError for a language that there is not."""
    messages = policy.messages(refused.request.language)
    decision = refused.decision
    grounds = tuple(_grounds(decision, messages, refused.request.prompt))
    said = messages.verdict(decision.stage, decision.verdict)
    until = _until(refused, terms)
    suggestions = tuple(suggestion.text for suggestion in refused.suggestions)
    offered = messages.modes_to_offer(decision, refused.request.prompt)
    open_to_appeal = decision.verdict is Verdict.BLOCK
    return Statement(
        case=refused.case,
        time=refused.time,
        messages=messages,
        stage=decision.stage,
        verdict=decision.verdict,
        title=said.title,
        possible=said.possible,
        facts=grounds[0].text if grounds else said.title,
        grounds=grounds,
        help=tuple(_help(decision, messages)),
        policy_version=decision.policy_version,
        policy_digest=decision.policy_digest,
        mode=decision.mode,
        mode_set_by=decision.mode_set_by,
        modes_that_allow=decision.modes_that_allow,
        modes_to_offer=offered,
        would_pass=messages.would_pass(decision, offered),
        suggestions=suggestions,
        advice="" if suggestions else messages.advice(decision),
        until=until.date() if open_to_appeal else None,
        appeal=_appeal(refused, until, messages, terms),
        stored=tuple(_stored(decision, messages, terms)),
    )


def _grounds(decision: Decision, messages: Messages, prompt: str) -> Iterator[Ground]:
    """Reasons come worst first; those of one code are told as one."""
    for group in group_reasons(messages.render(decision)):
        yield _ground(group, prompt if decision.stage is Stage.PROMPT else "")


def _ground(group: ReasonGroup, prompt: str) -> Ground:
    reasons = [rendered.reason for rendered in group.reasons]
    first = group.first
    worst = first.reason
    head = (worst.category, worst.code, worst.verdict, first.title, first.clause, group.text)
    if worst.verdict is Verdict.HARD_BLOCK:  # whatever else the reason may hold
        return Ground(*head)
    regions = dict.fromkeys(region for reason in reasons for region in reason.regions)
    signals = (
        Signal(reason.check, reason.models, reason.score, reason.threshold, reason.verdict)
        for reason in reasons
        if reason.score is not None and reason.threshold is not None
    )
    return Ground(*head, group.quotes(prompt), group.spans, tuple(regions), tuple(signals), group.whole)


def _help(decision: Decision, messages: Messages) -> Iterator[HelplineGroup]:
    for category in dict.fromkeys(reason.category for reason in decision.reasons):
        if resources := messages.help.near(category, messages.country):
            offence = messages.offence(category, decision.stage)
            yield HelplineGroup(category, messages.locale.category[category].help, resources, offence)


def _until(refused: Refused, terms: StatementTerms) -> datetime:
    """A withheld picture can be looked at again only for as long as it waits in memory."""
    for_words, for_pictures = terms.retention.appeal.ask_days, terms.retention.appeal.withheld_minutes
    pictures = refused.decision.stage is not Stage.PROMPT
    return refused.time + (timedelta(minutes=for_pictures) if pictures else timedelta(days=for_words))


def _appeal(refused: Refused, until: datetime, messages: Messages, terms: StatementTerms) -> str:
    said, verdict = messages.locale.statement, refused.decision.verdict
    if verdict is Verdict.HARD_BLOCK:
        return said.appeal_hard
    if verdict is Verdict.WARN:
        return said.appeal_warn
    asking = said.appeal_until if refused.decision.stage is Stage.PROMPT else said.appeal_picture
    asking = asking.format(case=refused.case, until=until.date().isoformat(), time=f"{until:%H:%M} UTC")
    return " ".join([asking, said.appeal_how, said.appeal_reviewed if terms.reviewed else said.appeal_operator])


def _stored(decision: Decision, messages: Messages, terms: StatementTerms) -> Iterator[str]:
    said, days, hard = messages.locale.statement, terms.retention.days, decision.verdict is Verdict.HARD_BLOCK
    yield said.stored_hard if hard else said.stored_record
    if not hard:
        lasting = said.lasting(days.words)
        yield said.stored_text_yes.format(lasting=lasting) if terms.keeps_text else said.stored_text_no
    yield said.stored_client.format(lasting=said.lasting(days.clients))
    if decision.verdict is Verdict.BLOCK:
        yield said.stored_appeal.format(lasting=said.lasting(days.appeal))
    if decision.stage is Stage.PROMPT or decision.verdict is Verdict.WARN:
        return
    minutes = terms.retention.appeal.withheld_minutes
    held = not hard and minutes > 0
    waits = said.stored_picture_held.format(minutes=f"{minutes:g}", lasting=said.lasting(days.picture))
    yield waits if held else said.stored_picture_no
