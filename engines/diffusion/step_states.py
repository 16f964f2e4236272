"""Reads what a pipeline holds after each step: its latents, and the picture that its decoder makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from engines.diffusion.denoiser import STATE, batch_of, denoiser_of, named_inputs
from engines.interface import StepObserver, StepState


class StepStates:
    """Passes the states of one call of a pipeline on to an observer: the noise first, then what each step leaves.

    Pipelines whose latents are no planes (packed into patches, or of video) have no states to show.
    """

    def __init__(self, pipeline: Any, pictures: int, total: int, observe: StepObserver) -> None:
        self._pipeline, self._pictures, self._total = pipeline, pictures, total
        self._observe = observe
        self._begun = False

    def show(self, latents: Any, done: int) -> None:
        """Passes on latents of shape (pictures, channels, height, width) after `done` steps, decoded.

        What the observer raises is raised.
        """
        if latents.ndim != 4:
            return
        planes = latents.detach().float().cpu().numpy()
        states = zip(planes, self._decoded(latents), strict=True)
        self._observe(tuple(StepState(done, self._total, plane, pixels) for plane, pixels in states))

    @contextmanager
    def noise(self) -> Iterator[None]:
        """Shows the latents that the first step starts from: what the denoiser is called with."""
        denoiser = denoiser_of(self._pipeline)
        hook = denoiser.register_forward_pre_hook(self._before(denoiser), with_kwargs=True)
        try:
            yield
        finally:
            hook.remove()

    def _before(self, denoiser: Any) -> Callable[[Any, tuple[Any, ...], dict[str, Any]], None]:
        def before(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            if self._begun:
                return
            self._begun = True
            inputs = named_inputs(denoiser, args, kwargs)
            state = next(inputs[name] for name in STATE if name in inputs)
            # With guidance the batch holds every picture twice.
            if batch_of(state) >= self._pictures and not isinstance(state, list):
                self.show(state[: self._pictures], 0)

        return before

    def _decoded(self, latents: Any) -> Any:
        """Returns floats 0..1 of shape (pictures, height, width, 3)."""
        import torch

        vae = self._pipeline.vae
        with torch.no_grad():
            scaled = latents / vae.config.scaling_factor + (getattr(vae.config, "shift_factor", None) or 0.0)
            pixels = vae.decode(scaled.to(next(vae.parameters()).dtype), return_dict=False)[0]
        return self._pipeline.image_processor.postprocess(pixels.detach(), output_type="np")
