"""Runs one call of a pipeline: reports its steps, shows its previews, steers it, puts its failures into words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.diffusion.denoiser import denoiser_of
from engines.diffusion.loading import first_line
from engines.diffusion.pipeline_args import parameters_of
from engines.diffusion.previews import Previews
from engines.diffusion.prompt_embeds import with_encoded_prompts
from engines.diffusion.steering import steering_context
from engines.diffusion.step_states import StepStates
from engines.interface import EngineCard, Preview, Progress, StepObserver
from safety.errors import EngineFailed, StudioError
from safety.generation import SteeringResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_CALLBACK = "callback_on_step_end"
STAGE = "drawing"
TRY_AGAIN = "Try another seed, or a lower guidance."


@dataclass(frozen=True)
class Sampling:
    """Holds a pipeline that is about to draw pictures of `size`, (width, height) in pixels."""

    card: EngineCard
    pipeline: Any
    previews: Previews
    size: tuple[int, int]


@dataclass(frozen=True)
class Watch:
    """Holds who follows the work. What any of them raises ends it at the step it is at."""

    progress: Progress
    preview: Preview | None = None
    observe: StepObserver | None = None


def sample(
    sampling: Sampling,
    arguments: dict[str, Any],
    steering: SteeringResult | None,
    watch: Watch,
) -> NDArray[np.float32]:
    """Draws pictures as floats 0..1, shape (seeds, height, width, 3); NaN where the model failed.

    Raises EngineFailed, and what those who watch raise.
    """
    pipeline, total = sampling.pipeline, arguments["num_inference_steps"]
    states = StepStates(pipeline, len(arguments["prompt"]), total, watch.observe) if watch.observe else None

    def on_step(_pipeline: Any, index: int, _time: object, tensors: dict[str, Any]) -> dict[str, Any]:
        # Raising here ends the call at once; the pipeline's own interrupt flag would still decode.
        watch.progress(STAGE, index + 1, max(total, index + 1))
        if watch.preview:
            sampling.previews.show(tensors, sampling.size, watch.preview)
        if states:
            states.show(tensors["latents"], index + 1)
        return tensors

    watch.progress(STAGE, 0, total)
    callback = {STEP_CALLBACK: on_step} if STEP_CALLBACK in parameters_of(pipeline) else {}
    try:
        with (
            steering_context(sampling.card, pipeline, arguments, steering) as steered_arguments,
            _progress_hook(pipeline, watch.progress, total),
            states.noise() if states else nullcontext(),
        ):
            encoded = with_encoded_prompts(pipeline, steered_arguments, sampling.card.prompt_weights)
            output = pipeline(**encoded, **callback)
    except StudioError:
        raise
    except Exception as error:  # a model's code may fail in any way
        raise EngineFailed(f"The model could not draw this: {first_line(error)}", advice_for(error)) from error
    finally:
        # After an error, too, nothing stays on the GPU that waits elsewhere.
        pipeline.maybe_free_model_hooks()
    pixels: NDArray[np.float32] = np.asarray(output.images, dtype=np.float32)
    return pixels


@contextmanager
def _progress_hook(pipeline: Any, progress: Progress, total: int) -> Iterator[None]:
    """Reports the progress of pipelines without a callback, and can stop them, where they call their denoiser."""
    if STEP_CALLBACK in parameters_of(pipeline):
        yield
        return
    calls = 0

    def before(*_: Any) -> None:
        nonlocal calls
        progress(STAGE, min(calls, total), total)
        calls += 1

    hook = denoiser_of(pipeline).register_forward_pre_hook(before)
    try:
        yield
    finally:
        hook.remove()


def advice_for(error: Exception) -> str:
    """Returns what to do about an error that a pipeline raised."""
    short_of_memory = isinstance(error, MemoryError) or "memory" in str(error).lower()
    return "Ask for fewer or smaller pictures." if short_of_memory else TRY_AGAIN
