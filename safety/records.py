"""The records that the layers hand to one another: frozen, small, free of behaviour.

A check returns `Finding`s, `decide()` turns them into a `Decision`, the studio into an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


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


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` (included) to `end` (excluded) of the text as typed."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a person asked for, exactly as typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to be judged. `image` is RGB, any size; `prompt` is empty for uploaded files."""

    image: Image
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw.

    `score` is 0..1. `aspect` names the part of a category that the policy treats by itself
    ("method" of self_harm, "any" for a vote of one model). `evidence` is for people: the word, the
    rule or the model that carried the score, never a verdict.
    """

    check: str
    category: str
    score: float
    evidence: str = ""
    aspect: str = ""
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:  # also refuses NaN
            raise ValueError(f"{self.check} gave the score {self.score}, outside 0..1")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A check that could not look, and why. It blocks."""

    check: str
    why: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that the checks of one stage saw."""

    stage: Stage
    looked: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is above ALLOW. Hard lines carry no score, no threshold, no evidence, no span."""

    verdict: Verdict
    category: str
    code: str
    clause: str
    title: str
    text: str
    check: str
    aspect: str = ""
    evidence: str = ""
    spans: tuple[Span, ...] = ()
    score: float | None = None
    threshold: float | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict of one stage with its reasons, worst first.

    `risk` is the probability, 0..1, that this should not be made in general mode; `scores` holds the
    highest score per category (hard lines left out).
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    stage: Stage
    mode: str
    policy_version: str
    policy_digest: str
    risk: float = 0.0
    scores: Mapping[str, float] = field(default_factory=dict)
    looked: tuple[str, ...] = ()

    def passes(self, acknowledged: bool = False) -> bool:
        """Whether the work goes on: a WARN only when the person has confirmed it."""
        return self.verdict <= Verdict.NOTE or (self.verdict is Verdict.WARN and acknowledged)


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What to make. `None` means: as the engine's card says (for the seed: drawn and recorded)."""

    prompt: str
    mode: str = "general"
    engine: str = "pocket"
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    negative_prompt: str = ""
    width: int | None = None
    height: int | None = None
    count: int = 1
    format: str = "png"
    acknowledged: bool = False
    keep_prompt: bool = False  # opt-in: write the prompt into the picture's metadata


@dataclass(frozen=True, slots=True)
class Generation:
    """What an engine made: RGB pictures of one size, in the order of their seeds."""

    request: GenerationRequest
    images: tuple[Image, ...]
    seeds: tuple[int, ...]
    model: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stamp:
    """The id that all marks of one exported picture share: 64 bits."""

    id: int

    def __post_init__(self) -> None:
        if not 0 <= self.id < 2**64:
            raise ValueError("a stamp has 64 bits")

    def __str__(self) -> str:
        return f"{self.id:016x}"


@dataclass(frozen=True, slots=True)
class Export:
    """A marked file on disk. `marks` names the layers that were read back from it."""

    path: Path
    stamp: Stamp
    sha256: str
    width: int
    height: int
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """What the audit log knows of one export. `sha256` is the file's, as hex; `time` is UTC, ISO 8601."""

    stamp: str
    case: str
    sha256: str
    time: str


@dataclass(frozen=True, slots=True)
class Made:
    """One picture of a generation: withheld (`export` is None), veiled until revealed, or free."""

    decision: Decision
    export: Export | None

    @property
    def veiled(self) -> bool:
        return self.export is not None and self.decision.verdict is Verdict.WARN


@dataclass(frozen=True, slots=True)
class Refused:
    """No picture is handed out; `decision` says why. A WARN here waits for the person's word."""

    case: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Delivered:
    """At least one picture was made and marked; `made` has one entry a picture, in order."""

    case: str
    prompt: Decision
    made: tuple[Made, ...]
    generation: Generation


Outcome = Refused | Delivered
