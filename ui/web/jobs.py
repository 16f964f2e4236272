"""Runs work in a thread of its own, watched and stopped from outside. Imports no gradio."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from engines.interface import Progress
from safety.errors import Cancelled
from ui.results import Step

if TYPE_CHECKING:
    from PIL.Image import Image

    from engines.interface import Preview

T = TypeVar("T")


@dataclass
class Job(Generic[T]):
    """Calls `work` once, in a thread. `work` gets the callback for progress, which also stops it, and for previews.

    `stop`, set from any thread, ends the work at its next step.
    """

    work: Callable[[Progress, Preview], T]
    stop: threading.Event = field(default_factory=threading.Event)
    _result: list[T] = field(default_factory=list)
    _error: list[BaseException] = field(default_factory=list)
    _step: Step = Step()
    _stage_began: float = 0.0

    def watch(self, every: float = 0.2) -> Generator[Step]:
        """Yields a step every so many seconds until the work is done. Closing it stops the work."""
        start = time.monotonic()
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                step, now = self._step, time.monotonic()
                share = step.done / max(step.total, 1)
                left = (now - self._stage_began) * (1 - share) / share if 0 < share < 1 else None
                yield replace(step, seconds=now - start, left=left)
                thread.join(every)
        finally:
            self.stop.set()

    def run(self) -> T:
        """Does the work in the caller's own thread and returns its result; raises what it raises."""
        self._run()
        return self.result()

    def result(self) -> T:
        """Returns what the work returned, once `watch` has ended; raises what the work raised."""
        if self._error:
            raise self._error[0]
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self.work(self._progress, self._preview))
        except BaseException as error:  # noqa: BLE001  handed to the thread that watches
            self._error.append(error)

    def _progress(self, stage: str, done: int, total: int, /) -> None:
        if self.stop.is_set():
            raise Cancelled("Stopped.", "Nothing was made.")
        if stage != self._step.stage or done < self._step.done:
            self._stage_began = time.monotonic()
        self._step = Step(stage, done, total, previews=self._step.previews)

    def _preview(self, pictures: tuple[Image, ...]) -> None:
        self._step = replace(self._step, previews=pictures)
