"""Categories that an operator adds by examples: how each is kept, and the check that finds it.

A file a category, NAME.json in the operator's folder: a sentence, the examples, and the head that was fitted to them
(safety/prompt/example_head.py). The check reads the features that the prompt classifier has made of the same words, so
it costs no further reading, and names the examples that were nearest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from safety.config import ConfigModel, first_problem
from safety.errors import PresetError, WeightsError
from safety.prompt.classifier import PromptClassifierCheck
from safety.prompt.example_head import AT_LIMIT, ExampleHead, HeadFigures, nearest
from safety.prompt.ordinary_prompts import Array, load_ordinary_prompts
from safety.records import Finding, Model, Prompt

FOLDER = "categories"
MIN_EXAMPLES, MAX_EXAMPLES, MAX_AGAINST, MAX_PICTURES = 5, 50, 50, 50
MAX_CATEGORIES = 99  # each has a public code of its own, 801 to 899
MAX_NAMED = 2  # nearest examples in a reason
MAX_SHOWN = 80  # characters of an example in a reason
EXPLAINED_FROM = AT_LIMIT / 2  # below, nobody reads which examples were nearest
ADVICE = "Mend the file, or delete it: the category then holds no longer."

Share = Annotated[float, Field(gt=0, le=0.2)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]


class StoredHead(ConfigModel):
    """Holds a fitted head: weights (directions,) as float32 and points of the examples as float16, both in base64.

    classifier: SHA-256 of the weights that the features are of.
    """

    classifier: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    weights: str
    points: str
    limit: Annotated[float, Field(allow_inf_nan=False)]
    unit: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _readable(self) -> Self:
        self.example_points()
        return self

    @classmethod
    def of(cls, head: ExampleHead, points: Array, classifier: str) -> Self:
        """Returns a head as it is kept."""
        weights, kept = (base64.b64encode(data.tobytes()).decode() for data in (head.weights, points.astype("<f2")))
        return cls(classifier=classifier, weights=weights, points=kept, limit=head.limit, unit=head.unit)

    def head(self) -> ExampleHead:
        """Returns the head. Raises ValueError for a damaged one."""
        weights = np.frombuffer(base64.b64decode(self.weights, validate=True), "<f4")
        if not len(weights) or not np.isfinite(weights).all():
            raise ValueError("the weights are no numbers")
        return ExampleHead(weights, self.limit, self.unit)

    def example_points(self) -> Array:
        """Returns the points of the examples, (examples, directions). Raises ValueError for damaged ones."""
        points = np.frombuffer(base64.b64decode(self.points, validate=True), "<f2").astype(np.float32)
        rows: Array = points.reshape(-1, len(self.head().weights))
        if not np.isfinite(rows).all():
            raise ValueError("the points of the examples are no numbers")
        return rows


class ExamplePicture(ConfigModel):
    """Names an example picture by its file's name and its PDQ hash, 64 hex digits; the picture itself is not kept."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ExampleCategory(ConfigModel):
    """Holds one category of an operator.

    number: of its code and clause. sentence: what it is about, as people read it. level: what happens at the limit.
    share: of ordinary prompts that it may stop, 0..1. version counts the changes of what it finds. `forced`: it was
    switched on against what was measured.
    """

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{1,31}$")]
    number: Annotated[int, Field(ge=1, le=MAX_CATEGORIES)]
    title: Annotated[str, Field(pattern=r"^[^{}\s][^{}]{1,59}$")]
    sentence: Annotated[str, Field(pattern=r"^[^{}\s][^{}]{7,299}$")]
    level: Literal["note", "warn", "block"]
    share: Share
    version: Annotated[int, Field(ge=1)]
    made: str
    enabled: bool = False
    forced: bool = False
    examples: Annotated[tuple[Text, ...], Field(min_length=MIN_EXAMPLES, max_length=MAX_EXAMPLES)]
    against: Annotated[tuple[Text, ...], Field(max_length=MAX_AGAINST)] = ()
    pictures: Annotated[tuple[ExamplePicture, ...], Field(max_length=MAX_PICTURES)] = ()
    figures: HeadFigures
    head: StoredHead

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len(self.head.example_points()) != len(self.examples):
            raise ValueError("the head is of other examples")
        return self

    @property
    def digest(self) -> str:
        """Returns the SHA-256 of what it finds and what follows; the same whether it is switched on or not."""
        content = self.model_dump_json(exclude={"enabled", "forced"})
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def has_pictures(self) -> bool:
        """Tells whether pictures are compared, too."""
        return bool(self.pictures)

    @property
    def check(self) -> str:
        """Returns the name of its check."""
        return f"category {self.name}"


class ExampleCategoryCheck:
    """Finds one category in prompts that the classifier reads: a score, 0.5 at the limit, and the nearest examples.

    models: the folder of weights. Raises WeightsError where the features of ordinary prompts are missing, damaged or of
    another classifier than the category.
    """

    live = True

    def __init__(self, category: ExampleCategory, models: Path, classifier: PromptClassifierCheck) -> None:
        self.category, self._models, self._classifier = category, models, classifier

    @property
    def name(self) -> str:
        return self.category.check

    @property
    def models(self) -> tuple[Model, ...]:
        """Returns the classifier's first weights, which the features are of."""
        return self._classifier.models[:1]

    def detect(self, subject: Prompt, /) -> Iterator[Finding]:
        """Yields one finding; none for a text of which the classifier reads nothing."""
        features = self._classifier.features(subject.text)
        if not len(features):
            return
        points = self._points(features)
        scores = self._head.scores(points)
        best = int(np.argmax(scores))
        score = float(scores[best])
        evidence = self._nearest(points[best]) if score >= EXPLAINED_FROM else ""
        yield Finding(self.name, self.category.name, score, evidence)

    def _points(self, features: Array) -> Array:
        classifier = self.models[0].sha256
        if self.category.head.classifier != classifier:
            raise WeightsError(
                f"The category {self.category.name} was made with another prompt classifier.",
                f"Run `python app.py category refit {self.category.name}`.",
            )
        return load_ordinary_prompts(self._models, classifier).space.points(features)

    def _nearest(self, point: Array) -> str:
        found = nearest(point, self._examples, MAX_NAMED)
        return ", ".join(f"“{_shown(self.category.examples[number])}”" for number, _ in found)

    @cached_property
    def _head(self) -> ExampleHead:
        return self.category.head.head()

    @cached_property
    def _examples(self) -> Array:
        return self.category.head.example_points()


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def example_checks(
    categories: Sequence[ExampleCategory], models: Path, classifier: PromptClassifierCheck
) -> tuple[ExampleCategoryCheck, ...]:
    """Returns a check for each category that is switched on."""
    return tuple(ExampleCategoryCheck(one, models, classifier) for one in categories if one.enabled)


def read_categories(folder: Path) -> tuple[ExampleCategory, ...]:
    """Reads every NAME.json of the operator's folder, by their numbers; none where there is no folder.

    Raises PresetError that names the file and the key: a category that cannot be read must not look as if it held.
    """
    found = sorted((read_category(path) for path in folder.glob("*.json")), key=lambda one: one.number)
    for one, other in zip(found, found[1:], strict=False):
        if one.number == other.number:
            raise PresetError(f"{folder}: {one.name} and {other.name} have one number", ADVICE)
    return tuple(found)


def read_category(path: Path) -> ExampleCategory:
    """Reads one category. Raises PresetError that names the file and the key."""
    try:
        category = ExampleCategory.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise PresetError(f"{path}: {first_problem(error)}", ADVICE) from None
    except OSError as error:
        raise PresetError(f"{path}: {error.strerror}", ADVICE) from None
    if category.name != path.stem:
        raise PresetError(f"{path}: name: it is {category.name!r}, and the file is not", ADVICE)
    return category
