"""A decision as HTML: verdict, scale and reasons, the words that count, and other wordings that pass.

Imports no gradio. Every string that comes from outside passes through `Markup.format`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from markupsafe import Markup

from safety.messages.catalogue import Messages
from safety.messages.grounds import group_reasons
from safety.policy.level import ZONES
from safety.records import UNCHECKED, Decision, Suggestion, Verdict
from ui.html.helplines import help_box
from ui.html.markup import joined, problem
from ui.html.reasons import reason_list
from ui.results import Judged, Problem
from ui.texts import ENGLISH, Texts, page_texts


def idle(texts: Texts) -> Markup:
    """Returns a calm line, while there is no prompt."""
    return Markup('<p class="sl-idle">{}</p>').format(texts["judgement.idle"])


def judgement(result: Judged | Problem | None, language: str = ENGLISH) -> Markup:
    """Returns the verdict on a prompt with its scale and reasons; a calm line while there is no prompt."""
    if result is None:
        return idle(page_texts(language))
    if isinstance(result, Problem):
        return problem(result, language)
    decision, messages = result.decision, result.messages
    return Markup('<section class="sl-judgement sl-{}" aria-label="{}">{}{}{}{}</section>').format(
        decision.verdict.name.lower(),
        page_texts(messages.tag)["judgement.title"],
        help_box(decision, messages),
        head(decision, messages),
        reason_list(decision, messages, result.prompt),
        _modes_that_allow(decision, messages, result.prompt),
    )


def head(decision: Decision, messages: Messages) -> Markup:
    """Returns the title of the verdict and where it stands on the scale of all verdicts."""
    title = messages.verdict(decision.stage, decision.verdict).title
    scale = _scale(decision, messages)
    return Markup('<div class="sl-head"><strong class="sl-verdict">{}</strong>{}</div>').format(title, scale)


def _scale(decision: Decision, messages: Messages) -> Markup:
    """Returns a bar with a part for each verdict, and a dot: no number, which would ask for limits to compare it with.

    A hard line has none, since that would teach the way round it; nor has what no check could look at.
    """
    if decision.verdict is Verdict.HARD_BLOCK or any(one.category == UNCHECKED for one in decision.reasons):
        return Markup("")
    said, zones = page_texts(messages.tag), [*Verdict][:ZONES]
    names = [said[f"judgement.zone_{verdict.name.lower()}"] for verdict in zones]
    label = said.say("judgement.scale", zones=", ".join(names), zone=names[decision.verdict])
    parts = joined(Markup('<i class="sl-{}"></i>').format(verdict.name.lower()) for verdict in zones)
    return Markup(
        '<span class="sl-scale" role="img" aria-label="{}" title="{}">{}<b style="left:{:.1f}%"></b></span>'
    ).format(label, label, parts, 100 * decision.level)


def _modes_that_allow(decision: Decision, messages: Messages, prompt: str) -> Markup:
    if decision.verdict not in (Verdict.WARN, Verdict.BLOCK):
        return Markup("")
    texts, modes = messages.locale.statement, messages.modes_to_offer(decision, prompt)
    if modes:
        return passing(messages.would_pass(decision, modes))
    # A warned prompt can be confirmed, and nobody who may need help is told how to go on.
    if decision.verdict is Verdict.WARN or decision.modes_that_allow or messages.may_need_help(decision):
        return Markup("")
    return passing([texts.locked if decision.mode_set_by == "operator" else texts.not_passing])


def passing(sentences: Iterable[str]) -> Markup:
    """Returns what would pass, a line each."""
    return joined(Markup('<p class="sl-passing">{}</p>').format(text) for text in sentences)


def highlights(prompt: str, decision: Decision, messages: Messages) -> list[tuple[str, str | None]]:
    """Returns the prompt as typed, cut where the evidence begins and ends; each piece with its category or None."""
    labels: list[str | None] = [None] * len(prompt)
    # Reasons come worst first, so the first label of a character stays.
    for group in group_reasons(messages.render(decision)):
        for span in group.spans:
            for index in range(max(span.start, 0), min(span.end, len(prompt))):
                labels[index] = labels[index] or group.first.title
    pieces = groupby(zip(prompt, labels, strict=True), key=lambda pair: pair[1])
    return [("".join(char for char, _ in piece), label) for label, piece in pieces]


def suggestions_head(label: str) -> Markup:
    """Returns the line above the suggested wordings."""
    return Markup('<p class="sl-wordings-head">{}</p>').format(label)


def advice(label: str, text: str) -> Markup:
    """Returns how to ask instead, for a prompt that no other wording was found of."""
    return Markup('<p class="sl-advice"><b>{}:</b> {}</p>').format(label, text)


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
