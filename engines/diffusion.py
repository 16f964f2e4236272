"""Every diffusers text-to-image pipeline as an engine: the embedded model and the ones from the hub alike."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from engines.enlarge import enlarge
from engines.interface import EngineCard, Progress
from engines.loading import first_line, load_pipeline
from safety.errors import EngineFailed, StudioError
from safety.works import Generation, GenerationRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLAT = 1.0 / 255.0  # a picture whose channels vary by less than one 8-bit level shows nothing
LOCK_WAIT = 0.25  # seconds between two looks at whether a waiting person has cancelled
TRY_AGAIN = "Try another seed, or a lower guidance."


def advice_for(error: Exception) -> str:
    """What to do about an error that a pipeline raised."""
    short_of_memory = isinstance(error, MemoryError) or "memory" in str(error).lower()
    return "Ask for fewer or smaller pictures." if short_of_memory else TRY_AGAIN


class DiffusionEngine:
    """Draws with one diffusers pipeline, which is loaded at the first call and kept.

    A pipeline is not re-entrant: calls of several threads wait for one another.
    """

    def __init__(self, name: str, card: EngineCard, models_dir: Path) -> None:
        self._name = name
        self._card = card
        self._models_dir = models_dir
        self._pipeline: Any = None
        self._lock = threading.Lock()

    @property
    def card(self) -> EngineCard:
        return self._card

    def generate(self, request: GenerationRequest, seeds: Sequence[int], progress: Progress) -> Generation:
        """One RGB picture a seed, drawn in one batch. `request` is complete: no setting is None.

        Picture k equals what its seed alone gives, up to one 8-bit level (sums are ordered by batch size).
        `progress` hears "waiting for the engine", "loading the model", "drawing"; what it raises ends the work.
        Raises EngineUnavailable, EngineFailed, Cancelled.
        """
        while not self._lock.acquire(timeout=LOCK_WAIT):
            progress("waiting for the engine", 0, 1)
        try:
            if self._pipeline is None:
                progress("loading the model", 0, 1)
                self._pipeline = load_pipeline(self._name, self._card, self._models_dir)
            started = time.perf_counter()
            pixels = self._draw(request, seeds, progress)
        finally:
            self._lock.release()
        return Generation(
            request=request,
            images=tuple(self._picture(one, seed) for one, seed in zip(pixels, seeds, strict=True)),
            seeds=tuple(seeds),
            model="@".join(part for part in (self._card.model, self._card.revision) if part),
            seconds=time.perf_counter() - started,
        )

    def _draw(self, request: GenerationRequest, seeds: Sequence[int], progress: Progress) -> NDArray[np.float32]:
        """Pictures as floats 0..1, shape (seeds, height, width, 3); NaN where the model failed."""
        settings = self._settings(request, seeds)
        total = settings["num_inference_steps"]

        def step(pipeline: Any, index: int, _time: object, tensors: dict[str, Any]) -> dict[str, Any]:
            # Raising here ends the call at once; the pipeline's own interrupt flag would still decode.
            progress("drawing", index + 1, max(total, index + 1))
            return tensors

        takes = inspect.signature(self._pipeline.__call__).parameters
        settings["callback_on_step_end"] = step
        progress("drawing", 0, total)
        try:
            drawn = self._pipeline(**{key: value for key, value in settings.items() if key in takes})
        except StudioError:
            raise
        except Exception as error:  # a model's code may fail in any way
            raise EngineFailed(f"The model could not draw this: {first_line(error)}", advice_for(error)) from error
        pixels: NDArray[np.float32] = np.asarray(drawn.images, dtype=np.float32)
        return pixels

    def _settings(self, request: GenerationRequest, seeds: Sequence[int]) -> dict[str, Any]:
        import torch

        settings: dict[str, Any] = {
            "prompt": [request.prompt] * len(seeds),
            "num_inference_steps": request.steps,
            "width": request.width,
            "height": request.height,
            # One generator a picture, on the CPU: the same seed gives the same picture in any batch, on any device.
            "generator": [torch.Generator("cpu").manual_seed(seed) for seed in seeds],
            "guidance_scale": request.guidance,
            "output_type": "np",  # floats: after rounding to bytes a NaN would look like black
        }
        if self._card.guided:
            settings["negative_prompt"] = [request.negative_prompt] * len(seeds)
        return settings

    def _picture(self, pixels: NDArray[np.float32], seed: int) -> Image.Image:
        if not np.isfinite(pixels).all() or pixels.std(axis=(0, 1)).max() < FLAT:
            raise EngineFailed(f"A numeric failure: the model gave no picture for the seed {seed}.", TRY_AGAIN)
        levels = np.clip(np.rint(pixels * 255.0), 0, 255).astype(np.uint8)
        return enlarge(Image.fromarray(levels), self._card.shown_at_least)
