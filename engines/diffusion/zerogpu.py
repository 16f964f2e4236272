"""A GPU that is lent while one function runs (ZeroGPU on Spaces). Only drawing runs there: refusals cost nothing.

The function runs in a process forked off this one: what it is given and what it yields is pickled, so that progress,
previews and the result are items of one generator, and closing that generator stops the work at its next step.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from engines.interface import Progress
from safety.errors import Cancelled, StudioError
from safety.generation import GenerationRequest, Steering

if TYPE_CHECKING:
    from PIL.Image import Image

    from engines.diffusion.previews import Preview

Item = tuple[str, Any]  # "progress", "preview", "result" or "error", and what belongs to it
Task = Callable[[GenerationRequest, Sequence[int], Steering | None], Generator[Item]]
Lend = Callable[[Task], Task]
SETTING_UP, A_STEP, MOST = 10, 1.0, 120  # seconds asked for; a shorter wish waits less for its turn


def lender(zero_gpu: bool) -> Lend | None:
    """Returns what wraps drawing on ZeroGPU; None anywhere else."""
    if not zero_gpu:
        return None
    # On every such Space; must be imported before torch.
    import spaces

    lend: Lend = spaces.GPU(duration=seconds_for)
    return lend


def seconds_for(request: GenerationRequest, seeds: Sequence[int], steering: Steering | None) -> int:
    return min(MOST, round(SETTING_UP + A_STEP * (request.steps or 1) * len(seeds) * (1.5 if steering else 1.0)))


def relay(work: Callable[[Progress, Preview], Any]) -> Generator[Item]:
    """Runs `work` in a thread; yields what it tells and, last, its result or what it raised."""
    items: queue.Queue[Item] = queue.Queue()
    stop = threading.Event()

    def progress(*told: Any) -> None:
        if stop.is_set():
            raise Cancelled("Stopped.", "Nothing was made.")
        items.put(("progress", told))

    def preview(pictures: tuple[Image, ...]) -> None:
        items.put(("preview", pictures))

    def run() -> None:
        try:
            items.put(("result", work(progress, preview)))
        except StudioError as error:
            items.put(("error", error))
        except BaseException as error:  # noqa: BLE001  the other process can do nothing with its traceback
            items.put(("error", RuntimeError(f"{type(error).__name__}: {error}")))

    threading.Thread(target=run, daemon=True).start()
    try:
        while True:
            item = items.get()
            yield item
            if item[0] in ("result", "error"):
                return
    finally:
        stop.set()


def follow(items: Generator[Item], progress: Progress, preview: Preview | None) -> Any:
    """The result, once all items are told. What `progress` or `preview` raises stops the work."""
    try:
        for kind, value in items:
            if kind == "progress":
                progress(*value)
            elif kind == "preview" and preview:
                preview(value)
            elif kind == "error":
                raise value
            elif kind == "result":
                return value
    finally:
        items.close()
    raise Cancelled("The GPU was taken back before the picture was done.", "Try again.")
