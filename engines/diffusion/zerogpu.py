"""Draws on a GPU that is lent while one function runs (ZeroGPU on Spaces). A refusal borrows none: only drawing does.

The function runs in a process forked off this one. What it gets and what it yields is pickled, so that progress,
previews and the result are events of one generator, and closing that generator stops the work at its next step.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from engines.diffusion.sampling import Watch
from engines.interface import Preview, Progress, StepObserver, StepState
from safety.errors import Cancelled, StudioError
from safety.generation import GenerationRequest, Steering

if TYPE_CHECKING:
    from PIL.Image import Image

# "progress", "preview", "states", "result" or "error", and what belongs to it.
Event = tuple[str, Any]
Task = Callable[[GenerationRequest, Sequence[int], Steering | None, bool], Generator[Event]]
GpuDecorator = Callable[[Task], Task]
# Seconds of GPU time that are asked for. A shorter wish waits less for its turn.
SETUP_SECONDS, SECONDS_PER_STEP, MAX_SECONDS = 10, 1.0, 120
# Steering asks the denoiser for a third prediction, which takes more time.
STEERING_FACTOR = 1.5


def gpu_decorator() -> GpuDecorator:
    """Returns what wraps drawing on ZeroGPU, for as many seconds as a request needs."""
    # Every such Space has it. It must be imported before torch.
    import spaces

    decorator: GpuDecorator = spaces.GPU(duration=requested_seconds)
    return decorator


def requested_seconds(
    request: GenerationRequest, seeds: Sequence[int], steering: Steering | None, observed: bool = False
) -> int:
    """Returns for how many seconds the GPU is asked for."""
    work = SECONDS_PER_STEP * (request.steps or 1) * len(seeds) * (STEERING_FACTOR if steering else 1.0)
    return min(MAX_SECONDS, round(SETUP_SECONDS + work))


def stream(
    work: Callable[[Watch], Any], observed: bool = False, stop: threading.Event | None = None
) -> Generator[Event]:
    """Runs `work` in a thread; yields its progress, its previews and, last, its result or what it raised.

    With `observed` it yields the states of each step, too. Once `stop` is set the work ends at its next step, as it
    does when the generator is closed.
    """
    events: queue.Queue[Event] = queue.Queue()
    stop = stop or threading.Event()

    def progress(*step: Any) -> None:
        if stop.is_set():
            raise Cancelled("Stopped.", "Nothing was made.")
        events.put(("progress", step))

    def preview(pictures: tuple[Image, ...], /) -> None:
        events.put(("preview", pictures))

    def observe(states: tuple[StepState, ...], /) -> None:
        events.put(("states", states))

    def run() -> None:
        try:
            events.put(("result", work(Watch(progress, preview, observe if observed else None))))
        except StudioError as error:
            events.put(("error", error))
        except BaseException as error:  # noqa: BLE001  the other process can do nothing with its traceback
            events.put(("error", RuntimeError(f"{type(error).__name__}: {error}")))

    threading.Thread(target=run, daemon=True).start()
    try:
        while True:
            event = events.get()
            yield event
            if event[0] in ("result", "error"):
                return
    finally:
        stop.set()


def replay(
    events: Generator[Event], progress: Progress, preview: Preview | None, observe: StepObserver | None = None
) -> Any:
    """Returns the result, once all events are passed on. What `progress` or one of the others raises stops the work.

    Raises what the work raised, and Cancelled where the events end without a result.
    """
    try:
        for kind, value in events:
            if kind == "progress":
                progress(*value)
            elif kind == "preview" and preview:
                preview(value)
            elif kind == "states" and observe:
                observe(value)
            elif kind == "error":
                raise value
            elif kind == "result":
                return value
    finally:
        events.close()
    raise Cancelled("The GPU was taken back before the picture was done.", "Try again.")
