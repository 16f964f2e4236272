"""Classifies what a prompt means: a small encoder that read labelled prompts, calibrated to probabilities.

One head gives the probability that the prompt should not be made at all; the heads of the categories say
what for. The likeliest category carries that probability, the others their part of it. The two hard
lines are not judged here: they are rules, and no row that could teach them is kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from safety.config import ConfigModel
from safety.prompt.attribution import MAX_TOKENS, attribute, joined, share_of
from safety.prompt.classifier_model import HEADS, Array, PromptClassifierModel, TextAttribution
from safety.prompt.lexicon import Score
from safety.records import Finding, Model, Prompt
from safety.text import Normalised, TextVariant, normalise
from safety.text.english import undoes_disguise
from safety.weights import read_weights

FILE = "prompt_classifier.toml"
FOLDER = "prompt_classifier"
NAME = "meaning"
CATEGORIES = HEADS[1:]
# What the model takes for hate the policy treats by itself: it also means monsters and caricatures, rules do not.
HATE, INSTRUCTIONS = "read", "instructions"
# Every (category, subcategory) of a finding.
OUTPUTS = (*((head, HATE if head == "hate" else "") for head in CATEGORIES), ("dangerous", INSTRUCTIONS))
MAX_LOGIT = 60.0  # one beyond says no more
MAX_TWO_READINGS = 170  # word pieces: two readings of so many and their explanation stay below a tenth of a second
MAX_SHORTENING = 4  # times as short as the text a variant may be: letters set apart by two signs
MORE_NATURAL = 0.92  # a variant with so many fewer word pieces undoes a disguise
MIN_SHARE = 0.3  # of the greatest share of a further category that a word must have to be named for it
MAX_EVIDENCE = 6  # words that a finding names
WHOLE = "the prompt as a whole"
_WORDS, _LETTERS = re.compile(r"[^\W_]+"), re.compile(r"[^\W\d_]+")
_INSTRUCTIONS = re.compile(
    r"\bhow (?:to|do|does|can|could|would|should)\b|\bsteps?\b|\bguide\b|\binstructions?\b|\btutorial\b"
    r"|\bdiagrams?\b|\bblueprints?\b|\brecipe\b|\binfographics?\b|\bmanual\b|\bschematics?\b|\bflow ?charts?\b"
)


class PromptClassifierConfig(ConfigModel):
    """Holds presets/prompt_classifier.toml."""

    explain_from: Score
    margin: Annotated[float, Field(ge=0.0, lt=1.0)]
    power: dict[str, Annotated[float, Field(gt=0.0)]]

    @model_validator(mode="after")
    def _names_known_categories(self) -> Self:
        if unknown := sorted(set(self.power) - set(CATEGORIES)):
            raise ValueError(f"power: the model knows no category {', '.join(unknown)}")
        return self


class PromptClassifierCheck:
    """Reads prompts with the model in `folder` (weights.toml, model.onnx, tokenizer.json). Can be pickled.

    `warn_score` is the least score at which general mode warns of any of OUTPUTS: words are marked until the prompt
    without them would stay below it. Infinite: no words are marked. The weights are read at the first prompt; then
    WeightsError is raised where they are missing or not the recorded ones.
    """

    name = NAME
    live = True

    def __init__(self, folder: Path, config: PromptClassifierConfig, warn_score: float = math.inf) -> None:
        self._folder, self._config, self._warn_score = folder, config, warn_score
        self._powers = np.array([config.power.get(head, 1) for head in CATEGORIES], dtype=np.float32)
        # The page asks again at every keystroke, the studio once more before it generates.
        self._findings = lru_cache(maxsize=64)(self._find)

    def __reduce__(self) -> tuple[Any, ...]:
        return PromptClassifierCheck, (self._folder, self._config, self._warn_score)

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns the name and SHA-256 of the weights. Raises PresetError for a bad weights.toml."""
        return _models(self._folder)

    @property
    def model(self) -> PromptClassifierModel:
        """Returns the model in `folder`, which checks of one folder share."""
        return _model(self._folder)

    def detect(self, subject: Prompt, /) -> Iterable[Finding]:
        """Returns a finding a category, with spans from the score `explain_from` on; none for an empty prompt."""
        return self._findings(subject.text)

    def score_batch(self, prompts: Sequence[str]) -> dict[str, Array]:
        """Returns columns as long as `prompts`: "risk" (a probability) and every category, 0..1, as `detect` scores.

        Raises ValueError where the model gives no number.
        """
        return self._columns(self._read_batch(prompts)[0])

    def find_batch(self, prompts: Sequence[str]) -> list[tuple[Finding, ...]]:
        """Returns what `detect` finds in each prompt, without the words that carry it: those cost further readings.

        Raises ValueError where the model gives no number.
        """
        logits, texts = self._read_batch(prompts)
        columns = self._columns(logits)
        rows = [{name: float(column[number]) for name, column in columns.items()} for number in range(len(prompts))]
        return [
            tuple(findings_of(row, text)) if prompt.strip() else ()
            for row, text, prompt in zip(rows, texts, prompts, strict=True)
        ]

    def _read_batch(self, prompts: Sequence[str]) -> tuple[Array, list[str]]:
        """Returns the logits (prompts, heads) of the worst variant of each prompt, and that variant's text."""
        texts, owners = [], []
        for owner, prompt in enumerate(prompts):
            for variant in _variants_to_read(normalise(prompt), self.model):
                texts.append(variant.text)
                owners.append(owner)
        worst = np.full((len(prompts), len(HEADS)), -np.inf, dtype=np.float32)
        chosen = [""] * len(prompts)
        for owner, text, row in zip(owners, texts, self.model.logits(texts), strict=True):
            # No comparison finds NaN the greater: it would leave the least risk standing where nothing is known.
            if not np.isfinite(row).all():
                raise ValueError("the model gave no number for a prompt")
            if row[0] > worst[owner, 0]:
                worst[owner], chosen[owner] = row, text
        return worst, chosen

    def clear_cache(self) -> None:
        """Forgets the findings of the last prompts, and what the model read; the weights stay loaded."""
        self._findings.cache_clear()
        self.model.clear_cache()

    def _find(self, text: str) -> tuple[Finding, ...]:
        if not text.strip():
            return ()
        readings = [
            (self.model.read(variant.text), variant) for variant in _variants_to_read(normalise(text), self.model)
        ]
        attribution, variant = max(readings, key=lambda pair: float(pair[0].logits[0]))
        scores = {head: float(column[0]) for head, column in self._columns(attribution.logits[None]).items()}
        findings = findings_of(scores, variant.text)
        if max(finding.score for finding in findings) < self._config.explain_from:
            return tuple(findings)
        tokens_left = MAX_TOKENS - sum(reading.tokens for reading, _ in readings)
        words = attribute(variant.text, attribution, self.model.without, self._passes, tokens_left)
        return tuple(
            _explained(finding, words, attribution, variant) if finding.score >= self._config.explain_from else finding
            for finding in findings
        )

    def _columns(self, logits: Array) -> dict[str, Array]:
        """Returns risk and categories by name, (texts,) each, of logits (texts, heads)."""
        return dict(zip(("risk", *CATEGORIES), self._scores(logits).T, strict=True))

    def _scores(self, logits: Array) -> Array:
        """Returns risk and categories, (texts, heads): the likeliest category carries the risk, others a part of it."""
        probabilities = 1 / (1 + np.exp(-np.clip(logits, -MAX_LOGIT, MAX_LOGIT)))
        risk, categories = probabilities[:, :1], probabilities[:, 1:]
        parts = categories / np.maximum(categories.max(axis=1, keepdims=True), 1e-9)
        scores: Array = np.concatenate([risk, (risk * parts) ** self._powers], axis=1)
        return scores

    def _passes(self, logits: Array) -> NDArray[np.bool_]:
        """Tells of each of several readings, (readings, heads), whether general mode warns of it no more."""
        highest: Array = self._scores(logits)[:, 1:].max(axis=1)
        return highest < self._warn_score - self._config.margin


def load_prompt_classifier(presets: Path, folder: Path, warn_score: float = math.inf) -> PromptClassifierCheck:
    """Reads `prompt_classifier.toml` of the presets for the weights in `folder`. Raises PresetError."""
    return PromptClassifierCheck(folder, PromptClassifierConfig.load(presets / FILE), warn_score)


def findings_of(scores: Mapping[str, float], text: str) -> list[Finding]:
    """Returns a finding a category, without spans, from a row of `score_batch` and the text (normalised or typed)."""
    subcategories = {"hate": HATE}
    if _INSTRUCTIONS.search(text.lower()):
        subcategories["dangerous"] = INSTRUCTIONS
    return [
        Finding(NAME, head, scores[head], WHOLE, subcategories.get(head, ""), probability=scores["risk"])
        for head in CATEGORIES
    ]


# Asked at every judgement, and the file does not change while the weights are loaded.
@lru_cache(maxsize=4)
def _models(folder: Path) -> tuple[Model, ...]:
    return (Model(FOLDER, read_weights(folder)["model"].sha256),)


@lru_cache(maxsize=4)
def _model(folder: Path) -> PromptClassifierModel:
    return PromptClassifierModel(folder)


def _variants_to_read(normalised: Normalised, model: PromptClassifierModel) -> Iterator[TextVariant]:
    """Yields the decoded variant, and the one that looks most like ordinary words where that differs clearly.

    Only the more natural one where the decoded one is a disguise of it, which looks like harm whatever it hides; and
    of a text of more than MAX_TWO_READINGS word pieces, since two would take too long.
    """
    first = normalised.decoded
    # A word of more than a hundred letters, such as code, is one piece to the model: few pieces may mean text left out.
    whole = (variant for variant in normalised.variants if MAX_SHORTENING * len(variant.text) >= len(first.text))
    others = [variant for variant in whole if variant is not normalised.plain]
    pieces = [model.count_tokens(variant.text) for variant in (first, *others)] if others else [0]
    best = int(np.argmin(pieces))
    natural = pieces[best] < MORE_NATURAL * pieces[0]
    chosen = (first, *others)[best]
    # Between the same words signs say nothing: without them the text scores as if it had been typed so.
    same_words = _same_words(first.text, chosen.text)
    two = pieces[0] <= MAX_TWO_READINGS and not undoes_disguise(first.text, chosen.text)
    if not natural or (two and not same_words):
        yield first
    if natural:
        yield chosen


def _same_words(first: str, other: str) -> bool:
    """Tells whether two texts differ in signs alone, or in figures between words that the other leaves out wholly."""
    if _WORDS.findall(first) == _WORDS.findall(other):
        return True
    return not any(map(str.isdigit, other)) and _LETTERS.findall(first) == _LETTERS.findall(other)


def _explained(finding: Finding, words: Sequence[int], attribution: TextAttribution, variant: TextVariant) -> Finding:
    """Returns the finding with those of the words that carry it."""
    own = _words_for(finding.category, words, attribution)
    groups = joined(variant.text, attribution.words, own)
    places = attribution.words
    return replace(
        finding,
        evidence=" … ".join(variant.text[slice(*places[word])] for word in own[:MAX_EVIDENCE]) or WHOLE,
        spans=tuple(variant.span(places[group[0]][0], places[group[-1]][1]) for group in groups),
        span_weights=tuple(share_of(attribution, group, finding.category) for group in groups),
    )


def _words_for(head: str, words: Sequence[int], attribution: TextAttribution) -> Sequence[int]:
    """Returns those words that carry the risk and also this category; all of them for the likeliest category."""
    if head == CATEGORIES[int(attribution.logits[1:].argmax())]:
        return words
    shares = attribution.shares[:, HEADS.index(head)]
    floor = MIN_SHARE * max((float(shares[word]) for word in words), default=0.0)
    return [word for word in words if shares[word] >= floor] if floor > 0 else words
