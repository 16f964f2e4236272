"""From records to what components show. Imports no gradio.

Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from markupsafe import Markup

from safety.messages.catalogue import Messages, RenderedReason
from safety.records import Decision, Reason, Verdict
from ui.html.helplines import help_box
from ui.html.progress import previews
from ui.html.regions import where
from ui.web.handlers import Judged, Problem
from ui.web.jobs import Step

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
    decision, words = seen.decision, seen.words
    return Markup('<section class="sl-judgement sl-{}" aria-label="Judgement of the prompt">{}{}{}{}</section>').format(
        decision.verdict.name.lower(),
        help_box(decision, words),
        head(decision, words),
        reason_list(decision, words),
        _passing(seen),
    )


def head(decision: Decision, words: Messages) -> Markup:
    title = words.verdict(decision.stage, decision.verdict).title
    meter = _meter(decision, words)
    return Markup('<div class="sl-head"><strong class="sl-verdict">{}</strong>{}</div>').format(title, meter)


def _meter(decision: Decision, words: Messages) -> Markup:
    if decision.verdict is Verdict.HARD_BLOCK:  # a number would teach the way round
        return Markup("")
    risk, said = round(100 * decision.risk), words.locale.page
    return Markup(
        '<span class="sl-risk"><span class="sl-meter" role="meter" aria-label="{}" aria-valuemin="0" '
        'aria-valuemax="100" aria-valuenow="{}" title="{}">'
        '<span style="width:{}%"></span></span><span class="sl-risk-number">{}</span></span>'
    ).format(said.risk.format(risk="").strip(), risk, said.risk_title, risk, said.risk.format(risk=risk))


def reason_list(decision: Decision, words: Messages) -> Markup:
    # Reasons come worst first; those of one code and verdict are told as one.
    groups: dict[tuple[str, Verdict], list[RenderedReason]] = {}
    for rendered in words.render(decision):
        groups.setdefault((rendered.reason.code, rendered.reason.verdict), []).append(rendered)
    items = joined(_reason(group, words) for group in groups.values())
    return Markup('<ul class="sl-reasons">{}</ul>').format(items) if items else Markup("")


def _reason(group: Sequence[RenderedReason], words: Messages) -> Markup:
    reasons = [rendered.reason for rendered in group]
    worst = reasons[0]
    shown = worst.verdict < Verdict.HARD_BLOCK  # decide() gives a hard line no score; should one come, it is not told
    signals = joined(_signal(reason, words) for reason in reasons if shown and reason.score is not None)
    texts = joined(Markup("<p>{}</p>").format(text) for text in dict.fromkeys(each.text for each in group))
    return Markup(
        '<li class="sl-reason sl-{}"><div class="sl-reason-title"><b>{}</b><code>{}</code></div>{}{}'
        '<p class="sl-clause">{} {}</p></li>'
    ).format(
        worst.verdict.name.lower(),
        group[0].title,
        worst.code,
        texts,
        signals,
        words.locale.statement.policy,
        group[0].clause,
    )


def _signal(reason: Reason, words: Messages) -> Markup:
    evidence = Markup("<q>{}</q> ").format(reason.evidence) if reason.evidence else Markup("")
    seen = Markup(' <span class="sl-where">{}</span>').format(where(reason.regions)) if reason.regions else Markup("")
    score, threshold = reason.score or 0.0, reason.threshold if reason.threshold is not None else 0.0
    said = words.locale.statement.signal.format(
        check=words.check(reason.check),
        score=f"{score:.2f}",
        verdict=getattr(words.locale.statement, f"reached_{reason.verdict.name.lower()}", ""),
        threshold=f"{threshold:.2f}",
        margin=f"{score - threshold:.2f}",
    )
    return Markup('<p class="sl-signal">{}{}{}</p>').format(evidence, said, seen)


def _passing(seen: Judged) -> Markup:
    helped = any(seen.words.help.near(reason.category, "") for reason in seen.decision.reasons)
    if seen.decision.verdict is not Verdict.BLOCK or helped:  # nobody who may need help is told how to go on
        return Markup("")
    said = seen.words.locale.statement
    modes = ", ".join(seen.words.mode(name).title for name in seen.decision.modes_that_allow)
    locked = seen.decision.mode_set_by == "operator"
    text = said.passing.format(modes=modes) if modes else said.locked if locked else said.not_passing
    return Markup('<p class="sl-passing">{}</p>').format(text)


def highlights(text: str, decision: Decision, words: Messages) -> list[tuple[str, str | None]]:
    """The prompt as typed, cut where the evidence begins and ends; each piece with its category or None."""
    labels: list[str | None] = [None] * len(text)
    for rendered in words.render(decision):  # worst first, so the first label of a character stays
        for span in rendered.reason.spans:
            for place in range(max(span.start, 0), min(span.end, len(text))):
                labels[place] = labels[place] or rendered.title
    pieces = groupby(zip(text, labels, strict=True), key=lambda pair: pair[1])
    return [("".join(char for char, _ in piece), label) for label, piece in pieces]


def progress(step: Step) -> Markup:
    """The stage in words, the steps, the seconds, and what can be seen of the pictures before they are checked."""
    share = round(100 * step.done / step.total) if step.total else 0
    steps = f"{step.done} of {step.total}" if step.total > 1 else ""
    left = f", about {step.left:.0f} s left" if step.left is not None and step.left >= 1 else ""
    return Markup(
        '<div class="sl-progress"><p><b>{}</b> <span>{}</span><time>{:.0f} s{}</time></p>'
        '<div class="sl-bar" role="progressbar" aria-label="Progress" aria-valuenow="{}">'
        '<span style="width:{}%"></span></div>{}</div>'
    ).format(step.stage.capitalize(), steps, step.seconds, left, share, max(share, 3), previews(step.previews))


def problem(told: Problem) -> Markup:
    return Markup('<div class="sl-problem" role="alert"><b>That did not work.</b> {}</div>').format(told.sentence)


def notice(text: str) -> Markup:
    return Markup('<p class="sl-notice">{}</p>').format(text)


def facts(pairs: dict[str, str]) -> Markup:
    rows = (Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in pairs.items())
    return Markup('<dl class="sl-facts">{}</dl>').format(joined(rows))
