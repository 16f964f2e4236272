"""What goes into a denoiser and what comes out of it, whichever pipeline it belongs to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

STATE = ("sample", "hidden_states", "x", "timestep", "t")  # what changes from step to step; the rest is conditioning


class _Misfit(Exception):
    """Two inputs cannot be laid side by side."""


class _Captured(Exception):
    """Ends a pipeline's call as soon as it has asked its denoiser."""


def denoiser_of(pipeline: Any) -> Any:
    return getattr(pipeline, "unet", None) or getattr(pipeline, "transformer", None)


@contextmanager
def replaced(denoiser: Any, forward: Callable[..., Any]) -> Iterator[None]:
    """The denoiser with another `forward`. What offloading or compiling has put there comes back afterwards."""
    own = denoiser.__dict__.get("forward")
    denoiser.forward = forward
    try:
        yield
    finally:
        if own is None:
            del denoiser.forward
        else:
            denoiser.forward = own


def conditioning(pipeline: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """What the pipeline hands its denoiser for these settings, but for the state. Costs one pass of the text encoder.

    The pipeline itself encodes: no knowledge of any one of them is needed here.
    """
    denoiser = denoiser_of(pipeline)
    seen: dict[str, Any] = {}

    def capture(*args: Any, **kwargs: Any) -> Any:
        seen.update(bound(denoiser, args, kwargs))
        raise _Captured

    try:
        with replaced(denoiser, capture):
            pipeline(**settings)
    except _Captured:
        pass
    return {name: value for name, value in seen.items() if name not in STATE}


def bound(denoiser: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a forward by their names."""
    names = [name for name in inspect.signature(type(denoiser).forward).parameters if name != "self"]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def side_by_side(given: dict[str, Any], concept: dict[str, Any], whole: int) -> dict[str, Any] | None:
    """The inputs of one call for `whole` predictions and then the concept's `whole` / 2; None where they do not fit.

    They don't where the texts were encoded to different lengths, or an input belongs to no prediction of its own.
    """
    try:
        return {
            name: _after(value, half_of(value, whole) if name in STATE else concept.get(name, value), whole)
            for name, value in given.items()
        }
    except _Misfit:
        return None


def _after(value: Any, more: Any, whole: int) -> Any:
    """`value` with the entries of `more` behind its own, all the way down."""
    import torch

    if isinstance(value, dict) and isinstance(more, dict) and value.keys() == more.keys():
        return {name: _after(one, more[name], whole) for name, one in value.items()}
    if batch_of(value) == whole and batch_of(more) == whole // 2:
        if isinstance(value, list) and isinstance(more, list):
            return value + more
        if value.shape[1:] == more.shape[1:]:
            return torch.cat([value, more])
    elif isinstance(value, str | bool | int | float | None) and value == more:
        return value
    elif value is more and batch_of(value) != whole:
        return more
    raise _Misfit


def batch_of(value: Any) -> int:
    """How many entries a list or tensor has; 0 for anything else."""
    if isinstance(value, list):
        return len(value)
    return int(value.shape[0]) if getattr(value, "ndim", 0) else 0


def half_of(value: Any, whole: int) -> Any:
    """The first half of what has an entry a prediction (both halves of the state are equal); anything else as it is."""
    return value[: whole // 2] if batch_of(value) == whole else value


def prediction_of(out: Any) -> Any:
    """A tensor, whatever the denoiser wraps it in: a tuple, a record, a list with one tensor a picture."""
    import torch

    value = out[0] if isinstance(out, tuple) else out.sample
    return torch.stack(list(value)) if isinstance(value, list) else value


def with_prediction(out: Any, prediction: Any) -> Any:
    value = out[0] if isinstance(out, tuple) else out.sample
    new = list(prediction.unbind()) if isinstance(value, list) else prediction
    return (new, *out[1:]) if isinstance(out, tuple) else type(out)(sample=new)
