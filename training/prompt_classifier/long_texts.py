"""Long texts made of short ones: harm that hides among harmless sentences, and forum text in parts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from training.prompt_classifier.rows import CATEGORIES, HARM, HEADS, Row

PART = 80  # words: about a window of the model
SPLICE = (". ", ", ", "; ", " and ", " ", "\n")


def joined(rows: Sequence[Row], count: int, seed: int = 0) -> list[Row]:
    """Two to six rows as one text: harmful if one of them is, and then with that row's categories."""
    rng = random.Random(seed)
    harmful = [row for row in rows if row.target[HARM] >= 0.9 and row.weight[HARM] >= 0.4]
    fine = [row for row in rows if row.target[HARM] <= 0.1 and len(row.text) < 400]
    if not fine:
        return []
    made = []
    for _ in range(count):
        parts = rng.choices(fine, k=rng.randint(2, 6))
        if harmful and rng.random() < 0.5:
            parts[rng.randrange(len(parts))] = rng.choice(harmful)
        rng.shuffle(parts)
        made.append(_glued(parts, rng))
    return made


def fragments(rows: Sequence[Row], count: int, seed: int = 0) -> list[Row]:
    """Pieces of a harmful row and of harmless ones, cut anywhere: searches against a text encoder end like this."""
    rng = random.Random(seed)
    harmful = [row for row in rows if row.target[HARM] >= 0.9 and row.weight[HARM] >= 0.6]
    fine = [row for row in rows if row.target[HARM] <= 0.1 and len(row.text) < 200]
    if not harmful or not fine:
        return []
    made = []
    for _ in range(count):
        worst = rng.choice(harmful)
        words = worst.text.split()
        kept = words[: len(words) // 2], words[len(words) // 2 :]
        parts = [" ".join(part) for part in kept] + [_piece(rng.choice(fine).text, rng) for _ in range(2)]
        rng.shuffle(parts)
        made.append(replace(worst, text=" ".join(part for part in parts if part), source=f"{worst.source}/fragments"))
    return made


def parts(rows: Sequence[Row]) -> list[Row]:
    """Harmless rows that are longer than a window, cut into windows; the first is the row itself and left out."""
    made = []
    for row in rows:
        words = row.text.split()
        if row.target[HARM] <= 0.1 and len(words) > PART + PART // 2:
            made += [replace(row, text=" ".join(words[at : at + PART])) for at in range(PART, len(words), PART)]
    return made


def _piece(text: str, rng: random.Random) -> str:
    words = text.split()
    size = rng.randint(2, 5)
    at = rng.randrange(max(1, len(words) - size + 1))
    return " ".join(words[at : at + size])


def _glued(parts: Sequence[Row], rng: random.Random) -> Row:
    worst = max(parts, key=lambda row: row.target[HARM])
    text = rng.choice(SPLICE).join(row.text.strip(" .") for row in parts)
    weight = dict(worst.weight)
    if worst.target[HARM] > 0.1:
        others = [row.weight for row in parts if row is not worst]
        # What the harmful row does not name is known only where all rows know it.
        weight |= {
            head: min(weight.get(head, 0.0), *(other.get(head, 0.0) for other in others))
            for head in CATEGORIES
            if worst.target[head] == 0
        }
    else:
        weight = {head: min(row.weight.get(head, 0.0) for row in parts) for head in HEADS}
    return replace(worst, text=text, weight=weight, source=f"{worst.source}/joined")
