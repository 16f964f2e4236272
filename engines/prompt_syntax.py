"""Reads how much each part of a prompt is to count: "(a red apple:1.3)". What is not written so stays text."""

from __future__ import annotations

import re

# A part without brackets of its own. "(scale 1:2)" is none: a weight follows no digit.
_WEIGHTED = re.compile(r"\(([^()]*[^()\s\d])\s*:\s*(\d*\.?\d+)\s*\)")
# Outside of these a word would be erased, or all others: what is judged would not be what is drawn.
LEAST, MOST = 0.5, 2.0


def weighted_parts(prompt: str) -> list[tuple[str, float]]:
    """Returns the prompt in parts with their weights, LEAST to MOST; spaces stand for the syntax."""
    parts, done = [], 0
    for match in _WEIGHTED.finditer(prompt):
        parts.append((prompt[done : match.start()], 1.0))
        parts.append((match[1], min(max(float(match[2]), LEAST), MOST)))
        done = match.end()
    parts.append((prompt[done:], 1.0))
    return [(text.strip(), weight) for text, weight in parts if text.strip()]


def has_weights(prompt: str) -> bool:
    """Tells whether any part of a prompt has a weight."""
    return _WEIGHTED.search(prompt) is not None


def without_weights(prompt: str) -> str:
    """Returns the prompt as it is for an engine that knows no weights; unchanged where it has none."""
    return " ".join(text for text, _ in weighted_parts(prompt)) if has_weights(prompt) else prompt
