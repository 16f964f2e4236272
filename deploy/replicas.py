"""What a replica of each part does, each with a studio of its own. Knows no cluster: deploy/serve.py puts it on one.

Every replica builds the whole studio, whose models are loaded at first use, and uses its part of it: so the checks, the
model and the marks of a cluster are those of a single process. A replica that cannot do its part is never ready.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from engines.diffusion.sampling import Watch
from engines.diffusion.zerogpu import Event, stream
from engines.interface import Availability
from safety import errors
from safety.checks import run_checks_on_many
from safety.errors import LimitError, StudioError, WeightsError
from safety.generation import Export, Generation, GenerationRequest, Steering
from safety.health import State, examine
from safety.marks.provenance import Provenance
from safety.records import Assessment, CheckFailure, Picture, Prompt, Stage
from studio.judgement_digest import judgement_digest
from studio.studio import Studio

SIDE = 256  # pixels of the picture that a replica looks at, and marks, before it is ready
# What a replica answers that judges by something else than the caller: another one may have the caller's.
OTHER_JUDGEMENT = "other judgement"
LATE = "late"


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of the studio on its way between two machines: its class's name, its sentence and its advice."""

    kind: str
    message: str = ""
    advice: str = ""
    seconds: float = 0.0

    @classmethod
    def of(cls, error: StudioError) -> Failure:
        """Returns an error as it travels."""
        return cls(type(error).__name__, str(error), error.advice, getattr(error, "seconds", 0.0))

    def error(self) -> StudioError:
        """Returns the error; of a class that is not known here, a plain one."""
        kind: Any = getattr(errors, self.kind, StudioError)
        if not (isinstance(kind, type) and issubclass(kind, StudioError)):
            return StudioError(self.message, self.advice)
        if issubclass(kind, LimitError):
            return kind(self.message, self.seconds)
        return kind(self.message, self.advice)


@dataclass(frozen=True, slots=True)
class CheckCall:
    """Asks checks of one stage, by name, about one subject.

    `judgement` is the caller's digest of policy, words, weights and program (studio/judgement_digest.py): all that is
    judged of one request is judged by one. `until` is the time (seconds of the epoch) after which nobody waits more.
    """

    stage: Stage
    subject: Prompt | Picture
    checks: tuple[str, ...]
    judgement: str
    until: float


@dataclass(frozen=True, slots=True)
class DrawCall:
    """Asks an engine for pictures. `request` is complete; `observed`: whether the states of each step are wanted."""

    engine: str
    request: GenerationRequest
    seeds: tuple[int, ...]
    steering: Steering | None
    observed: bool
    until: float


@dataclass(frozen=True, slots=True)
class MarkCall:
    """Asks for a marked file of one picture. `path` is where the caller will write it; its suffix is the format."""

    image: Image.Image
    provenance: Provenance
    path: Path
    earlier: bytes
    until: float


class CheckReplica:
    """Lets the checks of one stage look. Raises WeightsError where one of them cannot: then it is never ready."""

    def __init__(self, studio: Studio, stage: Stage) -> None:
        self.stage, self._studio = stage, studio
        own = studio.checks.prompt if stage is Stage.PROMPT else studio.checks.picture
        self.checks = {check.name: check for check in own}
        # What is on disk is taken down before the checks read the rest of it, and once more afterwards.
        before = self.judgement
        self.require_checks()
        if judgement_digest(studio) != before:
            raise WeightsError("Files of the checks were changed while this replica started.", WHY_NOT)

    def require_checks(self) -> None:
        """Lets every check look at something harmless. Raises WeightsError that names those that cannot."""
        own: Any = tuple(self.checks.values())
        prompts, pictures = (own, ()) if self.stage is Stage.PROMPT else ((), own)
        seen = examine(prompts, pictures, self._studio.checks.catalogue, Image.new("RGB", (SIDE, SIDE))).checks
        looking = {check.name for check in seen if check.state is State.LOOKS}
        required = {info.name for info in self._studio.checks.catalogue if info.required}
        required = self.checks.keys() | (required if self.stage is Stage.PICTURE else set())
        if blind := sorted(required - looking):
            raise WeightsError(f"This replica may judge nothing: {', '.join(blind)} cannot look.", WHY_NOT)
        if not looking:
            raise WeightsError("This replica may judge nothing: it has no checks.", WHY_NOT)

    @property
    def judgement(self) -> str:
        """Returns the digest of all that decides what this replica's checks find."""
        return self._studio.judgement_digest

    def look(self, calls: Sequence[CheckCall]) -> list[Assessment | Failure]:
        """Returns what the checks saw, for each call; those that ask for the same checks are looked at together."""
        answers: dict[int, Assessment | Failure] = {}
        together: dict[tuple[str, ...], list[int]] = {}
        for number, call in enumerate(calls):
            if call.judgement != self.judgement:
                answers[number] = Failure(OTHER_JUDGEMENT, self.judgement)
            elif call.until < time.time():
                answers[number] = Failure(LATE)
            else:
                together.setdefault(call.checks, []).append(number)
        for names, numbers in together.items():
            seen = self._look(names, [calls[number].subject for number in numbers])
            answers.update(zip(numbers, seen, strict=True))
        return [answers[number] for number in range(len(calls))]

    def _look(self, names: Sequence[str], subjects: Sequence[Prompt | Picture]) -> list[Assessment]:
        known = [self.checks[name] for name in names if name in self.checks]
        failed = tuple(
            CheckFailure(name, "This replica does not have it.") for name in names if name not in self.checks
        )
        seen = run_checks_on_many(self.stage, subjects, known)
        return [replace(assessment, failed=assessment.failed + failed) for assessment in seen]


WHY_NOT = "See the log of its start, and `python app.py health` in its image."


class DrawReplica:
    """Draws with the engines of a studio."""

    def __init__(self, studio: Studio) -> None:
        self._engines = studio.engines

    def availability(self, engine: str) -> Availability:
        """Tells whether an engine runs on this machine."""
        return self._engines[engine].availability()

    def draw(self, call: DrawCall, stop: threading.Event) -> Generator[Event]:
        """Yields the events of a drawing (engines/diffusion/zerogpu.py), which ends at the step after `stop` is set."""
        yield from stream(self._work(call), call.observed, stop)

    def _work(self, call: DrawCall) -> Callable[[Watch], Generation]:
        def work(watch: Watch) -> Generation:
            def progress(stage: str, done: int, total: int, /) -> None:
                if time.time() > call.until:
                    raise LimitError("The picture was not drawn in time.", 1)
                watch.progress(stage, done, total)

            engine, options = self._engines[call.engine], {"preview": watch.preview, "observe": watch.observe}
            return engine.generate(call.request, call.seeds, progress, steering=call.steering, **options)  # type: ignore[arg-type]

        return work


class MarkReplica:
    """Marks pictures. Raises ExportError or KeysError where it cannot: then it is never ready."""

    def __init__(self, studio: Studio) -> None:
        self._exporter = studio.exporter
        rehearse: Callable[..., None] | None = getattr(self._exporter, "rehearse", None)
        if rehearse:
            rehearse(Image.effect_noise((SIDE, SIDE), 60).convert("RGB"))

    def mark(self, call: MarkCall) -> tuple[bytes, Export] | Failure:
        """Returns the finished file and its description; nothing is written."""
        if call.until < time.time():
            return Failure(LATE)
        try:
            return self._exporter.finished(call.image, call.provenance, call.path, call.earlier)
        except StudioError as error:
            return Failure.of(error)


def told(event: Event) -> Event:
    """Returns an event as it travels: an error of the studio as a Failure."""
    kind, value = event
    return (kind, Failure.of(value)) if kind == "error" and isinstance(value, StudioError) else event


def untold(event: Event) -> Event:
    """Returns an event that has travelled as it was."""
    kind, value = event
    return (kind, value.error()) if isinstance(value, Failure) else event


def plain_result(result: Any) -> Any:
    """Returns what a part answered. Raises the error of a Failure."""
    if isinstance(result, Failure):
        raise result.error()
    return result
