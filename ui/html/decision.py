"""A decision as HTML: verdict, risk and reasons, the words that count, and other wordings that pass.

Imports no gradio. Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

from safety.messages.catalogue import Messages, RenderedReason
from safety.records import Decision, Reason, Suggestion, Verdict
from ui.html.helplines import help_box
from ui.html.markup import joined, problem
from ui.html.regions import where
from ui.results import Judged, Problem

EMPTY = Markup('<div class="sl-empty"><span class="sl-glow"></span><p>Your picture develops here.</p></div>')
IDLE = Markup('<p class="sl-idle">Your words are judged here while you type. Nothing is recorded until you create.</p>')


def judgement(result: Judged | Problem | None) -> Markup:
    """Returns the verdict on a prompt with its risk and reasons; a calm line while there is no prompt."""
    if result is None:
        return IDLE
    if isinstance(result, Problem):
        return problem(result)
    decision, messages = result.decision, result.messages
    return Markup('<section class="sl-judgement sl-{}" aria-label="Judgement of the prompt">{}{}{}{}</section>').format(
        decision.verdict.name.lower(),
        help_box(decision, messages),
        head(decision, messages),
        reason_list(decision, messages),
        _modes_that_allow(decision, messages),
    )


def head(decision: Decision, messages: Messages) -> Markup:
    """Returns the title of the verdict and a meter of the risk."""
    title = messages.verdict(decision.stage, decision.verdict).title
    meter = _risk_meter(decision, messages)
    return Markup('<div class="sl-head"><strong class="sl-verdict">{}</strong>{}</div>').format(title, meter)


def _risk_meter(decision: Decision, messages: Messages) -> Markup:
    # The number of a hard line would teach the way round it.
    if decision.verdict is Verdict.HARD_BLOCK:
        return Markup("")
    risk, labels = round(100 * decision.risk), messages.locale.page
    return Markup(
        '<span class="sl-risk"><span class="sl-meter" role="meter" aria-label="{}" aria-valuemin="0" '
        'aria-valuemax="100" aria-valuenow="{}" title="{}">'
        '<span style="width:{}%"></span></span><span class="sl-risk-number">{}</span></span>'
    ).format(labels.risk.format(risk="").strip(), risk, labels.risk_title, risk, labels.risk.format(risk=risk))


def reason_list(decision: Decision, messages: Messages) -> Markup:
    """Returns the reasons, worst first; those of one code and verdict as one item."""
    groups: dict[tuple[str, Verdict], list[RenderedReason]] = {}
    for rendered in messages.render(decision):
        groups.setdefault((rendered.reason.code, rendered.reason.verdict), []).append(rendered)
    items = joined(_reason(group, messages) for group in groups.values())
    return Markup('<ul class="sl-reasons">{}</ul>').format(items) if items else Markup("")


def _reason(group: Sequence[RenderedReason], messages: Messages) -> Markup:
    worst = group[0].reason
    # `decide` gives a hard line no score; should one come all the same, it is not shown.
    scored = [rendered.reason for rendered in group if rendered.reason.score is not None]
    signals = joined(_signal(reason, messages) for reason in scored if worst.verdict < Verdict.HARD_BLOCK)
    texts = joined(Markup("<p>{}</p>").format(text) for text in dict.fromkeys(rendered.text for rendered in group))
    return Markup(
        '<li class="sl-reason sl-{}"><div class="sl-reason-title"><b>{}</b><code>{}</code></div>{}{}'
        '<p class="sl-clause">{} {}</p></li>'
    ).format(
        worst.verdict.name.lower(),
        group[0].title,
        worst.code,
        texts,
        signals,
        messages.locale.statement.policy,
        group[0].clause,
    )


def _signal(reason: Reason, messages: Messages) -> Markup:
    evidence = Markup("<q>{}</q> ").format(reason.evidence) if reason.evidence else Markup("")
    places = Markup(' <span class="sl-where">{}</span>').format(where(reason.regions)) if reason.regions else Markup("")
    score, threshold = reason.score or 0.0, reason.threshold if reason.threshold is not None else 0.0
    text = messages.locale.statement.signal.format(
        check=messages.check(reason.check),
        score=f"{score:.2f}",
        verdict=getattr(messages.locale.statement, f"reached_{reason.verdict.name.lower()}", ""),
        threshold=f"{threshold:.2f}",
        margin=f"{score - threshold:.2f}",
    )
    return Markup('<p class="sl-signal">{}{}{}</p>').format(evidence, text, places)


def _modes_that_allow(decision: Decision, messages: Messages) -> Markup:
    has_help = any(messages.help.near(reason.category, "") for reason in decision.reasons)
    # Nobody who may need help is told how to go on.
    if decision.verdict not in (Verdict.WARN, Verdict.BLOCK) or has_help:
        return Markup("")
    if decision.verdict is Verdict.WARN and not decision.modes_that_allow:
        return Markup("")
    texts = messages.locale.statement
    modes = ", ".join(messages.mode(name).title for name in decision.modes_that_allow)
    locked = decision.mode_set_by == "operator"
    text = texts.passing.format(modes=modes) if modes else texts.locked if locked else texts.not_passing
    return Markup('<p class="sl-passing">{}</p>').format(text)


def highlights(prompt: str, decision: Decision, messages: Messages) -> list[tuple[str, str | None]]:
    """Returns the prompt as typed, cut where the evidence begins and ends; each piece with its category or None."""
    labels: list[str | None] = [None] * len(prompt)
    # Reasons come worst first, so the first label of a character stays.
    for rendered in messages.render(decision):
        for span in rendered.reason.spans:
            for index in range(max(span.start, 0), min(span.end, len(prompt))):
                labels[index] = labels[index] or rendered.title
    pieces = groupby(zip(prompt, labels, strict=True), key=lambda pair: pair[1])
    return [("".join(char for char, _ in piece), label) for label, piece in pieces]


def suggestions_head(label: str) -> Markup:
    """Returns the line above the suggested wordings."""
    return Markup('<p class="sl-wordings-head">{}</p>').format(label)


def suggestion(suggestion: Suggestion, prompt: str) -> Markup:
    """Returns a wording with its new words in <ins>, then the words of the prompt that it does without in <del>."""
    removed = (Markup("<del>{}</del>").format(prompt[span.start : span.end]) for span in suggestion.removed)
    return Markup('<p class="sl-wording-text">{}</p><p class="sl-wording-gone">{}</p>').format(
        joined(_with_added_words(suggestion)), Markup(" ").join(removed)
    )


def _with_added_words(suggestion: Suggestion) -> Iterator[Markup]:
    end = 0
    for span in suggestion.added:
        unchanged, added = suggestion.text[end : span.start], suggestion.text[span.start : span.end]
        yield Markup("{}<ins>{}</ins>").format(unchanged, added)
        end = span.end
    yield Markup("{}").format(suggestion.text[end:])
