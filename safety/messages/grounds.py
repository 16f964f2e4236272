"""Tells the reasons of one rule as one: the sentence that says most exactly what is the matter, and its words.

Several checks, and several answers of one model, often see the same thing. A person is told it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from safety.messages.catalogue import RenderedReason
from safety.records import CONTEXT, UNCHECKED, Reason, Span, Stage, Verdict

MAX_PHRASES = 3  # that are quoted: more say no more than the whole does
GRAVE = "grave"  # says how grave something is; any other subcategory says what it is


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Holds all reasons of one code, the most telling first.

    `text`: one sentence, or more where they say that different things are the matter. `spans`: at most MAX_PHRASES of
    the prompt as typed, in its order. `whole`: no phrase carries it, the prompt as a whole does.
    """

    reasons: tuple[RenderedReason, ...]
    text: str
    spans: tuple[Span, ...]
    whole: bool

    @property
    def first(self) -> RenderedReason:
        """Returns the most telling reason, which has the highest verdict of all."""
        return self.reasons[0]

    def quotes(self, prompt: str) -> tuple[str, ...]:
        """Returns the phrases as typed in `prompt`."""
        quoted = (prompt[span.start : span.end].strip() for span in self.spans)
        return tuple(dict.fromkeys(filter(None, quoted)))


def group_reasons(rendered: Sequence[RenderedReason]) -> tuple[ReasonGroup, ...]:
    """Returns the rendered reasons of a decision by their code, in the order of the worst of each."""
    groups: dict[str, list[RenderedReason]] = {}
    for one in rendered:
        groups.setdefault(one.reason.code, []).append(one)
    grouped = tuple(_grouped(group) for group in groups.values())
    # Beside something graver, a remark on no words in particular says nothing.
    stopped = any(group.first.reason.verdict > Verdict.NOTE for group in grouped)
    return tuple(group for group in grouped if not (stopped and group.whole and _remarks(group)))


def _grouped(group: Sequence[RenderedReason]) -> ReasonGroup:
    ordered = sorted(group, key=_telling, reverse=True)
    first = ordered[0]
    if first.reason.category in (UNCHECKED, CONTEXT):
        return ReasonGroup(tuple(ordered), " ".join(dict.fromkeys(one.text for one in ordered)), (), False)
    spans = _spans([one.reason for one in ordered])
    text = " ".join(dict.fromkeys(one.text for one in _different(ordered)))
    return ReasonGroup(tuple(ordered), text, spans, not spans and _of_words(first))


def _remarks(group: ReasonGroup) -> bool:
    return group.first.reason.verdict is Verdict.NOTE


def _telling(one: RenderedReason) -> tuple[Verdict, int, float]:
    exact = 0 if not one.exact else 1 if one.reason.subcategory == GRAVE else 2
    return one.reason.verdict, exact, one.reason.score or 0.0


def _different(ordered: Sequence[RenderedReason]) -> Iterator[RenderedReason]:
    """Yields the first, and those as grave and as exact that are about other words: a character and a style."""
    first, told = ordered[0], list(ordered[0].reason.spans)
    yield first
    for one in ordered[1:]:
        alike = _telling(one)[:2] == _telling(first)[:2]
        if first.exact and alike and one.reason.spans and not _overlaps(told, one.reason.spans):
            told += one.reason.spans
            yield one


def _spans(reasons: Sequence[Reason]) -> tuple[Span, ...]:
    """Returns at most MAX_PHRASES of what the reasons mark, none of which overlap; those of the first reasons.

    Phrases that a model marks come first: a rule marks single words, or all that stands between two.
    """
    kept: list[Span] = []
    for reason in sorted(reasons, key=lambda one: not one.span_weights):
        for span in reason.spans:
            if len(kept) < MAX_PHRASES and not _overlaps(kept, [span]):
                kept.append(span)
    return tuple(sorted(kept))


def _overlaps(told: Sequence[Span], spans: Sequence[Span]) -> bool:
    return any(one.start < other.end and other.start < one.end for one in told for other in spans)


def _of_words(one: RenderedReason) -> bool:
    """Tells whether a reason comes from the words of a prompt, and does not say itself which."""
    reason = one.reason
    from_prompt = reason.code.startswith(Stage.PROMPT.value[0].upper()) and reason.score is not None
    return from_prompt and not (reason.evidence and reason.evidence in one.text)
