"""What an engine is: a card (data) and one method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from safety.presets import Preset
from safety.works import Generation, GenerationRequest


class Progress(Protocol):
    """Is told how far the work is: a word for the stage, steps done, steps in all.

    May raise `safety.errors.Cancelled`; the engine then stops at once and stays usable.
    """

    def __call__(self, stage: str, done: int, total: int, /) -> None: ...


def silent(stage: str, done: int, total: int, /) -> None:
    """Progress that nobody watches."""


class Bounds(Preset):
    """Default and limits of one setting, limits included."""

    default: float
    least: float
    most: float


class EngineCard(Preset):
    """One entry of presets/engines.toml. Sizes in pixels."""

    title: str
    model: str  # a folder under assets/models, or a repository on the hub
    revision: str = ""  # commit on the hub, 40 hex digits; empty for a folder
    licence: str
    licence_url: str
    source: str
    note: str = ""
    guided: bool  # has classifier-free guidance: negative prompts and guidance do something
    steps: Bounds
    guidance: Bounds
    size: Bounds  # what the model draws, each side
    size_multiple: int = 16
    count: Bounds
    shown_at_least: int = 512  # smaller pictures are enlarged to this short side before they are judged


class Engine(Protocol):
    """Makes pictures with one model. Calls of several threads wait for one another."""

    @property
    def card(self) -> EngineCard: ...

    def generate(self, request: GenerationRequest, seeds: Sequence[int], progress: Progress) -> Generation:
        """One RGB picture a seed. `request` is complete: no setting is None.

        Raises EngineUnavailable, EngineFailed, Cancelled.
        """
        ...
