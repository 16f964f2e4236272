"""Work in a thread of its own, watched and stopped from outside. Imports no gradio."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from engines.interface import Progress
from safety.errors import Cancelled

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work is, and for how many seconds it has been running."""

    stage: str = "starting"
    done: int = 0
    total: int = 1
    seconds: float = 0.0


@dataclass
class Job(Generic[T]):
    """One call of `work` in a thread. `work` gets the progress callback that also stops it."""

    work: Callable[[Progress], T]
    stop: threading.Event = field(
        default_factory=threading.Event
    )  # set from anywhere, it ends the work at its next step
    _result: list[T] = field(default_factory=list)
    _error: list[BaseException] = field(default_factory=list)
    _step: Step = Step()

    def watch(self, every: float = 0.2) -> Generator[Step]:
        """Yields a step every so many seconds until the work is done. Closing it stops the work."""
        start = time.monotonic()
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                step = self._step
                yield Step(step.stage, step.done, step.total, time.monotonic() - start)
                thread.join(every)
        finally:
            self.stop.set()

    def result(self) -> T:
        """What the work gave, once `watch` has ended; raises what the work raised."""
        if self._error:
            raise self._error[0]
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self.work(self._progress))
        except BaseException as error:  # noqa: BLE001  handed to the thread that watches
            self._error.append(error)

    def _progress(self, stage: str, done: int, total: int, /) -> None:
        if self.stop.is_set():
            raise Cancelled("Stopped.", "Nothing was made.")
        self._step = Step(stage, done, total)
