"""Classifies what a prompt means: a small encoder that read labelled prompts, calibrated to probabilities.

One head gives the probability that general mode should stop the prompt, another that it should refuse it; the heads of
the categories say what for. The likeliest category carries their mean, the others their part of it. What no mode
relaxes is found by itself: what is grave in every mode, and six kinds of harm. The two hard lines are not judged
here: they are rules, and no row that could teach them is kept.

Two encoders that started from other texts err on other prompts: the mean of their logits is surer than either (deep
ensembles: Lakshminarayanan et al., 2017). The second is the model of further languages, which knows English too.
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
from safety.errors import WeightsError
from safety.prompt.attribution import MAX_TOKENS, attribute, share_of
from safety.prompt.classifier_model import (
    BEGIN,
    CATEGORIES,
    END,
    HEADS,
    HIDDEN,
    KINDS,
    Array,
    PromptClassifierModel,
    TextAttribution,
)
from safety.prompt.classifier_scores import (
    GRAVE,
    GRAVE_CATEGORIES,
    PromptReading,
    moves_of,
    score_columns,
    worst_variant,
)
from safety.prompt.correction import Correction
from safety.prompt.language import LanguageIdentifier
from safety.prompt.lexicon import Score
from safety.records import Finding, Model, Prompt
from safety.text import Normalised, TextVariant, normalise
from safety.text.english import undoes_disguise
from safety.weights import read_weights

FILE = "prompt_classifier.toml"
FOLDER = "prompt_classifier"
NAME = "meaning"
# What the model reads has limits of its own beside those of rules; what is grave is refused in every mode.
READ = "read"
# Every (category, subcategory) of a finding.
OUTPUTS = (
    *((head, READ) for head in CATEGORIES),
    *((head, GRAVE) for head in GRAVE_CATEGORIES),
    *((category, kind) for kind, category in KINDS.items()),
)
MAX_TWO_READINGS = 170  # word pieces: two readings of so many and their explanation stay below a tenth of a second
MAX_SHORTENING = 4  # times as short as the text a variant may be: letters set apart by two signs
MAX_PIECE = 8  # letters of a word piece: English has about five
MORE_NATURAL = 0.92  # a variant with so many fewer word pieces undoes a disguise
MIN_SHARE = 0.3  # of the greatest share of a further category that a phrase must have to be named for it
WHOLE = "the prompt as a whole"
_WORDS, _LETTERS = re.compile(r"[^\W_]+"), re.compile(r"[^\W\d_]+")


class PromptClassifierConfig(ConfigModel):
    """Holds presets/prompt_classifier.toml."""

    explain_from: Score
    second_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
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
    without them would stay below it. Infinite: no words are marked. `second` has a further model, whose logits count by
    `second_share` of the configuration; the words are marked by the first. `correction` is what an operator adopted
    from reviewed cases; what no mode relaxes is read without it. The weights are read at the first prompt; then
    WeightsError is raised where they are missing or not the recorded ones, and for a correction of others.
    """

    name = NAME
    live = True
    # What the weights are called, the tokens before and after a text that their tokenizer puts there, and the value in
    # the model that features are read from.
    weights, frame, hidden = FOLDER, (BEGIN, END), HIDDEN

    def __init__(
        self,
        folder: Path,
        config: PromptClassifierConfig,
        warn_score: float = math.inf,
        languages: LanguageIdentifier | None = None,
        second: PromptClassifierCheck | None = None,
        correction: Correction | None = None,
    ) -> None:
        self._folder, self._config, self._warn_score, self._languages = folder, config, warn_score, languages
        self._second = second if config.second_share else None
        self._correction = correction
        # The page asks again at every keystroke, the studio once more before it generates.
        self._findings = lru_cache(maxsize=64)(self._find)

    def __reduce__(self) -> tuple[Any, ...]:
        optional = (self._second, self._correction) if self._second or self._correction else ()
        return type(self), (self._folder, self._config, self._warn_score, self._languages, *optional)

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns the names and SHA-256 of the weights. Raises PresetError for a bad weights.toml."""
        return (*_models(self._folder, self.weights), *(self._second.models if self._second else ()))

    @property
    def powers(self) -> Mapping[str, float]:
        """Returns the power of each category's score; a category that is not named has 1."""
        return self._config.power

    @property
    def model(self) -> PromptClassifierModel:
        """Returns the model in `folder`, which checks of one folder share."""
        return _model(self._folder, self.frame, self.hidden)

    def detect(self, subject: Prompt, /) -> Iterable[Finding]:
        """Returns a finding a category, with spans from the score `explain_from` on; none for an empty prompt."""
        return self._findings(subject.text)

    def features(self, text: str) -> Array:
        """Returns what the encoder made of a prompt, (readings, width): a row for each window of each variant that is
        read, and none where nothing of it is in the language of the model.
        """
        variants = [variant.text for variant in self._variants(text)] if self.reads(text) else []
        return (
            np.concatenate([self.model.features(one) for one in variants]) if variants else np.zeros((0, 0), np.float32)
        )

    def score_batch(self, prompts: Sequence[str]) -> dict[str, Array]:
        """Returns columns as long as `prompts`: "risk" (a probability) and all outputs, 0..1, as `detect` scores them.

        Raises ValueError where the model gives no number.
        """
        return self._columns(*self._read_batch(prompts))

    def find_batch(self, prompts: Sequence[str]) -> list[tuple[Finding, ...]]:
        """Returns what `detect` finds in each prompt, without the words that carry it: those cost further readings.

        Raises ValueError where the model gives no number.
        """
        columns = self._columns(*self._read_batch([prompt for prompt in prompts if self.reads(prompt)]))
        rows = (dict(zip(columns, map(float, row), strict=True)) for row in zip(*columns.values(), strict=True))
        return [tuple(findings_of(next(rows), self.name)) if self.reads(prompt) else () for prompt in prompts]

    def detect_batch(self, subjects: Sequence[Prompt]) -> list[tuple[Finding, ...]]:
        """Returns what `detect` finds in each of several prompts, which are read at once.

        Those whose words carry a score are read again, each by itself. Raises ValueError where the model gives no
        number.
        """
        texts = [subject.text for subject in subjects]
        found = zip(texts, self.find_batch(texts), strict=True)
        return [self._findings(text) if self._has_words(findings) else findings for text, findings in found]

    def _has_words(self, findings: Sequence[Finding]) -> bool:
        """Tells whether the words that carry these scores are looked for."""
        highest = max((finding.score for finding in findings), default=0.0)
        return not math.isinf(self._warn_score) and highest >= self._config.explain_from

    def read_variants(self, prompt: str, with_features: bool = True) -> PromptReading:
        """Returns what the model reads in each variant of a prompt, before any correction."""
        texts = [variant.text for variant in self._variants(prompt)]
        logits = self.model.logits(texts)
        if self._second and texts:
            logits = logits + self._added(logits, self._second.model.logits(texts))
        features = tuple(self.model.features(text) for text in texts) if with_features else ()
        return PromptReading(logits + np.float32(self._shift(prompt)), features)

    def find_read(self, reading: PromptReading, correction: Correction | None) -> tuple[Finding, ...]:
        """Returns what this check would find in a prompt that was read with its features, under a correction."""
        columns = self._columns(*(each[None] for each in worst_variant(reading, correction)))
        return tuple(findings_of({name: float(column[0]) for name, column in columns.items()}, self.name))

    def _read_batch(self, prompts: Sequence[str]) -> tuple[Array, Array]:
        """Returns the logits (prompts, heads) of the worst variant of each prompt, and what is added, (prompts,)."""
        readings = (self.read_variants(prompt, self._fitting() is not None) for prompt in prompts)
        worst = [worst_variant(reading, self._correction) for reading in readings]
        if not worst:
            return np.zeros((0, len(HEADS)), np.float32), np.zeros(0, np.float32)
        return np.stack([logits for logits, _ in worst]), np.stack([moved for _, moved in worst])

    def _fitting(self) -> Correction | None:
        """Returns the correction, if there is one. Raises WeightsError for one of other weights."""
        if self._correction is not None and self._correction.model != self.models[0].sha256:
            raise WeightsError("The adopted correction is for other weights.", "Take it back: feedback rollback.")
        return self._correction

    def _added(self, logits: Array, second: Array) -> Array:
        """Returns what the logits of the second model add to those of the first, (texts, heads) each."""
        return np.float32(self._config.second_share) * (second - logits)

    def clear_cache(self) -> None:
        """Forgets the findings of the last prompts, and what the model read; the weights stay loaded."""
        self._findings.cache_clear()
        self.model.clear_cache()

    def _find(self, text: str) -> tuple[Finding, ...]:
        if not self.reads(text):
            return ()
        variants = list(self._variants(text))
        readings = [self.model.read(variant.text) for variant in variants]
        logits = np.stack([reading.logits for reading in readings])
        added = np.zeros_like(logits)
        if self._second:
            added = self._added(logits, np.stack([self._second.model.read(one.text).logits for one in variants]))
        features = tuple(self.model.features(one.text) for one in variants) if self._fitting() else ()
        moves = moves_of(PromptReading(logits + added, features), self._correction)
        worst = int(((logits + added)[:, 0] + moves).argmax())
        attribution, variant, moved = readings[worst], variants[worst], moves[worst]
        # Without some words the second model is taken to change as the first does: the sum of all shifts stays.
        shift = added[worst] + np.float32(self._shift(text))
        columns = self._columns((attribution.logits + shift)[None], moved[None])
        scores = {head: float(column[0]) for head, column in columns.items()}
        findings = findings_of(scores, self.name)
        if not self._has_words(findings):
            return tuple(findings)
        tokens_left = MAX_TOKENS - sum(reading.tokens for reading in readings)
        phrases = attribute(
            variant.text,
            attribution,
            self.model.without,
            lambda logits: self._passes(logits + shift, moved),
            tokens_left,
        )
        return tuple(
            _explained(finding, phrases, attribution, variant, text)
            if finding.score >= self._config.explain_from
            else finding
            for finding in findings
        )

    def reads(self, text: str) -> bool:
        """Tells whether the check judges a text: something of it is in the language that the model was taught."""
        return bool(self._part(text).strip())

    def _part(self, text: str) -> str:
        return self._languages.english_part(text) if self._languages else text

    def _shift(self, text: str) -> float:
        """Returns what is added to the logits of a text, so that the same limits mean the same."""
        return 0.0

    def _variants(self, text: str) -> Iterable[TextVariant]:
        return _variants_to_read(normalise(self._part(text)), self.model)

    def _columns(self, logits: Array, moved: Array) -> dict[str, Array]:
        return score_columns(logits, moved, self._config.power)

    def _passes(self, logits: Array, moved: Array) -> NDArray[np.bool_]:
        """Tells of each of several readings, (readings, heads), whether general mode warns of it no more."""
        columns = self._columns(logits, np.full(len(logits), moved, np.float32))
        highest: Array = np.max([columns[category] for category in GRAVE_CATEGORIES], axis=0)
        return highest < self._warn_score - self._config.margin


def load_prompt_classifier(
    presets: Path,
    folder: Path,
    warn_score: float = math.inf,
    languages: LanguageIdentifier | None = None,
    second: PromptClassifierCheck | None = None,
    correction: Correction | None = None,
) -> PromptClassifierCheck:
    """Reads `prompt_classifier.toml` of the presets for the weights in `folder`. Raises PresetError."""
    config = PromptClassifierConfig.load(presets / FILE)
    return PromptClassifierCheck(folder, config, warn_score, languages, second, correction)


def findings_of(scores: Mapping[str, float], check: str = NAME) -> list[Finding]:
    """Returns a finding an output, without spans, from a row of `score_batch`."""
    return [
        Finding(
            check, category, scores[_column(category, kind)], WHOLE, kind, probability=min(1.0, float(scores["risk"]))
        )
        for category, kind in OUTPUTS
    ]


def _column(category: str, subcategory: str) -> str:
    return category if subcategory == READ else f"{category}.{subcategory}"


# Asked at every judgement, and the file does not change while the weights are loaded.
@lru_cache(maxsize=4)
def _models(folder: Path, name: str) -> tuple[Model, ...]:
    return (Model(name, read_weights(folder)["model"].sha256),)


@lru_cache(maxsize=4)
def _model(folder: Path, frame: tuple[int, int], hidden: str) -> PromptClassifierModel:
    return PromptClassifierModel(folder, frame, hidden)


def _variants_to_read(normalised: Normalised, model: PromptClassifierModel) -> Iterator[TextVariant]:
    """Yields the decoded variant, and the one that looks most like ordinary words where that differs clearly.

    Only the more natural one where the decoded one is a disguise of it, which looks like harm whatever it hides; and
    of a text of more than MAX_TWO_READINGS word pieces, since two would take too long.
    """
    first = normalised.decoded
    # A word of more than a hundred letters, such as code, is one piece to the model: few pieces may mean text left out.
    # An emoji in words, or a fraction in figures, makes the first one longer than what was typed.
    longest = min(len(first.text), len(normalised.typed))
    whole = (variant for variant in normalised.variants if MAX_SHORTENING * len(variant.text) >= longest)
    others = [variant for variant in whole if variant is not normalised.plain]
    pieces = [_pieces(variant.text, model) for variant in (first, *others)] if others else [0]
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


def _pieces(text: str, model: PromptClassifierModel) -> int:
    """Returns the word pieces of a text; a row of letters too long for a word counts by its length."""
    return max(model.count_tokens(text), len(text) // MAX_PIECE)


def _same_words(first: str, other: str) -> bool:
    """Tells whether two texts differ in signs alone, or in figures between words that the other leaves out wholly."""
    if _WORDS.findall(first) == _WORDS.findall(other):
        return True
    return not any(map(str.isdigit, other)) and _LETTERS.findall(first) == _LETTERS.findall(other)


def _explained(
    finding: Finding,
    phrases: Sequence[Sequence[int]],
    attribution: TextAttribution,
    variant: TextVariant,
    typed: str,
) -> Finding:
    """Returns the finding with those of the phrases that carry it, as typed."""
    own = _phrases_for(finding.category, phrases, attribution)
    places = [(attribution.words[phrase[0]][0], attribution.words[phrase[-1]][1]) for phrase in own]
    spans = tuple(variant.span(start, end) for start, end in places)
    return replace(
        finding,
        evidence=" … ".join(typed[span.start : span.end] for span in spans) or WHOLE,
        spans=spans,
        span_weights=tuple(share_of(attribution, phrase, finding.category) for phrase in own),
    )


def _phrases_for(head: str, phrases: Sequence[Sequence[int]], attribution: TextAttribution) -> Sequence[Sequence[int]]:
    """Returns those phrases that carry the risk and also this category; all of them for the likeliest category."""
    if head == CATEGORIES[int(attribution.logits[1 : 1 + len(CATEGORIES)].argmax())]:
        return phrases
    column = attribution.shares[:, HEADS.index(head)]
    shares = [float(column[list(phrase)].sum()) for phrase in phrases]
    floor = MIN_SHARE * max(shares, default=0.0)
    return [phrase for phrase, share in zip(phrases, shares, strict=True) if share >= floor] if floor > 0 else phrases
