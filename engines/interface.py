"""Defines an engine: its card, which is data, and the methods that the studio calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from safety.config import ConfigModel
from safety.generation import Generation, GenerationRequest, Steering

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

# The number of steps that the warm-ups of Safe Latent Diffusion are given for, as in its paper.
REFERENCE_STEPS = 50


class Progress(Protocol):
    """Receives how far the work is: the name of the stage, the steps done and the steps in all.

    May raise `safety.errors.Cancelled`; the engine then stops at once and stays usable.
    """

    def __call__(self, stage: str, done: int, total: int, /) -> None: ...


def silent(stage: str, done: int, total: int, /) -> None:
    """Ignores the progress: for callers who do not watch it."""


class Preview(Protocol):
    """Receives blurred RGB pictures while they are drawn, one for each seed. May raise `safety.errors.Cancelled`."""

    def __call__(self, pictures: tuple[Image, ...], /) -> None: ...


@dataclass(frozen=True, slots=True)
class StepState:
    """Holds what a model has of one picture after `done` of `total` steps; 0 is the noise that it starts from.

    `latents` is float32 of shape (channels, height, width), what the model works on. `pixels` is the picture that its
    decoder makes of them, floats 0..1 of shape (height, width, 3), as small as the model draws.
    """

    done: int
    total: int
    latents: NDArray[np.float32]
    pixels: NDArray[np.float32]


class StepObserver(Protocol):
    """Receives one state for each seed, after each step.

    They are unblurred pictures that nobody has judged: none may leave the studio before its finished picture is judged.
    """

    def __call__(self, states: tuple[StepState, ...], /) -> None: ...


class Range(ConfigModel):
    """Holds the default and the limits of one setting; the limits are allowed values.

    `quick` is, for steps only, a smaller number that gives nearly as good a picture.
    """

    default: float
    least: float
    most: float
    quick: float | None = None


class Lora(ConfigModel):
    """Names a file of low-rank changes to a model's weights (Hu et al., 2021). It needs the package peft.

    `model` is a folder of this machine (relative to assets/models, or absolute), or a repository of the hub.
    """

    model: str
    file: str
    revision: str = ""
    scale: float = 1.0


class SteeringStrength(ConfigModel):
    """Holds the parameters of Safe Latent Diffusion at one strength (engines/diffusion/safe_latent.py).

    `warm_up` counts steps of 50. `gate` says what `scale` and `threshold` are applied to: each element of a prediction,
    as in the paper, or the whole of a picture's prediction.
    """

    warm_up: int = Field(ge=0, le=REFERENCE_STEPS)
    scale: float = Field(ge=0)
    threshold: float
    momentum: float = Field(default=0.0, ge=0, lt=1)
    keep: float = Field(default=0.0, ge=0, lt=1)
    gate: Literal["element", "picture"] = "element"

    def warm_up_of(self, steps: int) -> int:
        """Returns the warm-up of a run of so many steps."""
        return round(self.warm_up * steps / REFERENCE_STEPS)


# The configurations of Schramowski et al., CVPR 2023. diffusers' deprecated pipeline has a scale of 20 for weak; the
# paper and its authors' code have 200.
STRENGTHS = {
    "weak": SteeringStrength(warm_up=15, scale=200.0, threshold=0.0),
    "medium": SteeringStrength(warm_up=10, scale=1000.0, threshold=0.01, momentum=0.3, keep=0.4),
    "strong": SteeringStrength(warm_up=7, scale=2000.0, threshold=0.025, momentum=0.5, keep=0.7),
    "max": SteeringStrength(warm_up=0, scale=5000.0, threshold=1.0, momentum=0.5, keep=0.7),
}


class EngineCard(ConfigModel):
    """Describes a model: one entry of presets/engines.toml. Sides in pixels, memory in GB (10^9 bytes) at 16 bits."""

    title: str
    # A folder or .safetensors file of this machine; a repository of the hub; a server's address.
    kind: Literal["folder", "hub", "server"] = "folder"
    # A path (relative to assets/models), a repository, or the name that the server knows.
    model: str
    # A commit on the hub, 40 hex digits. Empty: pinned to what the first download finds.
    revision: str = ""
    # Of an OpenAI-compatible server, up to and with /v1.
    url: str = ""
    # Of the weights on the hub, such as "fp16".
    variant: str = ""
    # Of a single file: the diffusers class, and a diffusers folder with the configuration.
    pipeline: str = ""
    config: str = ""
    lora: Lora | None = None
    # A diffusers class that replaces the model's own scheduler, and its settings.
    scheduler: str = ""
    scheduler_settings: dict[str, Any] = {}
    licence: str
    licence_url: str
    commercial: Literal["yes", "conditions", "no"] = "yes"
    # Whether its makers ask for a consent on the hub first.
    gated: bool = False
    source: str
    note: str = ""
    # A file with the words that it knows (engines/fidelity.py), relative to assets/models; "" where nobody has a list.
    vocabulary: str = ""
    # The languages whose prompts it follows, such as "en"; none: its makers do not say.
    languages: tuple[str, ...] = ()
    # How many tokens of a prompt it reads; what is beyond is not drawn. 0: not known, or all.
    tokens: int = 0
    # How much unsafe content its makers left out of the training pictures.
    content: Literal["filtered", "partial", "minimal", "none", "unknown"] = "unknown"
    # Whether "(word:1.3)" counts, and prompts of any length; only pipelines that CLIP alone reads for. Elsewhere the
    # weight is left out.
    prompt_weights: bool = False
    # Whether it has classifier-free guidance. Without it negative prompts, guidance and steering do nothing.
    guided: bool
    # Parameters by strength, where those of the paper (STRENGTHS) do not fit the model.
    steering: dict[str, SteeringStrength] = {}
    download_gb: float = 0.0
    # 0: small enough for any machine.
    memory_gb: float = 0.0
    # Of its largest part; the others can wait in main memory. 0: not known.
    largest_gb: float = 0.0
    # Compile repeated blocks: minutes at the first picture, faster ones after it.
    compile: bool = False
    # A diffusers attention backend instead of the default one.
    attention: str = ""
    steps: Range
    guidance: Range
    # What the model draws, each side.
    size: Range
    size_multiple: int = 16
    count: Range
    # Smaller pictures are enlarged to this short side before they are judged.
    shown_at_least: int = 512
    # By what: an entry of assets/models/enlarger/weights.toml. Empty: by Lanczos.
    enlarge: str = ""


@dataclass(frozen=True, slots=True)
class Availability:
    """Tells whether this machine can run an engine and whether its files are installed; `why` is a sentence."""

    runs: bool
    installed: bool
    why: str


class Engine(Protocol):
    """Draws pictures with one model. May be called from several threads: the calls wait for one another."""

    @property
    def card(self) -> EngineCard:
        """Returns the description of the model."""
        ...

    def availability(self) -> Availability:
        """Tells whether the engine runs here. Loads and downloads nothing."""
        ...

    def generate(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        *,
        steering: Steering | None = None,
        preview: Preview | None = None,
        observe: StepObserver | None = None,
    ) -> Generation:
        """Draws one RGB picture for each seed. `request` is complete: no setting is None.

        An engine that cannot tell the states of its steps never calls `observe`.
        Raises EngineUnavailable, EngineFailed, Cancelled.
        """
        ...
