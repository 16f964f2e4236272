"""In which order requests of several tenants are served: fairly by weight, in two classes. Plain data, no clock.

Self-clocked fair queueing (Golestani, INFOCOM 1994): each tenant has a tag, the service that it has had and that its
next request will take, divided by its weight; whoever waits with the least is next, and that tag is the virtual time at
which newcomers start. Over any time in which two tenants both wait, what they got, each divided by its weight, differs
by no more than one request of each; and since the virtual time goes on with each newcomer, a row of them without end
passes nobody for ever, as it does in start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996). That orders the two
classes, of which there are no newcomers; their tenants share what a class gets (Goyal, Guo and Vin, OSDI 1996). So a
lower class is slower, and never starved.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from studio.tenant import BATCH, INTERACTIVE

# The share of each class while requests of both wait: of nine seconds, batch gets one.
CLASSES: Mapping[str, float] = {INTERACTIVE: 8.0, BATCH: 1.0}


@dataclass(eq=False, slots=True)
class Ticket:
    """Holds one request in line. `cost`: what it will take, above 0, in any unit that is the same for all."""

    tenant: str
    cost: float
    weight: float = 1.0
    priority: str = INTERACTIVE

    @property
    def flow(self) -> tuple[str, str]:
        """Returns what it lines up in: the requests of one tenant in one class."""
        return self.priority, self.tenant


@dataclass
class FairShare:
    """Says who of several flows is next, by what each was served before. Flows that wait are `start`ed.

    `now` is the virtual time. `served`: what each that waits was served, by its weight; `ahead`: what it comes to with
    its next request, 0 where the order is by start tags. `finish`: of those that wait no more, where ahead of `now`:
    only by start tags, which is for a few flows that are always the same.
    """

    now: float = 0.0
    served: dict[str, float] = field(default_factory=dict)
    ahead: dict[str, float] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    finish: dict[str, float] = field(default_factory=dict)
    arrivals: int = 0

    def start(self, name: str, weight: float, cost: float = 0.0) -> None:
        """Lets a flow wait that did not, with a request of a cost. What it was served before it left still counts."""
        self.weights[name] = weight
        self._line_up(name, max(self.now, self.finish.pop(name, 0.0)), cost)

    def first(self) -> str:
        """Returns the flow that is next; of those with the same tag, the one that began to wait first."""
        return min(self.served, key=lambda name: (self.served[name] + self.ahead[name], self.since[name]))

    def serve(self, name: str, cost: float, then: float | None) -> None:
        """Counts the service of a request. `then`: the cost of the next one of the flow, None where none waits."""
        self.now = max(self.now, self.served[name] + self.ahead[name])
        tag = self.served[name] + cost / self.weights[name]
        if then is None:
            self._end(name, tag)
        else:
            self._line_up(name, tag, then)

    def change(self, name: str, cost: float) -> None:
        """Notes that another request of a flow is the next one."""
        self.ahead[name] = cost / self.weights[name]

    def leave(self, name: str) -> None:
        """Ends the waiting of a flow that was not served."""
        self._end(name, self.served[name])

    def copy(self) -> FairShare:
        """Returns the same, to try out what comes next."""
        own = {name: dict(getattr(self, name)) for name in ("served", "ahead", "weights", "since", "finish")}
        return replace(self, **own)  # type: ignore[arg-type]

    def _line_up(self, name: str, tag: float, cost: float) -> None:
        self.arrivals += 1
        self.since[name], self.served[name] = self.arrivals, tag
        self.change(name, cost)

    def _end(self, name: str, tag: float) -> None:
        for known in (self.served, self.ahead, self.weights, self.since):
            del known[name]
        # Never so of what is in the order of its finish tags: the virtual time is then at the last of them.
        if tag > self.now:
            self.finish[name] = tag


@dataclass
class FairOrder:
    """Holds the requests that wait, and says which is next."""

    _classes: FairShare = field(init=False)
    _tenants: dict[str, FairShare] = field(init=False)
    _lines: dict[tuple[str, str], deque[Ticket]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._classes = FairShare()
        self._tenants = {name: FairShare() for name in CLASSES}

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def __iter__(self) -> Iterator[Ticket]:
        for line in self._lines.values():
            yield from line

    def waiting(self, tenant: str) -> int:
        """Returns how many requests of a tenant wait, of all classes."""
        return sum(len(self._lines.get((name, tenant), ())) for name in CLASSES)

    def add(self, ticket: Ticket) -> None:
        """Lets a request wait, behind those of its tenant and class."""
        priority, tenant = ticket.flow
        line = self._lines.setdefault(ticket.flow, deque())
        if not line:
            if not self._tenants[priority].served:
                self._classes.start(priority, CLASSES[priority])
            self._tenants[priority].start(tenant, ticket.weight, ticket.cost)
        line.append(ticket)

    def pop(self) -> Ticket:
        """Takes out the request that is next. Raises ValueError where none waits."""
        priority = self._classes.first()
        level = self._tenants[priority]
        tenant = level.first()
        line = self._lines[priority, tenant]
        ticket = line.popleft()
        level.serve(tenant, ticket.cost, line[0].cost if line else None)
        # Classes are in the order of their start tags: which request of a class is next, newcomers may change.
        self._classes.serve(priority, ticket.cost, 0.0 if level.served else None)
        if not line:
            del self._lines[priority, tenant]
        return ticket

    def remove(self, ticket: Ticket) -> bool:
        """Takes out a request that waits no more, as if it had never come; False where it is not in line."""
        line = self._lines.get(ticket.flow)
        if line is None or ticket not in line:
            return False
        line.remove(ticket)
        priority, tenant = ticket.flow
        if line:
            self._tenants[priority].change(tenant, line[0].cost)
            return True
        del self._lines[ticket.flow]
        self._tenants[priority].leave(tenant)
        if not self._tenants[priority].served:
            self._classes.leave(priority)
        return True

    def served_next(self) -> Iterator[Ticket]:
        """Yields all who wait in the order in which they are served if nobody else comes. Changes nothing."""
        trial = FairOrder()
        trial._classes = self._classes.copy()
        trial._tenants = {name: level.copy() for name, level in self._tenants.items()}
        trial._lines = {flow: deque(line) for flow, line in self._lines.items()}
        while trial._lines:
            yield trial.pop()

    def longest(self) -> Ticket:
        """Returns the last request of whoever has the most waiting for its weight; of several such, in the lower class.

        Where there is no room, it makes room (McKenney, "Stochastic fairness queueing", INFOCOM 1990).
        """

        def length(last: Ticket) -> tuple[float, float]:
            return self.waiting(last.tenant) / last.weight, -CLASSES[last.priority]

        return max((line[-1] for line in self._lines.values()), key=length)
