"""Makes an engine of any diffusers text-to-image pipeline: the embedded model and those of the hub alike."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from engines.diffusion.model_store import LoadedModel, ModelStore
from engines.diffusion.pipeline_args import pipeline_arguments
from engines.diffusion.sampling import TRY_AGAIN, Sampling, Watch, sample
from engines.diffusion.steering import choose_steering
from engines.diffusion.zerogpu import Event, replay, stream
from engines.interface import Availability, EngineCard, Preview, Progress, StepObserver
from engines.job_queue import JobQueue
from engines.postprocess import NoPicture, to_picture
from safety.errors import EngineFailed
from safety.generation import GeneratedPicture, Generation, GenerationRequest, Steering, SteeringResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class DiffusionEngine:
    """Draws with one diffusers pipeline, which is loaded at the first call and kept while the cache has room.

    A pipeline is not re-entrant, and engines share the machine: calls wait for one another, first come first served.
    """

    def __init__(self, name: str, card: EngineCard, store: ModelStore | Path) -> None:
        self._name = name
        self._card = card
        self._store = store if isinstance(store, ModelStore) else ModelStore(store)
        self._enlarger = self._store.enlarger(card)
        self._loaded: LoadedModel | None = None
        self._downloads = JobQueue()
        self._draw_on_zero_gpu = self._store.zero_gpu(self._stream) if self._store.zero_gpu else None

    @property
    def card(self) -> EngineCard:
        """Returns the description of the model."""
        return self._card

    @property
    def loaded(self) -> LoadedModel | None:
        """Returns the model in memory; None before the first call and after `unload`."""
        return self._loaded

    def availability(self) -> Availability:
        """Tells how the model would run here, by memory. Nothing is loaded."""
        placement = self._loaded.placement if self._loaded else self._store.placement(self._card, empty=True)
        return Availability(placement.runs, self._store.installed(self._card), placement.why)

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
        """Draws one RGB picture for each seed, in one batch. `request` is complete: no setting is None.

        Picture k equals what its seed alone gives, up to one 8-bit level (sums are ordered by batch size).
        `observe` gets each picture's states, decoded at a cost of a pass of the decoder a step.
        `progress` hears of downloading, waiting, loading and drawing; what it raises ends the work.
        Raises EngineUnavailable, EngineFailed (no picture at all), Cancelled.
        """
        # Downloads have a queue of their own: nobody waits for another model's download before drawing.
        with self._downloads.turn(0.0, progress):
            path = self._store.files(self._card, progress)
        work = float((request.steps or 1) * len(seeds))
        with self._store.queue.turn(work, progress):
            self._load(path, progress)
            started = time.perf_counter()
            if self._draw_on_zero_gpu:
                events = self._draw_on_zero_gpu(request, seeds, steering, observe is not None)
                pixels, result = replay(events, progress, preview, observe)
            else:
                watch = Watch(progress, preview, observe)
                pixels, result = self._draw(request, seeds, steering, watch)
            seconds = time.perf_counter() - started
            self._store.queue.record_duration(work, seconds)
        pictures, failed = self._pictures(pixels, seeds, request.prompt)
        return Generation(request, pictures, self._model_name(), seconds, result, failed)

    def unload(self) -> None:
        """Lets the model go and frees its memory."""
        self._loaded = None
        free_memory()

    def _load(self, path: Path, progress: Progress) -> None:
        """Loads the model if it is not in memory, and marks it as the one used last."""
        if self._loaded is not None:
            self._store.cache.use(self)
            return
        progress("loading the model", 0, 1)
        self._loaded = self._store.load(self._name, self._card, path, self)

    def _draw(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        steering: Steering | None,
        watch: Watch,
    ) -> tuple[NDArray[np.float32], SteeringResult | None]:
        """Returns floats 0..1 of shape (seeds, height, width, 3), and how they were steered."""
        # `generate` has loaded it; on ZeroGPU this runs in a process forked off after that.
        model = cast(LoadedModel, self._loaded)
        arguments = pipeline_arguments(model.pipeline, request, seeds, self._card.guided)
        result = choose_steering(self._card, model.pipeline, arguments, steering)
        size = (request.width or 0, request.height or 0)
        sampling = Sampling(self._card, model.pipeline, model.previews, size)
        return sample(sampling, arguments, result, watch), result

    def _stream(
        self, request: GenerationRequest, seeds: Sequence[int], steering: Steering | None, observed: bool
    ) -> Generator[Event]:
        """Draws as a generator of events: what ZeroGPU can run in its own process."""
        yield from stream(partial(self._draw, request, seeds, steering), observed)

    def _pictures(
        self, pixels: Sequence[NDArray[np.float32]], seeds: Sequence[int], prompt: str
    ) -> tuple[tuple[GeneratedPicture, ...], tuple[int, ...]]:
        """Returns the pictures, and the seeds that gave none. Raises EngineFailed if all failed."""
        pictures, failed = [], []
        for seed, floats in zip(seeds, pixels, strict=True):
            try:
                image = to_picture(floats, self._card.shown_at_least, self._enlarger)
                pictures.append(GeneratedPicture(image, seed, prompt))
            except NoPicture:
                failed.append(seed)
        if not pictures:
            names = ", ".join(map(str, failed))
            raise EngineFailed(f"A numeric failure: the model gave no picture for the seed {names}.", TRY_AGAIN)
        return tuple(pictures), tuple(failed)

    def _model_name(self) -> str:
        """Returns the model, with the commit where one is known, and the adapter on it."""
        revision = self._card.revision
        if self._card.kind == "hub" and self._store.hub:
            revision = revision or self._store.hub.pinned(self._card.model)
        model = "@".join(filter(None, (self._card.model, revision)))
        return "+".join(filter(None, (model, self._loaded.adapter if self._loaded else "")))


def free_memory() -> None:
    """Returns freed memory to the machine and the GPU."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
