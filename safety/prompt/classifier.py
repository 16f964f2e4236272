"""Judges what a prompt means: a small encoder that read labelled prompts, calibrated to probabilities.

One head gives the probability that the prompt should not be made at all; the heads of the categories say
what for. The likeliest category carries that probability, the others their part of it. The two hard
lines are not judged here: they are rules, and no row that could teach them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safety.prompt.attribution import TOKENS, attribute, joined, part
from safety.prompt.classifier_model import PromptClassifierModel
from safety.prompt.windows import HEADS, Array, TextAttribution
from safety.records import Finding, Model, Prompt
from safety.text import Normalised, TextVariant, normalise
from safety.text.english import undone
from safety.weights import read_weights

FOLDER = "prompt_classifier"
NAME = "meaning"
# How sure the model must be: a category's score is its chance to this power, so that the policy's thresholds
# stop few harmless prompts. Chosen on dev sets (training/prompt_classifier/README.md); 1 leaves the chance as it is.
SURE = {
    "sexual": 6,
    "nudity": 4,
    "violence": 10,
    "shocking": 3,
    "self_harm": 2,
    "hate": 8,
    "harassment": 1.2,
    "protected_works": 3,
}
POWERS = np.array([SURE.get(head, 1) for head in HEADS[1:]], dtype=np.float32)
MOST_SURE = 60.0  # a logit beyond says no more
STOPS = 0.38  # just below the least score that general mode warns at: without the marked words all stay under it
WORTH_SAYING = 0.3  # below it no spans: they cost further readings
LONG = 170  # pieces of words: two readings of so many and their explanation stay below a tenth of a second
LEAST = 4  # times as short as the text a reading may be: letters set apart by two signs
MORE_NATURAL = 0.92  # a reading with so many fewer pieces of words undoes a disguise
PART = 0.3  # a word is named for a further category if its share is at least this much of the greatest
MOST_NAMED = 6
WHOLE = "the prompt as a whole"
_INSTRUCTIONS = re.compile(
    r"\bhow (?:to|do|does|can|could|would|should)\b|\bsteps?\b|\bguide\b|\binstructions?\b|\btutorial\b"
    r"|\bdiagrams?\b|\bblueprints?\b|\brecipe\b|\binfographics?\b|\bmanual\b|\bschematics?\b|\bflow ?charts?\b"
)


class PromptClassifierCheck:
    """Reads prompts with the model in `folder` (weights.toml, model.onnx, tokenizer.json). Can be pickled.

    Raises WeightsError where the weights are missing or not the recorded ones.
    """

    name = NAME
    live = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def models(self) -> tuple[Model, ...]:
        return _models(self._folder)

    def detect(self, subject: Prompt, /) -> Iterable[Finding]:
        """A finding a category, with spans where the score is worth saying."""
        return _findings(self._folder, subject.text)

    def score_batch(self, prompts: Sequence[str]) -> dict[str, Array]:
        """Columns as long as `prompts`: "risk" (a probability) and every category, 0..1, as `detect` scores them."""
        model = _model(self._folder)
        texts, owners = [], []
        for owner, prompt in enumerate(prompts):
            for reading in _readings(normalise(prompt), model):
                texts.append(reading.text)
                owners.append(owner)
        best = np.full((len(prompts), len(HEADS)), -np.inf, dtype=np.float32)
        for owner, row in zip(owners, model.logits(texts), strict=True):
            if row[0] > best[owner, 0]:
                best[owner] = row
        return _columns(best)


@lru_cache(maxsize=4)  # asked at every judgement, and the file does not change while the weights are loaded
def _models(folder: Path) -> tuple[Model, ...]:
    return (Model(FOLDER, read_weights(folder)["model"].sha256),)


@lru_cache(maxsize=4)
def _model(folder: Path) -> PromptClassifierModel:
    return PromptClassifierModel(folder)


@lru_cache(maxsize=64)  # the page asks again at every keystroke, the studio once more before it generates
def _findings(folder: Path, text: str) -> tuple[Finding, ...]:
    if not text.strip():
        return ()
    model = _model(folder)
    seen = [(model.read(reading.text), reading) for reading in _readings(normalise(text), model)]
    read, reading = max(seen, key=lambda pair: float(pair[0].logits[0]))
    scores = {head: float(column[0]) for head, column in _columns(read.logits[None]).items()}
    found = findings_of(scores, reading.text)
    if max(finding.score for finding in found) < WORTH_SAYING:
        return tuple(found)
    left = TOKENS - sum(each.tokens for each, _ in seen)
    words = attribute(reading.text, read, model.without, _passes, left)
    return tuple(_shown(finding, words, read, reading) for finding in found)


def _readings(normalised: Normalised, model: PromptClassifierModel) -> Iterator[TextVariant]:
    """The plain reading, and the one that looks most like ordinary words where that differs clearly.

    Only the more natural one where the plain one is a disguise of it, which looks like harm whatever it hides; and of a
    text that is LONG in pieces of words, since two would take too long.
    """
    first = normalised.legible
    # A word of more than a hundred letters, such as code, is one piece to the model: few pieces may mean text left out.
    whole = (one for one in normalised.variants if LEAST * len(one.text) >= len(first.text))
    others = [one for one in whole if one is not normalised.plain]
    pieces = [model.tokens(one.text) for one in (first, *others)] if others else [0]
    best = int(np.argmin(pieces))
    natural = pieces[best] < MORE_NATURAL * pieces[0]
    chosen = (first, *others)[best]
    if not natural or (pieces[0] <= LONG and not undone(first.text, chosen.text)):
        yield first
    if natural:
        yield chosen


def _columns(logits: Array) -> dict[str, Array]:
    """(texts, heads) -> risk and categories, by name."""
    return dict(zip(("risk", *HEADS[1:]), _scores(logits).T, strict=True))


def _scores(logits: Array) -> Array:
    """(texts, heads) -> risk and categories: the likeliest carries the risk, others their part of it, both by SURE."""
    chances = 1 / (1 + np.exp(-np.clip(logits, -MOST_SURE, MOST_SURE)))
    risk, categories = chances[:, :1], chances[:, 1:]
    parts = categories / np.maximum(categories.max(axis=1, keepdims=True), 1e-9)
    scores: Array = np.concatenate([risk, (risk * parts) ** POWERS], axis=1)
    return scores


def _shown(finding: Finding, words: Sequence[int], read: TextAttribution, reading: TextVariant) -> Finding:
    """With those of the words that carry it, where it is worth saying."""
    if finding.score < WORTH_SAYING:
        return finding
    own = _own(words, read, finding.category)
    groups = joined(reading.text, read.words, own)
    return replace(
        finding,
        evidence=" … ".join(reading.text[slice(*read.words[word])] for word in own[:MOST_NAMED]) or WHOLE,
        spans=tuple(reading.span(read.words[group[0]][0], read.words[group[-1]][1]) for group in groups),
        span_weights=tuple(part(read, group, finding.category) for group in groups),
    )


def _passes(logits: Array) -> NDArray[np.bool_]:
    """(readings, heads) -> (readings,): whether no category stops any more."""
    most: Array = _scores(logits)[:, 1:].max(axis=1)
    return most < STOPS


def findings_of(scores: Mapping[str, float], text: str) -> list[Finding]:
    """A finding a category, without spans, from a row of `score_batch` and the text (normalised or as typed)."""
    asked = _INSTRUCTIONS.search(text.lower()) is not None
    # What the model takes for hate the policy treats by itself: it also means monsters and caricatures, rules do not.
    subcategories = {"hate": "read"} | ({"dangerous": "instructions"} if asked else {})
    risk = scores["risk"]
    return [
        Finding(NAME, head, scores[head], WHOLE, subcategories.get(head, ""), probability=risk) for head in HEADS[1:]
    ]


def _own(words: Sequence[int], read: TextAttribution, head: str) -> Sequence[int]:
    """Those of the words that carry the risk which also carry this category; all of them for the likeliest one."""
    if head == HEADS[1 + int(read.logits[1:].argmax())]:
        return words
    shares = read.shares[:, HEADS.index(head)]
    floor = PART * max((float(shares[word]) for word in words), default=0.0)
    return [word for word in words if shares[word] >= floor] if floor > 0 else words
