"""From records to what components show. Imports no gradio.

Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from markupsafe import Markup

from safety.records import Decision, Reason, Stage, Verdict
from safety.works import Refused
from ui.flow import Judged, Problem
from ui.present_region import where
from ui.worker import Step

WORDS = {
    Verdict.ALLOW: "Allowed",
    Verdict.NOTE: "Allowed with a remark",
    Verdict.WARN: "Needs your confirmation",
    Verdict.BLOCK: "Refused",
    Verdict.HARD_BLOCK: "Refused in every mode",
}
PICTURE_WORDS = {
    Verdict.ALLOW: "Checked, nothing found",
    Verdict.NOTE: "Checked, with a remark",
    Verdict.WARN: "May disturb: veiled at first",
    Verdict.BLOCK: "Withheld",
    Verdict.HARD_BLOCK: "Withheld in every mode",
}
REACHED = {Verdict.NOTE: "remarked on", Verdict.WARN: "needs a confirmation", Verdict.BLOCK: "refused"}
STAGES = {"prompt": "the prompt", "picture": "the picture", "text": "the text in the picture"}
EMPTY = Markup('<div class="sl-empty"><span class="sl-lamp"></span><p>Your picture develops here.</p></div>')
IDLE = Markup('<p class="sl-idle">Your words are judged here while you type. Nothing is recorded until you create.</p>')


def joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def judgement(seen: Judged | Problem | None) -> Markup:
    """The verdict on a prompt with its risk and reasons; a calm line while there is no prompt."""
    if seen is None:
        return IDLE
    if isinstance(seen, Problem):
        return problem(seen)
    decision = seen.decision
    return Markup('<section class="sl-judgement sl-{}" aria-label="Judgement of the prompt">{}{}{}{}</section>').format(
        decision.verdict.name.lower(), head(decision), help_lines(decision), reason_list(decision), _passing(seen)
    )


def head(decision: Decision) -> Markup:
    words = (WORDS if decision.stage is Stage.PROMPT else PICTURE_WORDS)[decision.verdict]
    return Markup('<div class="sl-head"><strong class="sl-verdict">{}</strong>{}</div>').format(words, _meter(decision))


def _meter(decision: Decision) -> Markup:
    if decision.verdict is Verdict.HARD_BLOCK:  # a number would teach the way round
        return Markup("")
    risk = round(100 * decision.risk)
    return Markup(
        '<span class="sl-risk"><span class="sl-meter" role="meter" aria-label="Risk" aria-valuemin="0" '
        'aria-valuemax="100" aria-valuenow="{}" title="General mode refuses from 50 on">'
        '<span style="width:{}%"></span></span><span class="sl-risk-number">Risk {}</span></span>'
    ).format(risk, risk, risk)


def help_lines(decision: Decision) -> Markup:
    """Where help is to be found, once each, before anything else is said."""
    texts = dict.fromkeys(reason.help for reason in decision.reasons if reason.help)
    return joined(Markup('<p class="sl-help">{}</p>').format(text) for text in texts)


def reason_list(decision: Decision) -> Markup:
    # Reasons come worst first; those of one code and verdict are told as one.
    groups: dict[tuple[str, Verdict], list[Reason]] = {}
    for reason in decision.reasons:
        groups.setdefault((reason.code, reason.verdict), []).append(reason)
    items = joined(_reason(group) for group in groups.values())
    return Markup('<ul class="sl-reasons">{}</ul>').format(items) if items else Markup("")


def _reason(group: Sequence[Reason]) -> Markup:
    worst = group[0]
    shown = worst.verdict < Verdict.HARD_BLOCK  # decide() gives a hard line no score; should one come, it is not told
    signals = joined(_signal(reason) for reason in group if shown and reason.score is not None)
    texts = joined(Markup("<p>{}</p>").format(text) for text in dict.fromkeys(reason.text for reason in group))
    return Markup(
        '<li class="sl-reason sl-{}"><div class="sl-reason-title"><b>{}</b><code>{}</code></div>{}{}'
        '<p class="sl-clause">Policy {}</p></li>'
    ).format(worst.verdict.name.lower(), worst.title, worst.code, texts, signals, worst.clause)


def _signal(reason: Reason) -> Markup:
    evidence = Markup("<q>{}</q> ").format(reason.evidence) if reason.evidence else Markup("")
    at = "" if reason.threshold is None else f", {REACHED[reason.verdict]} from {reason.threshold:.2f}"
    seen = Markup(' <span class="sl-where">{}</span>').format(where(reason.regions)) if reason.regions else Markup("")
    return Markup('<p class="sl-signal">{}scored {:.2f}{} <span>{}</span>{}</p>').format(
        evidence, reason.score or 0.0, at, reason.check, seen
    )


def _passing(seen: Judged) -> Markup:
    if seen.decision.verdict is not Verdict.BLOCK or seen.decision.stage is not Stage.PROMPT:
        return Markup("")
    if not seen.passing:
        return Markup('<p class="sl-passing">No mode allows this as it is written. Change the marked words.</p>')
    modes = " and ".join(seen.passing)
    return Markup('<p class="sl-passing">Would pass in <b>{}</b> mode, if that is what your work is.</p>').format(modes)


def highlights(text: str, decision: Decision) -> list[tuple[str, str | None]]:
    """The prompt as typed, cut where the evidence begins and ends; each piece with its category or None."""
    labels: list[str | None] = [None] * len(text)
    for reason in decision.reasons:  # worst first, so the first label of a character stays
        for span in reason.spans:
            for place in range(max(span.start, 0), min(span.end, len(text))):
                labels[place] = labels[place] or reason.title
    pieces = groupby(zip(text, labels, strict=True), key=lambda pair: pair[1])
    return [("".join(char for char, _ in piece), label) for label, piece in pieces]


def progress(step: Step) -> Markup:
    """The stage in words, the steps, the seconds."""
    share = round(100 * step.done / step.total) if step.total else 0
    steps = f"step {step.done} of {step.total}" if step.total > 1 else ""
    return Markup(
        '<div class="sl-progress"><p><b>{}</b> <span>{}</span><time>{:.0f} s</time></p>'
        '<div class="sl-bar" role="progressbar" aria-label="Progress" aria-valuenow="{}">'
        '<span style="width:{}%"></span></div></div>'
    ).format(step.stage.capitalize(), steps, step.seconds, share, max(share, 3))


def problem(told: Problem) -> Markup:
    return Markup('<div class="sl-problem" role="alert"><b>That did not work.</b> {}</div>').format(told.sentence)


def notice(text: str) -> Markup:
    return Markup('<p class="sl-notice">{}</p>').format(text)


def statement(refused: Refused, seen: Judged) -> Markup:
    """The statement of reasons: what was decided, by which rule, what would pass, how to ask again."""
    decision = seen.decision
    waits = decision.verdict is Verdict.WARN and decision.stage is Stage.PROMPT
    on_prompt = decision.stage is Stage.PROMPT
    title = ("Waiting for your confirmation" if waits else WORDS[decision.verdict]) if on_prompt else "Withheld"
    closing = Markup("<p>Tick the box under the judgement and create again.</p>") if waits else _passing(seen)
    what = "No picture was made." if on_prompt else "What was made is not shown and was not kept."
    return Markup(
        '<section class="sl-statement sl-{}" role="status"><h3>{}</h3>{}<p>{} Decided on {} by rule, automatically.</p>'
        "{}{}{}</section>"
    ).format(
        decision.verdict.name.lower(),
        title,
        help_lines(decision),
        what,
        STAGES[decision.stage],
        reason_list(decision),
        closing,
        facts({"Case": refused.case, "Mode": decision.mode, "Policy": _policy(decision)}),
    )


def facts(pairs: dict[str, str]) -> Markup:
    rows = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in pairs.items())
    return Markup('<dl class="sl-facts">{}</dl>').format(joined(rows))


def _policy(decision: Decision) -> str:
    return f"{decision.policy_version} ({decision.policy_digest[:8]})"
