"""Every diffusers text-to-image pipeline as an engine: the embedded model and the ones from the hub alike."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from engines.diffusion.model_store import ModelStore
from engines.diffusion.pipeline_args import settings
from engines.diffusion.placement import Placement
from engines.diffusion.previews import Previews
from engines.diffusion.sampling import Sampling, run
from engines.diffusion.steering import plan as plan_steering
from engines.diffusion.zerogpu import Item, follow, relay
from engines.interface import Availability, EngineCard, Progress
from engines.job_queue import JobQueue
from engines.postprocess import NoPicture, to_picture
from safety.errors import EngineFailed
from safety.generation import GeneratedPicture, Generation, GenerationRequest, Steering, SteeringResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engines.diffusion.previews import Preview

TRY_AGAIN = "Try another seed, or a lower guidance."


class DiffusionEngine:
    """Draws with one diffusers pipeline, which is loaded at the first call and kept while the shelf has room.

    A pipeline is not re-entrant, and engines share the machine: calls wait for one another, first come first served.
    """

    def __init__(self, name: str, card: EngineCard, source: ModelStore | Path) -> None:
        self._name = name
        self._card = card
        self._source = source if isinstance(source, ModelStore) else ModelStore(source)
        self._pipeline: Any = None
        self._previews: Previews | None = None
        self._fetching = JobQueue()
        self._lent = self._source.lend(self._relayed) if self._source.lend else None
        self.plan: Placement | None = None  # how the loaded pipeline runs

    @property
    def card(self) -> EngineCard:
        return self._card

    def generate(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        *,
        steering: Steering | None = None,
        preview: Preview | None = None,
    ) -> Generation:
        """One RGB picture a seed, drawn in one batch. `request` is complete: no setting is None.

        Picture k equals what its seed alone gives, up to one 8-bit level (sums are ordered by batch size).
        `progress` hears of downloading, waiting, loading and drawing; what it raises ends the work.
        Raises EngineUnavailable, EngineFailed (no picture at all), Cancelled.
        """
        with self._fetching.turn(0.0, progress):  # apart from drawing: nobody waits for another one's download
            where = self._source.files(self._card, progress)
        work = float((request.steps or 1) * len(seeds))
        with self._source.turns.turn(work, progress):
            self._load(where, progress)
            started = time.perf_counter()
            if self._lent:
                pixels, by = follow(self._lent(request, seeds, steering), progress, preview)
            else:
                pixels, by = self._draw(request, seeds, steering, progress, preview)
            seconds = time.perf_counter() - started
            self._source.turns.measured(work, seconds)
        drawn = {seed: self._picture(one) for seed, one in zip(seeds, pixels, strict=True)}
        made = tuple(GeneratedPicture(image, seed, request.prompt) for seed, image in drawn.items() if image)
        failed = tuple(seed for seed, image in drawn.items() if not image)
        if not made:
            which = ", ".join(map(str, failed))
            raise EngineFailed(f"A numeric failure: the model gave no picture for the seed {which}.", TRY_AGAIN)
        model = "@".join(part for part in (self._card.model, self._revision()) if part)
        return Generation(request, made, model, seconds, by, failed)

    def _draw(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        steering: Steering | None,
        progress: Progress,
        preview: Preview | None,
    ) -> tuple[NDArray[np.float32], SteeringResult | None]:
        given = settings(self._pipeline, request, seeds, self._card.guided)
        by = plan_steering(self._card, self._pipeline, given, steering)
        drawing = Sampling(self._card, self._pipeline, self._previews, (request.width or 0, request.height or 0))
        return run(drawing, given, by, progress, preview), by

    def _relayed(self, request: GenerationRequest, seeds: Sequence[int], steering: Steering | None) -> Generator[Item]:
        yield from relay(partial(self._draw, request, seeds, steering))

    def offer(self) -> Availability:
        """How it would run here, by memory; nothing is loaded."""
        plan = self.plan or self._source.plan(self._card, empty=True)
        return Availability(plan.runs, self._source.here(self._card), plan.why)

    def unload(self) -> None:
        """Lets the pipeline go and frees its memory."""
        self._pipeline = self._previews = self.plan = None
        free_memory()

    def _load(self, where: Path, progress: Progress) -> None:
        if self._pipeline is not None:
            self._source.shelf.use(self)
            return
        progress("loading the model", 0, 1)
        self._pipeline, self.plan = self._source.load(self._name, self._card, where, self)
        self._previews = Previews(self._pipeline)

    def _revision(self) -> str:
        if self._card.kind == "hub" and self._source.hub:
            return self._card.revision or self._source.hub.pinned(self._card.model)
        return self._card.revision

    def _picture(self, pixels: Any) -> Image.Image | None:
        try:
            return to_picture(pixels, self._card.shown_at_least)
        except NoPicture:
            return None


def free_memory() -> None:
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
