"""The records of the work itself: what is asked for, what is made of it, what is handed out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from safety.records import Decision, Suggestion, Verdict

if TYPE_CHECKING:
    from PIL.Image import Image


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
    balanced: bool = False  # opt-in: fill in, in turn, who an unnamed person is (presets/open_people.toml)
    language: str = ""  # of the reasons: "de", or "de-AT" for help in that country; "" as the operator set it


@dataclass(frozen=True, slots=True)
class Steering:
    """What an engine is asked to steer away from. `concept` is in words; `strength` is weak, medium, strong or max.

    `general`: nothing in the prompt called for it, so the concept names all that the mode forbids.
    """

    categories: tuple[str, ...]
    concept: str
    strength: str
    general: bool = False


@dataclass(frozen=True, slots=True)
class SteeringResult:
    """What came of it: `method` is "sld", "negative prompt", or empty where nothing was steered; `why` says why.

    `lacking`: it should have been steered, and could not be. People are told so.
    """

    steering: Steering
    method: str
    why: str
    lacking: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """What an engine made: RGB pictures of one size, in the order of their seeds.

    `prompts`: what each was drawn from, where that is not the request's prompt; `filled`: what was put in, in words.
    `failed` has the seeds that gave no picture (a numeric failure); the others are not lost with them.
    """

    request: GenerationRequest
    images: tuple[Image, ...]
    seeds: tuple[int, ...]
    model: str
    seconds: float
    steered: SteeringResult | None = None
    failed: tuple[int, ...] = ()
    prompts: tuple[str, ...] = ()
    filled: tuple[str, ...] = ()

    def prompt_of(self, number: int) -> str:
        """What picture `number` was drawn from."""
        return self.prompts[number] if self.prompts else self.request.prompt

    def filled_in(self, number: int) -> str:
        """What was filled in for picture `number`; "" where nothing was."""
        return self.filled[number] if self.filled else ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The id that all marks of one exported picture share: 64 bits."""

    id: int

    def __post_init__(self) -> None:
        if not 0 <= self.id < 2**64:
            raise ValueError("a stamp has 64 bits")

    @classmethod
    def new(cls) -> Stamp:
        """64 random bits: nothing about the picture or its maker can be read from them."""
        return cls(secrets.randbits(64))

    def __str__(self) -> str:
        return f"{self.id:016x}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a picture looks like in 256 bits (PDQ). `bits` is 64 hex digits; `quality` is 0..100: how much structure."""

    bits: str
    quality: int

    def __post_init__(self) -> None:
        if len(self.bits) != 64 or not set(self.bits) <= set("0123456789abcdef"):
            raise ValueError("a fingerprint has 64 hex digits")


@dataclass(frozen=True, slots=True)
class Export:
    """A marked file on disk. `marks` names the layers that were read back from it."""

    path: Path
    stamp: Stamp
    sha256: str
    width: int
    height: int
    marks: tuple[str, ...]
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """What the registry knows of one export. `sha256` is the file's, as hex; `time` is UTC, ISO 8601.

    `width` and `height` are 0, and `fingerprint` is None, where they were not kept.
    """

    stamp: str
    case: str
    sha256: str
    time: str
    width: int = 0
    height: int = 0
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class PictureResult:
    """One picture of a generation: withheld (`export` is None), veiled until revealed, or free."""

    decision: Decision
    export: Export | None

    @property
    def veiled(self) -> bool:
        return self.export is not None and self.decision.verdict is Verdict.WARN


@dataclass(frozen=True, slots=True)
class Refused:
    """No picture is handed out; `decision` says why. A WARN here waits for the person's word. `time` is UTC."""

    case: str
    decision: Decision
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    suggestions: tuple[Suggestion, ...] = ()  # other wordings that pass, for a blocked prompt


@dataclass(frozen=True, slots=True)
class Delivered:
    """At least one picture was made and marked; `made` has one entry a picture, in order."""

    case: str
    prompt: Decision
    made: tuple[PictureResult, ...]
    generation: Generation


Outcome = Refused | Delivered
