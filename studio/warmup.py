"""Loads, behind the server's back, what the first picture needs: in a thread of its own, once the server answers.

The thread has no lower priority: threads that a library starts while it loads would keep that for good.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engines.interface import silent
from engines.validation import complete
from safety.errors import StudioError
from safety.generation import GenerationRequest
from safety.policy.model import BASE_MODE

if TYPE_CHECKING:
    from PIL.Image import Image

    from studio.studio import Studio

log = logging.getLogger(__name__)
# The first judgement loads what reads prompts and names languages; this one has to name one.
PROMPT = "ein roter Apfel liegt auf dem Tisch"
DRAWN = "a red apple"
STEPS = 2  # the fewest of all samplers
# The page's first visitors come before the imports, which keep the interpreter to themselves.
DELAY = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Task:
    """Names a part of the work and says how many seconds it takes on two cores of a small machine."""

    name: str
    seconds: float
    do: Callable[[], object]


@dataclass(frozen=True, slots=True)
class WarmUpState:
    """Says whether the work goes on and about how many seconds are left: 0 where it takes longer than it should."""

    ready: bool = True
    left: float = 0.0


@dataclass
class WarmUp:
    """Does tasks one after the other, once. One that fails is left to the first picture, which says what is wrong."""

    tasks: Sequence[Task]
    delay: float = DELAY
    clock: Callable[[], float] = time.monotonic
    _began: float | None = None
    _done: float = 0.0
    _over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Starts the work, unless it was started before."""
        with self._lock:
            if self._began is not None:
                return
            self._began = self.clock() + self.delay
        threading.Thread(target=self.run, name="warm-up", daemon=True).start()

    def run(self) -> None:
        """Does the work in the caller's thread."""
        time.sleep(self.delay)
        try:
            for task in self.tasks:
                _attempt(task)
                self._done += task.seconds
        finally:
            self._over = True

    def state(self) -> WarmUpState:
        """Returns how far the work is; it is ready where it never began."""
        began = self._began
        if began is None or self._over:
            return WarmUpState()
        whole, spent = sum(task.seconds for task in self.tasks), max(0.0, self.clock() - began)
        # A machine that took twice as long so far takes twice as long for the rest.
        pace = max(1.0, spent / self._done) if self._done else 1.0
        return WarmUpState(False, max(0.0, pace * whole - spent))


def warm_up_of(studio: Studio, engine: bool) -> WarmUp:
    """Returns what loads the prompt checks of a studio and, if `engine`, all that its default engine's pictures need.

    Nothing is downloaded, recorded or written but the studio's own keys, which the first picture would make. The
    picture that is drawn is thrown away.
    """
    tasks = [Task("prompt checks", 2.0, lambda: studio.preview(PROMPT, BASE_MODE))]
    if engine:
        drawn: list[Image] = []
        tasks += [
            Task("model", 5.0, lambda: drawn.extend(_draw(studio))),
            Task(
                "picture checks", 2.0, lambda: [studio.look(image, BASE_MODE, DRAWN) for image in drawn or [_blank()]]
            ),
            Task("marks", 1.5, lambda: studio.exporter.rehearse(*drawn)),
        ]
    return WarmUp(tasks)


def _draw(studio: Studio) -> list[Image]:
    """Draws with the default engine in a few steps; nothing where its files are not here or it is another server's."""
    first = studio.offered_engines()[0]
    if first.card.kind == "server" or not (first.availability.installed and first.availability.runs):
        return []
    steps = max(STEPS, int(first.card.steps.least))
    request = complete(GenerationRequest(DRAWN, engine=first.name, steps=steps), studio.engines)
    generation = studio.engines[first.name].generate(request, [0], silent)
    return [picture.image for picture in generation.pictures]


def _blank() -> Image:
    from PIL import Image as Pillow

    return Pillow.new("RGB", (256, 256))


def _attempt(task: Task) -> None:
    try:
        task.do()
    except StudioError as error:
        log.warning("Getting ready, %s: %s", task.name, error.sentence)
    except Exception:  # whatever it is, the first picture meets it again and says so
        log.exception("Getting ready, %s", task.name)
