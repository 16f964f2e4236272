"""A studio whose checks, engines and marks are on other machines: the flow of studio/studio.py, with remote parts.

Nothing here judges. The policy decides where the flow runs, by what the checks saw elsewhere; a check from which no
answer came has failed, and blocks. A part that is gone is asked again, on another replica; where too many wait or the
time is up, the request is turned away with a time after which it may come again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from deploy.fair_queue import FairQueue
from deploy.replicas import LATE, OTHER_JUDGEMENT, CheckCall, DrawCall, Failure, MarkCall, plain_result, untold
from engines.diffusion.zerogpu import replay
from engines.interface import Availability, Engine, EngineCard, Preview, Progress, StepObserver
from safety.checks import Check, run_checks
from safety.errors import BusyError, EngineUnavailable, StudioError
from safety.generation import Export, Generation, GenerationRequest, Steering
from safety.marks.export import Exporter
from safety.marks.provenance import Provenance
from safety.records import Assessment, CheckFailure, Finding, Picture, Prompt, Stage
from studio import tenant
from studio.studio import Studio
from studio.tenant import INTERACTIVE

if TYPE_CHECKING:
    from PIL.Image import Image

DRAWINGS = 16  # at once, where nobody says how many the generators take
TRIES = 3  # of a part whose replica is gone while it works
PAUSE = 0.2  # seconds before a part is asked again
COME_AGAIN = 2.0  # seconds that a request is told to wait that was turned away
# Seconds that a request waits for a guard of its own policy: the others are on their way out, or its own are.
UPDATE_LASTS = 15.0
AVAILABILITY_LASTS = 30.0  # seconds
PROMPTS, PICTURES, GENERATOR, MARKS = "prompt-guard", "picture-guard", "generator", "marks"
# When the request at hand must be answered, in seconds of the epoch; what a request may take at most holds as well.
deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))
# The priority that the request at hand asks for: it may be below that of its key, and never above it.
asked_priority: ContextVar[str] = ContextVar("asked_priority", default=INTERACTIVE)
UNIT = 512 * 512  # pixels of a step that is a unit of the work of a drawing
T = TypeVar("T")


class PartGone(StudioError):
    """The replica that worked on this is gone, or none is there. Another one can do it."""


class PartBusy(StudioError):
    """So much waits for a part that no more is taken."""


class PartLate(StudioError):
    """A part did not answer in time."""


class Part(Protocol):
    """Asks a part of the studio, wherever its replicas are. Raises PartGone, PartBusy, PartLate."""

    def call(self, method: str, argument: Any, seconds: float) -> Any:
        """Returns what a method of the part answers within so many seconds."""
        ...

    def stream(self, method: str, argument: Any, seconds: float) -> Generator[Any]:
        """Yields what a method of the part yields. Closing the generator stops the work there."""
        ...


@dataclass(frozen=True)
class Asking:
    """Asks a part within the time of a request, again where its replica is gone. `seconds`: the most it may take."""

    part: Part
    name: str
    seconds: float

    def until(self) -> float:
        """Returns by when the request at hand must be answered, in seconds of the epoch."""
        return min(time.time() + self.seconds, deadline.get())

    def ask(self, method: str, argument: Any, until: float) -> Any:
        """Returns the answer. Raises BusyError where the request has to come again, and the part's own errors."""
        gone, other_since = 0, 0.0
        while (left := until - time.time()) > 0:
            try:
                answer = self.part.call(method, argument, left)
            except PartGone as error:
                gone += 1
                if gone == TRIES:
                    raise self.busy() from error
            except (PartBusy, PartLate) as error:
                raise self.busy() from error
            else:
                if not (isinstance(answer, Failure) and answer.kind in (OTHER_JUDGEMENT, LATE)):
                    return plain_result(answer)
                if answer.kind == OTHER_JUDGEMENT:
                    other_since = other_since or time.time()
                    if time.time() - other_since > UPDATE_LASTS:
                        raise BusyError("This studio is being updated.", COME_AGAIN)
            # Replicas of the old policy are about to go, and those of the new one to come.
            time.sleep(min(PAUSE, max(0.0, left)))
        raise self.busy()

    def busy(self) -> BusyError:
        """Returns the error for a request that has to come again."""
        return BusyError(f"The {self.name} of this studio has too much to do.", COME_AGAIN)


@dataclass(frozen=True)
class ClusterCheck:
    """A check that looks on another machine. `check` is what it is here: its name, and whether it is quick."""

    check: Check[Any]
    stage: Stage
    runner: ClusterRunner

    @property
    def name(self) -> str:
        """Returns the check's name."""
        return self.check.name

    @property
    def live(self) -> bool:
        """Tells whether it is quick enough for every keystroke."""
        return self.check.live

    def detect(self, subject: Prompt | Picture, /) -> tuple[Finding, ...]:
        """Returns what this check alone sees. Raises StudioError where it could not look."""
        seen = self.runner(self.stage, subject, [self])
        if seen.failed:
            raise StudioError(seen.failed[0].why)
        return seen.findings


@dataclass(frozen=True)
class ClusterRunner:
    """Lets all checks of a subject that are elsewhere look at once; those that are here look here."""

    parts: Mapping[Stage, Asking]
    judgement: str

    def __call__(self, stage: Stage, subject: Any, checks: Sequence[Check[Any]], /) -> Assessment:
        """Returns what the checks saw; one that is not in the answer has failed. Raises BusyError."""
        names = tuple(check.name for check in checks if isinstance(check, ClusterCheck))
        here = run_checks(stage, subject, [check for check in checks if not isinstance(check, ClusterCheck)])
        if not names:
            return here
        asking = self.parts[stage]
        until = asking.until()
        seen = whole(asking.ask("look", CheckCall(stage, subject, names, self.judgement, until), until), stage, names)
        return Assessment(
            stage,
            seen.ran + here.ran,
            seen.findings + here.findings,
            seen.failed + here.failed,
            {**seen.models, **here.models},
        )


def whole(answer: Any, stage: Stage, names: Sequence[str]) -> Assessment:
    """Returns an answer in which each check has looked or failed, whatever the other side has sent."""
    if not isinstance(answer, Assessment) or answer.stage != stage:
        return Assessment(stage, failed=tuple(CheckFailure(name, "No answer came from it.") for name in names))
    known = {*answer.ran, *(each.check for each in answer.failed)}
    missing = tuple(CheckFailure(name, "No answer came from it.") for name in names if name not in known)
    return replace(answer, failed=answer.failed + missing)


class ClusterEngine:
    """Draws on another machine, a few requests at a time. The card is the one that this studio reads itself."""

    def __init__(self, name: str, card: EngineCard, asking: Asking, queue: FairQueue) -> None:
        self._name, self._card, self._asking, self._queue = name, card, asking, queue
        self._known: tuple[float, Availability] | None = None

    @property
    def card(self) -> EngineCard:
        """Returns the description of the model."""
        return self._card

    def availability(self) -> Availability:
        """Tells whether the engine runs where the generators are; what was told half a minute ago still counts.

        Where they are busy or gone for a moment, what they told last counts on: else a request that names no engine
        would go to one that does not run at all.
        """
        if self._known is None or time.monotonic() - self._known[0] > AVAILABILITY_LASTS:
            try:
                told = self._asking.ask("availability", self._name, self._asking.until())
            except StudioError as error:
                return self._known[1] if self._known else Availability(False, False, error.sentence)
            self._known = time.monotonic(), told
        return self._known[1]

    def generate(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        *,
        steering: Steering | None = None,
        preview: Preview | None = None,
        observe: StepObserver | None = None,
    ) -> Generation:
        """Draws one RGB picture for each seed, once it is the request's turn (deploy/fair_queue.py).

        One that a replica did not end because it went is begun anew. Raises EngineUnavailable, EngineFailed, Cancelled,
        BusyError.
        """
        until, whose = self._asking.until(), tenant.current()
        whose = replace(whose, priority=tenant.lower(whose.priority, asked_priority.get()))
        with self._queue.place(whose, self._name, work_of(request, seeds), until, progress):
            return self._draw(request, seeds, progress, until, steering, preview, observe)

    def _draw(
        self,
        request: GenerationRequest,
        seeds: Sequence[int],
        progress: Progress,
        until: float,
        steering: Steering | None,
        preview: Preview | None,
        observe: StepObserver | None,
    ) -> Generation:
        call = DrawCall(self._name, request, tuple(seeds), steering, observe is not None, until)
        for _ in range(TRIES):
            try:
                events = self._asking.part.stream("draw", call, until - time.time())
                generation = replay(_untold(events), progress, preview, observe)
            except PartGone:
                progress("waiting for the engine", 0, 1)
                time.sleep(PAUSE)
            except (PartBusy, PartLate) as error:
                raise self._asking.busy() from error
            else:
                return _generation(generation)
        raise EngineUnavailable("The machines that draw are gone.", "Try again in a minute.")


def work_of(request: GenerationRequest, seeds: Sequence[int]) -> float:
    """Returns how much a drawing is, in steps of one picture of 512 x 512 pixels. `request` is complete."""
    return len(seeds) * (request.steps or 1) * (request.width or 512) * (request.height or 512) / UNIT


def _untold(events: Generator[Any]) -> Generator[Any]:
    """Yields events as they were before they travelled; closing it closes them."""
    try:
        for event in events:
            yield untold(event)
    finally:
        events.close()


def _generation(value: Any) -> Generation:
    if not isinstance(value, Generation):
        raise EngineUnavailable("The machine that draws gave no picture.", "Try again.")
    return value


@dataclass(frozen=True, slots=True)
class ClusterExporter(Exporter):
    """Has pictures marked on another machine, and writes the finished files here."""

    asking: Asking

    def finished(self, image: Image, provenance: Provenance, path: Path, earlier: bytes = b"") -> tuple[bytes, Export]:
        """Returns the finished file and its description. Raises ExportError, KeysError, BusyError."""
        until = self.asking.until()
        data, export = self.asking.ask("mark", MarkCall(image, provenance, path, earlier, until), until)
        return data, export


def on_cluster(studio: Studio, parts: Mapping[str, Part], seconds: float, queue: FairQueue | None = None) -> Studio:
    """Returns the studio with its checks, engines and marks on a cluster; a request may take so many seconds there.

    Policy, record, reviews and the library stay here. Engines that are servers of their own are called from here, too.
    `queue`: where requests wait for the generator; without one, 16 may draw at once.
    """
    queue = queue or FairQueue(lambda: DRAWINGS)
    asking = {name: Asking(part, name.replace("-", " "), seconds) for name, part in parts.items()}
    stages = {Stage.PROMPT: asking[PROMPTS], Stage.PICTURE: asking[PICTURES]}
    runner = ClusterRunner(stages, studio.judgement_digest)
    checks = replace(
        studio.checks,
        prompt=tuple(ClusterCheck(check, Stage.PROMPT, runner) for check in studio.checks.prompt),
        picture=tuple(ClusterCheck(check, Stage.PICTURE, runner) for check in studio.checks.picture),
        runner=runner,
    )
    engines: dict[str, Engine] = {
        name: engine if engine.card.kind == "server" else ClusterEngine(name, engine.card, asking[GENERATOR], queue)
        for name, engine in studio.engines.items()
    }
    exporter = ClusterExporter(studio.exporter.marks, asking[MARKS])
    return replace(studio, checks=checks, engines=engines, exporter=exporter)


def wait_for_parts(studio: Studio, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
    """Waits until every check of a studio on a cluster looks. Raises StudioError after `seconds`."""
    until, token = clock() + seconds, deadline.set(time.time() + seconds)
    try:
        while True:
            health = studio.health()
            if health.sound:
                return
            if clock() > until:
                blind = ", ".join(check.name for check in health.checks if check.why)
                raise StudioError(f"These checks do not look: {blind}.", "See the logs of the guards.")
            time.sleep(PAUSE)
    finally:
        deadline.reset(token)
