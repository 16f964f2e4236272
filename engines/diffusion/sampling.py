"""One call of a pipeline: its steps are told, its previews shown, its steering done, its failures put into words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.diffusion.denoiser import denoiser_of
from engines.diffusion.loading import first_line
from engines.diffusion.pipeline_args import takes
from engines.diffusion.previews import Previews
from engines.diffusion.steering import steered
from engines.interface import EngineCard, Progress
from safety.errors import EngineFailed, StudioError
from safety.generation import SteeringResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.diffusion.previews import Preview

STEP = "callback_on_step_end"
TRY_AGAIN = "Try another seed, or a lower guidance."


@dataclass(frozen=True)
class Sampling:
    """A pipeline that is about to draw pictures of `size`, (width, height) in pixels."""

    card: EngineCard
    pipeline: Any
    previews: Previews | None
    size: tuple[int, int]


def run(
    drawing: Sampling, given: dict[str, Any], by: SteeringResult | None, progress: Progress, preview: Preview | None
) -> NDArray[np.float32]:
    """Pictures as floats 0..1, shape (seeds, height, width, 3); NaN where the model failed.

    Raises EngineFailed; what `progress` or `preview` raises ends the call at the step it is at.
    """
    total = given["num_inference_steps"]

    def step(_pipeline: Any, index: int, _time: object, tensors: dict[str, Any]) -> dict[str, Any]:
        # Raising here ends the call at once; the pipeline's own interrupt flag would still decode.
        progress("drawing", index + 1, max(total, index + 1))
        if preview and drawing.previews:
            drawing.previews.show(tensors, drawing.size, preview)
        return tensors

    progress("drawing", 0, total)
    pipeline = drawing.pipeline
    try:
        with steered(drawing.card, pipeline, given, by) as adjusted, _heard(pipeline, progress, total):
            told = {STEP: step} if STEP in takes(pipeline) else {}
            drawn = pipeline(**adjusted, **told)
    except StudioError:
        raise
    except Exception as error:  # a model's code may fail in any way
        raise EngineFailed(f"The model could not draw this: {first_line(error)}", advice_for(error)) from error
    finally:
        pipeline.maybe_free_model_hooks()  # after an error, too, nothing stays on the GPU that waits elsewhere
    pixels: NDArray[np.float32] = np.asarray(drawn.images, dtype=np.float32)
    return pixels


@contextmanager
def _heard(pipeline: Any, progress: Progress, total: int) -> Iterator[None]:
    """Pipelines without a callback are heard, and can be stopped, where they call their denoiser."""
    if STEP in takes(pipeline):
        yield
        return
    calls = 0

    def before(*_: Any) -> None:
        nonlocal calls
        progress("drawing", min(calls, total), total)
        calls += 1

    hook = denoiser_of(pipeline).register_forward_pre_hook(before)
    try:
        yield
    finally:
        hook.remove()


def advice_for(error: Exception) -> str:
    """What to do about an error that a pipeline raised."""
    short_of_memory = isinstance(error, MemoryError) or "memory" in str(error).lower()
    return "Ask for fewer or smaller pictures." if short_of_memory else TRY_AGAIN
