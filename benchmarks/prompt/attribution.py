"""Whether the words that a refusal marks are the ones that carry it: taken out, and as many others drawn by chance."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

import numpy as np

from safety.guard import Guard
from safety.records import Decision, Span, Verdict
from training.prompt_classifier.figures import figure

MOST = 150  # refusals that are tried out
_WORD = re.compile(r"\S+")


def faithful(guard: Guard, texts: Sequence[str], verdicts: np.ndarray, seed: int = 0) -> Iterator[str]:
    """A line each for soft blocks, and for warnings and blocks: how many pass, at most with a remark."""
    yield "| stopped prompts | rows | marked, of all words | pass without them | without as many by chance |"
    yield "|---|---|---|---|---|"
    for name, least in (("blocked", Verdict.BLOCK), ("warned or blocked", Verdict.WARN)):
        rng = random.Random(seed)
        rows = [int(row) for row in np.flatnonzero((verdicts >= least) & (verdicts < Verdict.HARD_BLOCK))]
        tried = [_tried(guard, texts[row], rng) for row in rng.sample(rows, min(MOST, len(rows)))]
        share = np.mean([share for share, *_ in tried])
        shares = [
            str(figure(lambda _, scores: float(scores.mean()), np.ones(len(tried)), column))
            for column in (np.array([float(one[kind]) for one in tried]) for kind in (1, 2))
        ]
        yield f"| {name} | {len(tried)} | {share:.0%} | {' | '.join(shares)} |"


def _tried(guard: Guard, text: str, rng: random.Random) -> tuple[float, bool, bool]:
    """The share of words marked, whether the prompt passes without them, and without as many drawn by chance."""
    spans = marked_spans(guard.check_prompt(text))
    words = [Span(*match.span()) for match in _WORD.finditer(text)]
    marked = [word for word in words if any(word.start < span.end and span.start < word.end for span in spans)]
    drawn = rng.sample(words, len(marked))
    return len(marked) / max(1, len(words)), _passes(guard, text, spans), _passes(guard, text, drawn)


def marked_spans(decision: Decision) -> list[Span]:
    """What the reasons mark that stop a prompt."""
    return sorted({span for reason in decision.reasons if reason.verdict >= Verdict.WARN for span in reason.spans})


def _passes(guard: Guard, text: str, spans: Sequence[Span]) -> bool:
    end = len(text)
    kept = []
    for span in sorted(spans, reverse=True):
        kept.append(text[span.end : end])
        end = min(end, span.start)
    return guard.check_prompt(" ".join([text[:end], *reversed(kept)])).verdict <= Verdict.NOTE
