"""What an engine is: a card (data) and one method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from safety.config import ConfigModel
from safety.generation import Generation, GenerationRequest, Steering

if TYPE_CHECKING:
    from engines.diffusion.previews import Preview


TUNED_FOR = 50  # steps that warm-ups are given for


class Progress(Protocol):
    """Is told how far the work is: a word for the stage, steps done, steps in all.

    May raise `safety.errors.Cancelled`; the engine then stops at once and stays usable.
    """

    def __call__(self, stage: str, done: int, total: int, /) -> None: ...


def silent(stage: str, done: int, total: int, /) -> None:
    """Progress that nobody watches."""


class Range(ConfigModel):
    """Default and limits of one setting, limits included; of steps also a number that is quicker and nearly as good."""

    default: float
    least: float
    most: float
    quick: float | None = None


class Lora(ConfigModel):
    """A small file of changed weights on the hub, laid over the model (it needs the package peft)."""

    model: str
    file: str
    revision: str = ""
    scale: float = 1.0


class Strength(ConfigModel):
    """How strongly Safe Latent Diffusion steers (engines/diffusion/safe_latent.py). `warm_up` is in steps of 50.

    `gate` says what `scale` and `threshold` are applied to: each element of a prediction, as in the paper, or the
    whole of a picture's.
    """

    warm_up: int = Field(ge=0, le=50)
    scale: float = Field(ge=0)
    threshold: float
    momentum: float = Field(default=0.0, ge=0, lt=1)
    keep: float = Field(default=0.0, ge=0, lt=1)
    gate: Literal["element", "picture"] = "element"

    def warm_up_of(self, steps: int) -> int:
        return round(self.warm_up * steps / TUNED_FOR)


class EngineCard(ConfigModel):
    """One entry of presets/engines.toml. Sizes in pixels, memory in GB (10^9 bytes) of weights at 16 bits."""

    title: str
    kind: Literal["folder", "hub", "server"] = "folder"  # a folder or .safetensors file; a repository; an address
    model: str  # a path (relative to assets/models), a repository, or the name that the server knows
    revision: str = ""  # commit on the hub, 40 hex digits; empty: pinned to what the first download finds
    url: str = ""  # of an OpenAI-compatible server, up to and with /v1
    variant: str = ""  # of weights on the hub: "fp16"
    pipeline: str = ""  # of a single file: the diffusers class
    config: str = ""  # of a single file: a diffusers folder with its configuration
    lora: Lora | None = None
    scheduler: str = ""  # a diffusers class instead of the model's own
    scheduler_settings: dict[str, Any] = {}
    licence: str
    licence_url: str
    commercial: Literal["yes", "conditions", "no"] = "yes"
    gated: bool = False  # its makers ask for a consent on the hub first
    source: str
    note: str = ""
    content: Literal["filtered", "partial", "minimal", "none", "unknown"] = "unknown"  # what its makers left out
    guided: bool  # has classifier-free guidance: negative prompts, guidance and steering do something
    steering: dict[str, Strength] = {}  # weak, medium, strong, max, where the paper's settings do not fit the model
    download_gb: float = 0.0
    memory_gb: float = 0.0  # 0: small enough for any machine
    largest_gb: float = 0.0  # of its largest part; the others can wait in main memory. 0: not known
    compile: bool = False  # compile repeated blocks: minutes at the first picture, faster ones after it
    attention: str = ""  # attention backend of diffusers instead of its own choice
    steps: Range
    guidance: Range
    size: Range  # what the model draws, each side
    size_multiple: int = 16
    count: Range
    shown_at_least: int = 512  # smaller pictures are enlarged to this short side before they are judged


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether this machine can run an engine, and whether its files are here already. `why` is for people."""

    runs: bool
    here: bool
    why: str


class Engine(Protocol):
    """Makes pictures with one model. Calls of several threads wait for one another."""

    @property
    def card(self) -> EngineCard: ...

    def generate(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        *,
        steering: Steering | None = None,
        preview: Preview | None = None,
    ) -> Generation:
        """One RGB picture a seed. `request` is complete: no setting is None. `preview` gets blurred pictures.

        Raises EngineUnavailable, EngineFailed, Cancelled.
        """
        ...
