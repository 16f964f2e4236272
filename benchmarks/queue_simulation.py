"""Simulates work that goes through several layers of servers, event by event (SimPy): what no formula covers.

Each layer has its servers, a waiting room, and batches: a free server takes as many waiting pieces as a batch may have.
Calls come at random, or from clients each of which waits for its answer before it asks again. A call that finds a
waiting room full is turned away; one that is not done within its patience leaves. Not simulated: the network, the few
milliseconds that a guard waits for a batch to fill, servers that fail.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

import simpy

from benchmarks.queueing import Service

SLICE = 0.02  # seconds of a core at a time, where there are more servers than cores
Steps = Generator[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Station:
    """One layer. A batch of n takes `1 + marginal * (n - 1)` times what one takes; `room`: how many may wait.

    `refuses`: the share of calls that end here with an answer, as a prompt that a guard refuses.
    """

    name: str
    servers: int
    service: Service
    batch: int = 1
    marginal: float = 1.0
    room: float = math.inf
    refuses: float = 0.0

    def __post_init__(self) -> None:
        if self.servers < 1 or self.batch < 1 or self.room < 0:
            raise ValueError(f"{self.name}: servers and batches are 1 or more, a waiting room 0 or more.")
        if not (0 <= self.marginal <= 1 and 0 <= self.refuses <= 1):
            raise ValueError(f"{self.name}: the marginal time and the share refused are from 0 to 1.")


@dataclass(frozen=True, slots=True)
class Clients:
    """Callers each of whom waits for its answer, thinks, and asks again; turned away, it waits for `retry` seconds."""

    number: int
    think: float = 0.0
    retry: float = 2.0

    def __post_init__(self) -> None:
        # Without a pause of whoever is turned away, no time would pass.
        if self.number < 1 or self.think < 0 or not self.retry > 0:
            raise ValueError("There is at least one client, it thinks for 0 seconds or more, and waits before a retry.")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is simulated: `calls` is a rate a second, or the clients. `seconds` from the first call on.

    `patience`: seconds after which a call leaves. `room`: how many calls may be in all layers together. `cores`: on
    which all servers run, by turns; without it each has a core of its own. Waits then end when a server begins, which
    may have to share its core.
    """

    stations: tuple[Station, ...]
    calls: float | Clients
    seconds: float
    warm_up: float = 0.0
    patience: float = math.inf
    room: float = math.inf
    cores: int | None = None

    def __post_init__(self) -> None:
        if not self.stations or not 0 <= self.warm_up < self.seconds < math.inf:
            raise ValueError("A scene has layers, and lasts longer than it warms up.")
        if not isinstance(self.calls, Clients) and not 0 < self.calls < math.inf:
            raise ValueError("The rate of calls is above 0.")
        if not self.patience > 0 or self.room < 1 or (self.cores is not None and self.cores < 1):
            raise ValueError("Patience is above 0 seconds; there is room for one call and a core at least.")


@dataclass
class Outcome:
    """What became of the calls, counted from the first one on. Times, in seconds, are of what ends after the warm-up.

    `waits` are by layer; `answers` are of whole calls that were done, `refusals` of those that ended at a layer.
    """

    arrived: int = 0
    done: int = 0
    refused: int = 0
    turned_away: int = 0
    late: int = 0
    in_flight: int = 0
    waits: dict[str, list[float]] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    measured_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Returns how many calls a second were done after the warm-up."""
        return len(self.answers) / self.measured_seconds


@dataclass(eq=False, slots=True)
class _Job:
    joined: float
    served: Any


class _Queue:
    """The waiting room and the servers of one layer."""

    def __init__(self, run: _Run, station: Station) -> None:
        self._run, self.station = run, station
        self._free, self._waiting = station.servers, deque[_Job]()
        self.waits: list[float] = []
        self.busy = 0.0

    def join(self) -> _Job | None:
        """Takes a piece of work, or nothing where the waiting room is full."""
        if not self._free and len(self._waiting) >= self.station.room:
            return None
        job = _Job(self._run.env.now, self._run.env.event())
        self._waiting.append(job)
        self._dispatch()
        return job

    def leave(self, job: _Job) -> None:
        """Takes back work that waits; what a server has begun goes on."""
        if job in self._waiting:
            self._waiting.remove(job)

    def _dispatch(self) -> None:
        while self._free and self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self.station.batch, len(self._waiting)))]
            self._free -= 1
            self._run.env.process(self._serve(batch))

    def _serve(self, batch: list[_Job]) -> Steps:
        env = self._run.env
        if env.now >= self._run.scene.warm_up:
            self.waits += [env.now - job.joined for job in batch]
        scale = 1 + self.station.marginal * (len(batch) - 1)
        seconds = scale * self.station.service.draw(self._run.dice)
        if self._run.cores:
            yield from self._in_slices(self._run.cores, seconds)
        else:
            yield env.timeout(seconds)
        self.busy += seconds
        self._free += 1
        for job in batch:
            job.served.succeed()
        self._dispatch()

    def _in_slices(self, cores: simpy.Resource, seconds: float) -> Steps:
        """Works on cores that others share, by turns, as an operating system gives them: what is short is done soon."""
        left = seconds
        while left > 0:
            with cores.request() as core:
                yield core
                yield self._run.env.timeout(min(SLICE, left))
            left -= SLICE


class _Run:
    """One run of a scene."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene, self.dice = scene, random.Random(seed)
        self.env = simpy.Environment()
        self.cores = simpy.Resource(self.env, scene.cores) if scene.cores else None
        self.queues = [_Queue(self, station) for station in scene.stations]
        self.outcome = Outcome(measured_seconds=scene.seconds - scene.warm_up)

    def go(self) -> Outcome:
        """Runs to the end of the scene."""
        if isinstance(self.scene.calls, Clients):
            for _ in range(self.scene.calls.number):
                self.env.process(self._client(self.scene.calls))
        else:
            self.env.process(self._arrivals(self.scene.calls))
        self.env.run(until=self.scene.seconds)
        waits = {queue.station.name: queue.waits for queue in self.queues}
        shares = {q.station.name: q.busy / self.scene.seconds / q.station.servers for q in self.queues}
        return replace(self.outcome, waits=waits, busy=shares)

    def _arrivals(self, rate: float) -> Steps:
        while True:
            yield self.env.timeout(self.dice.expovariate(rate))
            self.env.process(self._call())

    def _client(self, clients: Clients) -> Steps:
        while True:
            answered = yield self.env.process(self._call())
            yield self.env.timeout(clients.think if answered else clients.retry)

    def _call(self) -> Steps:
        """One call. Returns whether it was answered, by what it asked for or by a refusal."""
        told, began = self.outcome, self.env.now
        told.arrived += 1
        if told.in_flight >= self.scene.room:
            told.turned_away += 1
            return False
        told.in_flight += 1
        fate = yield from self._through(began)
        told.in_flight -= 1
        setattr(told, fate, getattr(told, fate) + 1)
        if fate in ("done", "refused") and self.env.now >= self.scene.warm_up:
            (told.answers if fate == "done" else told.refusals).append(self.env.now - began)
        return fate in ("done", "refused")

    def _through(self, began: float) -> Steps:
        for queue in self.queues:
            job = queue.join()
            if job is None:
                return "turned_away"
            if self.scene.patience == math.inf:
                yield job.served
            else:
                left = max(0.0, began + self.scene.patience - self.env.now)
                yield job.served | self.env.timeout(left)
            if not job.served.triggered:
                queue.leave(job)
                return "late"
            if self.dice.random() < queue.station.refuses:
                return "refused"
        return "done"


def simulate(scene: Scene, seed: int = 0) -> Outcome:
    """Returns what becomes of the calls of a scene; the same seed gives the same."""
    return _Run(scene, seed).go()
