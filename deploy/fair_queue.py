"""Lets a few requests of many work at a time, in a fair order, and turns away at once what would wait in vain.

Of one process: each ingress of a cluster has its own (deploy/serve.py). What a request will take is learned from those
before it, so that one whose time cannot suffice is told when to come again, instead of after its time is up.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from deploy.fair_order import FairOrder, Ticket
from engines.interface import Progress
from engines.job_queue import PACE_WEIGHT, POLL_INTERVAL, WAITING
from safety.errors import BusyError
from studio.tenant import Tenant

FIRST_PACE = 1.0  # seconds a unit of work counts as before any was measured: for shares alone, never for a deadline
# How long a measured time turns requests away. One that was wrong (a model that was loaded first, a clock that was set)
# would otherwise refuse for ever the very drawings that would show it.
FRESH = 300.0
# A drawing says how long one of at most this many doublings more takes: of a tiny one, most is not drawing.
DOUBLINGS = 3
FULL = "Too many pictures are waiting to be made here."
TOO_MANY = "Too many pictures of yours are waiting to be made."
PUSHED_OUT = "Others, of whom less waits, came before this one."
IN_VAIN = "So many wait here that this picture would not be there in time."
TOO_SHORT = "Such a picture takes about {needed:.0f} s here, and this call waits for {given:.0f} s alone: ask for less."


@dataclass(eq=False, slots=True)
class Request(Ticket):
    """Holds a request in the queue. `seconds` is what it is expected to take, 0 where nobody knows yet.

    `until`: when its answer is needed, in seconds of the epoch. `settled` is set once it may work or is turned away.
    """

    until: float = float("inf")
    seconds: float = 0.0
    began: float = 0.0
    refused: BusyError | None = None
    settled: threading.Event = field(default_factory=threading.Event)


@dataclass
class FairQueue:
    """Gives out places. `places`: how many may work at once, which may change. Safe to use from threads.

    `most`: requests that wait. `most_of_one`: of them, of one tenant. `clock`: seconds of the epoch.
    """

    places: Callable[[], int]
    most: int = 16
    most_of_one: int = 8
    clock: Callable[[], float] = time.time
    _order: FairOrder = field(default_factory=FairOrder)
    _working: set[Request] = field(default_factory=set)
    # Seconds of a place that one unit of work takes, by what does the work: what a request costs its tenant.
    _pace: dict[str, float] = field(default_factory=dict)
    # The same by doublings of work, too, each with when it was measured last: what requests are turned away by.
    _lately: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def place(self, tenant: Tenant, kind: str, work: float, until: float, progress: Progress) -> Iterator[None]:
        """Waits for a place, and holds it as long as the context lasts. What `progress` raises leaves the queue.

        `kind`: what does the work, of a few names. `work`: any measure above 0 that its time grows with. Raises
        BusyError, whose seconds say when the same would be taken if nobody else came.
        """
        request = self.enter(tenant, kind, work, until)
        try:
            while not request.settled.wait(POLL_INTERVAL):
                progress(WAITING, 0, 1)
                self.look(request)
            if request.refused:
                raise request.refused
            yield
            self._learn(kind, work, self.clock() - request.began)
        finally:
            self.leave(request)

    def enter(self, tenant: Tenant, kind: str, work: float, until: float) -> Request:
        """Lines a request up; it may have its place at once. Raises BusyError."""
        with self._lock:
            cost = work * (self._pace.get(kind, 0.0) or FIRST_PACE)
            request = Request(tenant.name, cost, tenant.weight, tenant.priority, until, self._expected(kind, work))
            if self._order.waiting(tenant.name) >= self.most_of_one:
                raise BusyError(TOO_MANY, self._first_start(tenant.name))
            self._order.add(request)
            if not self._in_time(request):
                self._order.remove(request)
                raise self._in_vain(request)
            self._give_out()
            if len(self._order) > self.most:
                self._make_room(request)
        if request.refused:
            raise request.refused
        return request

    def look(self, request: Request) -> None:
        """Turns a waiting request away whose time does not suffice any more; gives out places that came up."""
        with self._lock:
            self._give_out()
            if not request.settled.is_set() and self._too_late(request):
                self._order.remove(request)
                self._refuse(request, BusyError(IN_VAIN, self._starts()[1]))

    def leave(self, request: Request) -> None:
        """Ends a request, which waits or works."""
        with self._lock:
            self._order.remove(request)
            self._working.discard(request)
            self._give_out()

    @property
    def waiting(self) -> int:
        """Returns how many wait."""
        with self._lock:
            return len(self._order)

    @property
    def working(self) -> int:
        """Returns how many have a place."""
        with self._lock:
            return len(self._working)

    def _give_out(self) -> None:
        while len(self._working) < max(1, self.places()) and len(self._order):
            request = self._next()
            if self._too_late(request):
                self._refuse(request, BusyError(IN_VAIN, self._starts()[1]))
                continue
            request.began = self.clock()
            self._working.add(request)
            request.settled.set()

    def _next(self) -> Request:
        request = self._order.pop()
        assert isinstance(request, Request)
        return request

    def _too_late(self, request: Request) -> bool:
        return self.clock() + request.seconds > request.until

    def _in_time(self, request: Request) -> bool:
        """Tells whether a request that has just come can be done in its time, by what is known of the others."""
        if not request.seconds:
            return True
        return self.clock() + self._starts()[0][request] + request.seconds <= request.until

    def _in_vain(self, request: Request) -> BusyError:
        """Returns why a request cannot be done in its time, and when it could: once it could behind all who wait."""
        given, start = max(0.0, request.until - self.clock()), self._starts()[1]
        if request.seconds > given:
            return BusyError(TOO_SHORT.format(needed=request.seconds, given=given), start)
        return BusyError(IN_VAIN, start + request.seconds - given)

    def _make_room(self, newcomer: Request) -> None:
        """Turns one request away: the newcomer, unless somebody else has more waiting for the same share."""
        last = self._order.longest()
        mine = self._order.waiting(newcomer.tenant) / newcomer.weight
        out = last if self._order.waiting(last.tenant) / last.weight > mine else newcomer
        assert isinstance(out, Request)
        seconds = self._first_start()
        self._order.remove(out)
        self._refuse(out, BusyError(FULL if out is newcomer else PUSHED_OUT, seconds))

    def _refuse(self, request: Request, error: BusyError) -> None:
        request.refused = error
        request.settled.set()

    def _first_start(self, tenant: str | None = None) -> float:
        """Returns in how many seconds somebody who waits, or the first of a tenant, gets a place."""
        starts = (start for each, start in self._starts()[0].items() if tenant is None or each.tenant == tenant)
        return min(starts, default=0.0)

    def _starts(self) -> tuple[dict[Request, float], float]:
        """Returns in how many seconds each who waits gets a place if nobody else comes, and when there is one more."""
        now, places = self.clock(), max(1, self.places())
        # Where the clock was set back, nothing takes longer than it did.
        left = sorted(min(each.seconds, max(0.0, each.began + each.seconds - now)) for each in self._working)
        # With fewer places than before, the first to end leave none behind.
        free = left[max(0, len(left) - places) :] + [0.0] * (places - len(left))
        heapq.heapify(free)
        starts: dict[Request, float] = {}
        for each in self._order.served_next():
            assert isinstance(each, Request)
            starts[each] = heapq.heappop(free)
            heapq.heappush(free, starts[each] + each.seconds)
        return starts, free[0]

    def _learn(self, kind: str, work: float, seconds: float) -> None:
        if seconds < 0:  # the clock was set back meanwhile
            return
        pace, now, size = seconds / work, self.clock(), (kind, _doublings(work))
        with self._lock:
            self._pace[kind] = _mean(self._pace.get(kind), pace)
            known, measured = self._lately.get(size, (0.0, -FRESH))
            self._lately[size] = _mean(known if 0 <= now - measured < FRESH else None, pace), now

    def _expected(self, kind: str, work: float) -> float:
        """Returns how many seconds some work is expected to take, 0 where nothing lately says so."""
        now, least = self.clock(), _doublings(work) - DOUBLINGS
        paces = (
            pace
            for (one, size), (pace, measured) in self._lately.items()
            if one == kind and size >= least and 0 <= now - measured < FRESH
        )
        return work * min(paces, default=0.0)


def _doublings(work: float) -> int:
    return math.floor(math.log2(work))


def _mean(known: float | None, new: float) -> float:
    return new if known is None else (1 - PACE_WEIGHT) * known + PACE_WEIGHT * new
