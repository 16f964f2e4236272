"""Lists that are drawn, or wait to be: kept at the server so that a reload loses nothing. Imports no gradio.

Each list has a name that nobody can guess, and belongs to the person who made it. Where the server has been started
anew, it is made again of its words and of the stamps of its finished pictures, which the browser keeps.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from safety.generation import Delivered, Export, Outcome, Refused, Stamp
from studio.class_record import person_of_learner
from studio.lists import ListLine
from ui.results import Problem, Step
from ui.web import handlers

if TYPE_CHECKING:
    from studio import Studio

# Lists that the server keeps, of one person and of all; the oldest goes first that nobody draws just now. A browser
# has enough of its own to make it again.
MOST_OF_ONE, MOST = 10, 1000
MAX_FAILURES = 3  # in a row, after which the list pauses: what keeps failing is not the line
TAKE_OVER = 30.0  # seconds that another window has to end with the picture that it draws
WAITING, DRAWN, VEILED, WITHHELD, REFUSED, ASKS, FAILED = (
    "waiting", "drawn", "veiled", "withheld", "refused", "asks", "failed",
)  # fmt: skip
TAKEN_OVER = "This list is being drawn in another window. Stop it there first."


@dataclass(frozen=True, slots=True)
class LineResult:
    """Holds what became of one line; `sentence` says what went wrong."""

    state: str
    case: str = ""
    seed: int | None = None
    export: Export | None = None
    sentence: str = ""


@dataclass
class Run:
    """Holds one list: the wish that it was made of, its lines, and what became of each, by number.

    `stop` is that of whoever draws it now. A line without a result waits.
    """

    person: str
    wish: Mapping[str, Any]
    lines: tuple[ListLine, ...]
    name: str = field(default_factory=lambda: secrets.token_hex(16))
    results: dict[int, LineResult] = field(default_factory=dict)
    confirmed: frozenset[int] = frozenset()
    stop: threading.Event = field(default_factory=threading.Event)
    drawing: threading.Lock = field(default_factory=threading.Lock)

    def state(self, line: ListLine) -> str:
        """Returns what became of a line, or what it waits for."""
        if result := self.results.get(line.number):
            return result.state
        if line.asks:
            return WAITING if line.number in self.confirmed else ASKS
        return WAITING if line.may_be_drawn else REFUSED

    def left(self) -> list[ListLine]:
        """Returns the lines that are still to be drawn, those included that failed."""
        return [line for line in self.lines if self.state(line) in (WAITING, FAILED)]

    def count(self, *states: str) -> int:
        """Returns how many lines are in one of these states."""
        return sum(self.state(line) in states for line in self.lines)

    def finished(self) -> list[tuple[ListLine, LineResult]]:
        """Returns the lines that came to a picture, in their order."""
        found = ((line, self.results.get(line.number)) for line in self.lines)
        return [(line, result) for line, result in found if result and result.export]

    def stamps(self) -> dict[int, str]:
        """Returns the stamp of each finished picture by the number of its line."""
        return {line.number: str(result.export.stamp) for line, result in self.finished() if result.export}


@dataclass
class Runs:
    """Keeps lists by their names."""

    _kept: dict[str, Run] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, run: Run) -> Run:
        """Keeps a list."""
        with self._lock:
            self._kept[run.name] = run
            own = [name for name, one in self._kept.items() if one.person == run.person]
            for names, most in ((own, MOST_OF_ONE), (list(self._kept), MOST)):
                idle = [name for name in names if name in self._kept and not self._kept[name].drawing.locked()]
                for old in idle[: max(len(names) - most, 0)]:
                    del self._kept[old]
        return run

    def forget(self, learners: set[str]) -> None:
        """Lets go of the lists of learners, given as clients, whose class is over."""
        people = {person_of_learner(client) for client in learners}
        with self._lock:
            for run in [run for run in self._kept.values() if run.person in people]:
                run.stop.set()
                del self._kept[run.name]

    def get(self, name: object, person: str) -> Run | None:
        """Returns a person's own list; None where there is none of that name."""
        run = self._kept.get(name) if isinstance(name, str) else None
        return run if run and run.person == person else None


@dataclass(frozen=True, slots=True)
class Place:
    """Says how far a list is: the line that is drawn, how many are done `of` how many, and the seconds left."""

    line: ListLine
    done: int
    of: int
    step: Step
    left: float | None = None


def draw(
    studio: Studio, run: Run, stop: threading.Event, client: str, person: str
) -> Generator[Place | LineResult | Problem]:
    """Draws the lines that are left, one after the other; yields places, a result for each, a problem where it ends.

    Whoever drew this list before is stopped first: it is drawn in one window at a time.
    """
    run.stop.set()
    if not run.drawing.acquire(timeout=TAKE_OVER):
        yield Problem(TAKEN_OVER)
        return
    try:
        run.stop = stop
        yield from _draw(studio, run, stop, client, person)
    finally:
        run.drawing.release()


def _draw(
    studio: Studio, run: Run, stop: threading.Event, client: str, person: str
) -> Generator[Place | LineResult | Problem]:
    left, start, failures = run.left(), time.monotonic(), 0
    for done, line in enumerate(left):
        if stop.is_set():
            return
        pace = (time.monotonic() - start) / done if done else None
        result: Problem | Outcome = Problem("")
        # A line stops by itself where the list does; the list's own signal outlives it.
        with closing(
            handlers.create(studio, _values(run, line), _Line(stop), client, _shown(run, line), person)
        ) as steps:
            for each in steps:
                if isinstance(each, Step):
                    yield Place(line, done, len(left), each, pace and pace * (len(left) - done))
                else:
                    result = each
        if stop.is_set() and isinstance(result, Problem):
            return
        if isinstance(result, Problem) and result.wait is not None:
            yield result
            return
        run.results[line.number] = kept = _result(result)
        failures = failures + 1 if kept.state == FAILED else 0
        yield kept
        if failures == MAX_FAILURES and isinstance(result, Problem):
            yield result
            return


class _Line(threading.Event):
    """Tells the work on one line to end: when its list is to end, or when the line itself is."""

    def __init__(self, run: threading.Event) -> None:
        super().__init__()
        self._run = run

    def is_set(self) -> bool:
        return super().is_set() or self._run.is_set()


def _values(run: Run, line: ListLine) -> Mapping[str, Any]:
    """Returns a line as a form; the tick of somebody who was shown the warning is part of it."""
    values = asdict(line.request) | {"acknowledged": line.number in run.confirmed}
    values.pop("warning")
    return values


def _shown(run: Run, line: ListLine) -> list[str]:
    """Returns what the person was shown a warning about and has ticked."""
    request = line.request
    words = handlers.words_of(request.prompt, request.mode, request.negative_prompt)
    return [words] if line.asks and line.number in run.confirmed else []


def _result(result: Problem | Outcome) -> LineResult:
    if isinstance(result, Problem):
        return LineResult(FAILED, sentence=result.sentence)
    if isinstance(result, Refused):
        return LineResult(WITHHELD if result.decision.stage != "prompt" else REFUSED, result.case)
    return _delivered(result)


def _delivered(outcome: Delivered) -> LineResult:
    picture = outcome.pictures[0]
    state = VEILED if picture.veiled else DRAWN if picture.export else WITHHELD
    return LineResult(state, outcome.case, picture.picture.seed, picture.export)


def recall(studio: Studio, run: Run, stamps: Mapping[str, Any]) -> Run:
    """Gives a list that is made anew its finished pictures back: those of the stamps that the person's library has."""
    wanted = {stamp: line for line in run.lines if isinstance(stamp := stamps.get(str(line.number)), str)}
    for entry in _entries(studio, run.person, list(wanted)):
        line = wanted[entry.stamp]
        path = studio.library.path(entry)
        export = Export(path, Stamp(int(entry.stamp, 16)), entry.sha256, entry.width, entry.height, ())
        if studio.pictures.bring(path):
            state = VEILED if entry.veiled else DRAWN
            run.results[line.number] = LineResult(state, entry.case_id, int(entry.seed), export)
    return run


def _entries(studio: Studio, person: str, stamps: Sequence[str]) -> Sequence[Any]:
    return studio.library.entries(person, stamps) if stamps else ()
