"""Reads and replaces what goes into a denoiser and what comes out of it, whichever pipeline it belongs to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# The inputs that change from step to step. The others are conditioning.
STATE = ("sample", "hidden_states", "x", "timestep", "t")


class _Mismatch(Exception):
    """Says that two inputs cannot be concatenated."""


class _Captured(Exception):
    """Ends a pipeline's call as soon as it has called its denoiser."""


def denoiser_of(pipeline: Any) -> Any:
    """Returns the pipeline's UNet or transformer."""
    return getattr(pipeline, "unet", None) or getattr(pipeline, "transformer", None)


@contextmanager
def forward_override(denoiser: Any, forward: Callable[..., Any]) -> Iterator[None]:
    """Gives the denoiser another `forward`. What offloading or compiling has put there comes back afterwards."""
    own = denoiser.__dict__.get("forward")
    denoiser.forward = forward
    try:
        yield
    finally:
        if own is None:
            del denoiser.forward
        else:
            denoiser.forward = own


def conditioning(pipeline: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns what the pipeline hands its denoiser for a call with these arguments, but for the state.

    The pipeline itself encodes: no knowledge of any one of them is needed here. Costs one pass of the text encoder.
    """
    return {name: value for name, value in first_inputs(pipeline, arguments).items() if name not in STATE}


def first_inputs(pipeline: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns all that the pipeline hands its denoiser at the first step of a call, by name. Nothing is drawn."""
    denoiser = denoiser_of(pipeline)
    inputs: dict[str, Any] = {}

    def capture(*args: Any, **kwargs: Any) -> Any:
        inputs.update(named_inputs(denoiser, args, kwargs))
        raise _Captured

    try:
        with forward_override(denoiser, capture):
            pipeline(**arguments)
    except _Captured:
        pass
    return inputs


def named_inputs(denoiser: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments of a call of the denoiser by their names."""
    names = [name for name in inspect.signature(type(denoiser).forward).parameters if name != "self"]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def combined_inputs(inputs: dict[str, Any], concept: dict[str, Any], batch: int) -> dict[str, Any] | None:
    """Returns the inputs of one call for the `batch` predictions of `inputs` and then `batch` / 2 for the concept.

    None where they do not fit together: where the texts were encoded to different lengths, or an input belongs to no
    prediction of its own.
    """
    try:
        return {
            name: _concatenated(value, first_half(value, batch) if name in STATE else concept.get(name, value), batch)
            for name, value in inputs.items()
        }
    except _Mismatch:
        return None


def _concatenated(value: Any, more: Any, batch: int) -> Any:
    """Returns `value` with the entries of `more` behind its own, also inside dictionaries. Raises _Mismatch."""
    import torch

    if isinstance(value, dict) and isinstance(more, dict) and value.keys() == more.keys():
        return {name: _concatenated(inner, more[name], batch) for name, inner in value.items()}
    if batch_of(value) == batch and batch_of(more) == batch // 2:
        if isinstance(value, list) and isinstance(more, list):
            return value + more
        if value.shape[1:] == more.shape[1:]:
            return torch.cat([value, more])
    elif isinstance(value, str | bool | int | float | None) and value == more:
        return value
    elif value is more and batch_of(value) != batch:
        return more
    raise _Mismatch


def batch_of(value: Any) -> int:
    """Returns how many entries a list or tensor has; 0 for anything else."""
    if isinstance(value, list):
        return len(value)
    return int(value.shape[0]) if getattr(value, "ndim", 0) else 0


def first_half(value: Any, batch: int) -> Any:
    """Returns the first half of what has an entry a prediction; anything else as it is.

    For the state the second half says nothing new: both halves are equal.
    """
    return value[: batch // 2] if batch_of(value) == batch else value


def prediction_of(output: Any) -> Any:
    """Returns the prediction as a tensor, whatever the denoiser wraps it in.

    That is a tuple, a record, or a list with one tensor a picture.
    """
    import torch

    value = output[0] if isinstance(output, tuple) else output.sample
    return torch.stack(list(value)) if isinstance(value, list) else value


def with_prediction(output: Any, prediction: Any) -> Any:
    """Returns the denoiser's output with another prediction, wrapped in the same way."""
    value = output[0] if isinstance(output, tuple) else output.sample
    wrapped = list(prediction.unbind()) if isinstance(value, list) else prediction
    return (wrapped, *output[1:]) if isinstance(output, tuple) else type(output)(sample=wrapped)
