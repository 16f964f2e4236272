"""The reasons of a decision as HTML: what is the matter, which words say so, and folded away how it was measured.

Imports no gradio. Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.messages.grounds import ReasonGroup, group_reasons
from safety.records import UNCHECKED, Decision, Reason, Verdict
from ui.html.markup import joined
from ui.html.regions import where
from ui.results import for_visitors
from ui.texts import page_texts


def reason_list(decision: Decision, messages: Messages, prompt: str = "") -> Markup:
    """Returns the reasons, worst first; those of one code as one item, with its words as typed in `prompt`."""
    items = joined(_reason(group, messages, prompt) for group in group_reasons(messages.render(decision)))
    return Markup('<ul class="sl-reasons">{}</ul>').format(items) if items else Markup("")


def quoted(quotes: Sequence[str], whole: bool, messages: Messages) -> Markup:
    """Returns the line that names the phrases, or says that it is the prompt as a whole."""
    said = messages.locale.statement
    if whole:
        return Markup('<p class="sl-evidence">{}</p>').format(said.evidence_whole)
    if not quotes:
        return Markup("")
    phrases = Markup(", ").join(Markup("<q>{}</q>").format(quote) for quote in quotes)
    colon = page_texts(messages.tag)["page.colon"]
    return Markup('<p class="sl-evidence">{}{}{}</p>').format(said.quotes, colon, phrases)


def _reason(group: ReasonGroup, messages: Messages, prompt: str) -> Markup:
    first = group.first
    worst = first.reason
    return Markup(
        '<li class="sl-reason sl-{}"><div class="sl-reason-title"><b>{}</b>'
        '<a class="sl-rule" href="policy#{}" target="_blank" rel="noopener"><code>{}</code></a></div><p>{}</p>{}{}'
        '<p class="sl-clause">{} {}</p></li>'
    ).format(
        worst.verdict.name.lower(),
        first.title,
        worst.category,
        worst.code,
        for_visitors(group.text) if worst.category == UNCHECKED else group.text,
        quoted(group.quotes(prompt), group.whole, messages),
        _signals(group, messages),
        messages.locale.statement.policy,
        first.clause,
    )


def _signals(group: ReasonGroup, messages: Messages) -> Markup:
    # `decide` gives a hard line no score; should one come all the same, it is not shown.
    soft = group.first.reason.verdict < Verdict.HARD_BLOCK
    signals = [_signal(one.reason, messages) for one in group.reasons if soft and one.reason.score is not None]
    if not signals:
        return Markup("")
    label = messages.locale.page.scores
    return Markup('<details class="sl-signals"><summary>{}</summary>{}</details>').format(label, joined(signals))


def _signal(reason: Reason, messages: Messages) -> Markup:
    evidence = Markup("<q>{}</q> ").format(reason.evidence) if reason.evidence else Markup("")
    places = (
        Markup(' <span class="sl-where">{}</span>').format(where(reason.regions, messages.tag))
        if reason.regions
        else Markup("")
    )
    score, threshold = reason.score or 0.0, reason.threshold if reason.threshold is not None else 0.0
    text = messages.locale.statement.signal.format(
        check=messages.check(reason.check),
        score=f"{score:.2f}",
        verdict=getattr(messages.locale.statement, f"reached_{reason.verdict.name.lower()}", ""),
        threshold=f"{threshold:.2f}",
        margin=f"{score - threshold:.2f}",
    )
    return Markup('<p class="sl-signal">{}{}{}</p>').format(evidence, text, places)
