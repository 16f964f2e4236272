"""The records that the layers hand to one another: frozen, small, free of behaviour.

A check returns `Finding`s, `decide()` turns them into a `Decision`. What the studio makes of it: works.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

# What a reason is about where it is about no category of the policy.
UNCHECKED, CONTEXT = "unchecked", "context"


class Verdict(IntEnum):
    """What may happen next; several verdicts combine by `max`."""

    ALLOW = 0
    NOTE = 1
    WARN = 2
    BLOCK = 3
    HARD_BLOCK = 4


class Stage(StrEnum):
    """What was judged."""

    PROMPT = "prompt"
    PICTURE = "picture"
    TEXT = "text"  # read in a picture; judged by its own limits, and by those of prompts where it has none


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` (included) to `end` (excluded) of the text as typed."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a picture, as shares (0..1) of its width and height. `weight`: how much it carried the score, 0..1."""

    left: float
    top: float
    right: float
    bottom: float
    weight: float = 1.0

    def __post_init__(self) -> None:
        inside = 0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1 and 0 <= self.weight <= 1
        if not inside:  # also refuses NaN
            raise ValueError(f"{self} is no part of a picture")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a person asked for, exactly as typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to be judged. `image` is RGB, any size; `prompt` is empty for uploaded files.

    `regions`: whether to seek where in the picture a score comes from, which takes many more runs of a model.
    """

    image: Image
    prompt: str = ""
    regions: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw.

    `score` is 0..1. `subcategory` names the part of a category that the policy treats by itself
    ("method" of self_harm, "any" for a vote of one model). `evidence` is for people: the word, the
    rule or the model that carried the score, never a verdict. `probability` is the calibrated probability that
    the subject should not be made in general mode, from a check that knows it. `regions` say where in a picture it
    was seen. `span_weights`, one a span, are the shares, 0..1, that the spans have in what speaks for the
    category, from a check that knows them. `stage` is set where something else was judged than what the check was
    given: text read in a picture.
    """

    check: str
    category: str
    score: float
    evidence: str = ""
    subcategory: str = ""
    spans: tuple[Span, ...] = ()
    probability: float | None = None
    regions: tuple[Region, ...] = ()
    stage: Stage | None = None
    span_weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:  # also refuses NaN
            raise ValueError(f"{self.check} gave the score {self.score}, outside 0..1")
        if self.probability is not None and not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"{self.check} gave the probability {self.probability}, outside 0..1")


@dataclass(frozen=True, slots=True)
class Model:
    """What a check judged with: the name of its weights and the SHA-256 of the file, as hex."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A check that could not look, and why. It blocks."""

    check: str
    why: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that the checks of one stage saw."""

    stage: Stage
    ran: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    failed: tuple[CheckFailure, ...] = ()
    models: Mapping[str, tuple[Model, ...]] = field(default_factory=dict)  # of the checks that have any


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is above ALLOW, without words: `Messages.render` says it in a language.

    `clause` is its number in the policy. Hard lines carry no score, no threshold, no evidence, no span, no region.

    `span_weights` are the finding's. `margins`, (mode, score less the threshold), say for each mode that has a
    threshold at which a person is asked or refused how far the score is above it (below it, if negative).
    """

    verdict: Verdict
    category: str
    code: str
    clause: str
    check: str
    subcategory: str = ""
    evidence: str = ""
    spans: tuple[Span, ...] = ()
    score: float | None = None
    threshold: float | None = None
    regions: tuple[Region, ...] = ()
    models: tuple[Model, ...] = ()
    span_weights: tuple[float, ...] = ()
    margins: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict of one stage with its reasons, worst first; behind a hard line, no other reason is told.

    `risk` is the probability, 0..1, that this should not be made in general mode; `scores` holds the
    highest score per category (none behind a hard line). `modes_that_allow` names the modes that ask for less: that
    let a blocked subject pass, perhaps after a confirmation (then they are in `modes_that_ask` too), or a warned one
    without. `mode_set_by`: "person" or "operator". `level`: where it stands in the order of the verdicts
    (safety/policy/level.py).
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    stage: Stage
    mode: str
    policy_version: str
    policy_digest: str
    risk: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)
    ran: tuple[str, ...] = ()
    modes_that_allow: tuple[str, ...] = ()
    mode_set_by: str = "person"
    modes_that_ask: tuple[str, ...] = ()
    level: float = 0.0

    @property
    def allowed(self) -> bool:
        """Whether the work goes on without a confirmation: the verdict is ALLOW, or NOTE, which only remarks."""
        return self.verdict <= Verdict.NOTE

    def passes(self, acknowledged: bool = False) -> bool:
        """Whether the work goes on: a WARN only when the person has confirmed it."""
        return self.allowed or (self.verdict is Verdict.WARN and acknowledged)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another wording that passes. `added` are spans of `text`, `removed` spans of the prompt as typed."""

    text: str
    added: tuple[Span, ...]
    removed: tuple[Span, ...]
