"""Records of a generation: the request, the pictures an engine made of it, the files handed out, the outcome."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safety.records import Decision, Suggestion, Verdict

if TYPE_CHECKING:
    from PIL.Image import Image

LAYOUT_DIGITS = 44  # hex digits of a colour layout
EMBEDDED = "pocket"  # the engine that ships


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Holds what a person asks for.

    A setting that is None is filled in from the engine's card (`engines.validation.complete`); a seed of None is drawn
    at random and recorded. `width` and `height` are in pixels, `format` is "png", "jpeg" or "webp".
    """

    prompt: str
    mode: str = "general"
    engine: str = EMBEDDED
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    negative_prompt: str = ""
    width: int | None = None
    height: int | None = None
    count: int = 1
    format: str = "png"
    # The person has read a warning and wants the picture all the same: the one that the case `warning` ended with.
    acknowledged: bool = False
    warning: str = ""
    # Opt-in: write the prompt into the picture's metadata.
    keep_prompt: bool = False
    # Opt-in: fill in, in turn, who an unnamed person is (presets/open_people.toml).
    balanced: bool = False
    # A name of presets/styles.toml. The studio appends its words to the prompt before anything is judged.
    style: str = ""
    # At least so strongly is the model steered away from what the mode does not want: "medium", "strong" or "max"; ""
    # as the mode has it. A weaker one than the mode's own changes nothing.
    steering: str = ""
    # Of the reasons: "de", or "de-AT" for help in that country; "" as the operator set it.
    language: str = ""


@dataclass(frozen=True, slots=True)
class EnlargeRequest:
    """Asks for a finished picture of this studio, larger.

    `source` is its stamp (16 hex digits) or the SHA-256 of its file (64). `prompt` has the words that it was made from,
    where they are at hand: the checks of pictures look at them as well. `language` is that of the reasons.
    """

    source: str
    times: int = 2
    prompt: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Steering:
    """Tells an engine what to steer away from.

    `concept` is in words; `strength` is weak, medium, strong or max (engines/diffusion/safe_latent.py). `general` is
    true where nothing in the prompt called for steering: then the concept names all that the mode forbids.
    """

    categories: tuple[str, ...]
    concept: str
    strength: str
    general: bool = False


@dataclass(frozen=True, slots=True)
class SteeringResult:
    """Tells how an engine steered.

    `method` is "sld" (Safe Latent Diffusion), "negative prompt", or "" where nothing was steered; `why` is a sentence
    for people. `lacking` is true where the engine should have steered and could not: people are told so.
    """

    steering: Steering
    method: str
    why: str
    lacking: bool = False


@dataclass(frozen=True, slots=True)
class GeneratedPicture:
    """Holds one RGB picture as an engine made it, with the seed and the prompt that it was drawn from.

    `filled` names the demographics that were filled into the prompt of a balanced set; "" where nothing was.
    """

    image: Image
    seed: int
    prompt: str
    filled: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """Holds what an engine made of one request: pictures of one size, in the order of their seeds.

    `model` names the weights ("owner/name@commit" for the hub's), `seconds` is the time that drawing took. `failed` has
    the seeds that gave no picture (a numeric failure); the other pictures are not lost with them.
    """

    request: GenerationRequest
    pictures: tuple[GeneratedPicture, ...]
    model: str
    seconds: float
    steered: SteeringResult | None = None
    failed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """Identifies one exported picture in all of its marks. `id` has 64 bits; raises ValueError for any other number."""

    id: int

    def __post_init__(self) -> None:
        if not 0 <= self.id < 2**64:
            raise ValueError("a stamp has 64 bits")

    @classmethod
    def new(cls) -> Stamp:
        """Returns a stamp of 64 random bits: nothing about the picture or its maker can be read from them."""
        return cls(secrets.randbits(64))

    def __str__(self) -> str:
        return f"{self.id:016x}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Holds the perceptual hash of a picture (PDQ, 256 bits).

    `bits` is 64 hex digits; `quality` is 0..100 and grows with the structure in the picture. `layout` are its colours
    (safety/marks/colour_layout.py), "" where they were not kept. Raises ValueError for bits of another form.
    """

    bits: str
    quality: int
    layout: str = ""

    def __post_init__(self) -> None:
        if len(self.bits) != 64 or not set(self.bits) <= set("0123456789abcdef"):
            raise ValueError("a fingerprint has 64 hex digits")


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Holds what a picture is known again by, whole (safety/marks/near_copy.py).

    `hashes` are PDQ hashes of 64 hex digits, of the picture itself first, then of its other poses, as far as they are
    known; `quality` is 0..100. `layout` are its colours (safety/marks/colour_layout.py), and `pixels` a SHA-256 of size
    and pixels: both "" where they are not known.
    """

    hashes: tuple[str, ...]
    quality: int
    layout: str = ""
    pixels: str = ""

    def as_facts(self) -> dict[str, Any]:
        """Returns it as a row or a kept text holds it; `read` reads that."""
        return {"pdq": list(self.hashes), "quality": self.quality, "layout": self.layout, "pixels": self.pixels}

    @classmethod
    def read(cls, facts: Any) -> Descriptor | None:
        """Returns what `as_facts` wrote; None for anything else."""
        try:
            hashes = tuple(Fingerprint(bits, 0).bits for bits in facts["pdq"])
            layout, pixels = bytes.fromhex(facts["layout"]).hex(), bytes.fromhex(facts["pixels"]).hex()
            sound = hashes and len(layout) in (0, LAYOUT_DIGITS)
            return cls(hashes, int(facts["quality"]), layout, pixels) if sound else None
        except (ValueError, TypeError, KeyError):
            return None


@dataclass(frozen=True, slots=True)
class KeptManifest:
    """Holds the signed manifest of a finished picture as it was handed out, for copies that lose theirs.

    `id` is C2PA's identifier of the active manifest, `store` the manifest store as bytes (application/c2pa), and
    `outline` what even a part of the picture is known again by (safety/marks/outline.py); "" where it was not kept.
    """

    stamp: str
    id: str
    store: bytes = field(repr=False)
    outline: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Export:
    """Describes a marked file on disk. `marks` names the layers that were read back from it, `sha256` is hex."""

    path: Path
    stamp: Stamp
    sha256: str
    width: int
    height: int
    marks: tuple[str, ...]
    fingerprint: Fingerprint | None = None
    # Of the picture before any mark was put on it: a label alone moves the hash of a plain picture by 76 bits.
    descriptor: Descriptor | None = None
    # The stamp of the picture that this one was enlarged from; "" for one that was drawn.
    source: str = ""
    manifest: KeptManifest | None = None


@dataclass(frozen=True, slots=True)
class ExportRecord:
    """Holds what the registry knows of one export. `sha256` is the file's, as hex; `time` is UTC, ISO 8601.

    `width` and `height` are 0, and `fingerprint` is None, where they were not kept. `declared`: it was only marked
    here, and is AI-made by the word of whoever had it marked. `source` is the stamp of the picture that it was enlarged
    from, "" for one that was drawn. `removed` is when it was removed after a notice, "" where it was not.
    """

    stamp: str
    case: str
    sha256: str
    time: str
    width: int = 0
    height: int = 0
    fingerprint: Fingerprint | None = None
    declared: bool = False
    source: str = ""
    manifest: KeptManifest | None = None
    removed: str = ""

    @property
    def origin(self) -> str:
        """Returns what was done here, and when: first of all that AI made it."""
        if self.declared:
            return (
                f"marked as AI-made in this studio on {self.time} (case {self.case}) "
                "for somebody who declared it AI-generated"
            )
        made = f"made by AI in this studio on {self.time} (case {self.case})"
        return f"{made}, enlarged from the picture {self.source}" if self.source else made


@dataclass(frozen=True, slots=True)
class PictureResult:
    """Holds a generated picture, the decision on it and its marked file: None where the picture is withheld."""

    picture: GeneratedPicture
    decision: Decision
    export: Export | None

    @property
    def veiled(self) -> bool:
        """Tells whether the file may be handed out, but is hidden until the person chooses to see it."""
        return self.export is not None and self.decision.verdict is Verdict.WARN


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Refused:
    """Holds why no picture is handed out for a request. A WARN here waits for the person's confirmation.

    `time` is UTC; `suggestions` are other wordings that pass, for a blocked prompt. `seconds` is each
    layer's time. Where pictures were withheld, `prompt_decision` and `generation` say what came before them.
    """

    case: str
    decision: Decision
    request: GenerationRequest
    time: datetime = field(default_factory=_now)
    suggestions: tuple[Suggestion, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    prompt_decision: Decision | None = None
    generation: Generation | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """Holds the results of a request of which at least one picture was marked and written.

    `pictures` has one result for each picture of `generation`, in its order.
    `time` is UTC. `seconds` is the time of each layer but the model: "prompt", "picture", "marks".
    """

    case: str
    prompt_decision: Decision
    pictures: tuple[PictureResult, ...]
    generation: Generation
    time: datetime = field(default_factory=_now)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def request(self) -> GenerationRequest:
        """Returns the request that the pictures were made for, with every setting filled in."""
        return self.generation.request

    def refusal(self, result: PictureResult) -> Refused:
        """Returns the refusal of one of the pictures: what its statement of reasons is built from."""
        return Refused(
            self.case,
            result.decision,
            self.request,
            self.time,
            seconds=self.seconds,
            prompt_decision=self.prompt_decision,
            generation=self.generation,
        )


@dataclass(frozen=True, slots=True)
class Enlarged:
    """Holds an enlarged picture, judged anew; without an export it is withheld.

    `source` is the stamp of the picture that it was made from, `times` how much larger it is. `time` is UTC.
    """

    case: str
    source: str
    times: int
    result: PictureResult
    generation: Generation
    time: datetime = field(default_factory=_now)

    def refusal(self) -> Refused:
        """Returns the refusal of the picture: what its statement of reasons is built from."""
        return Refused(self.case, self.result.decision, self.generation.request, self.time)


Outcome = Refused | Delivered
