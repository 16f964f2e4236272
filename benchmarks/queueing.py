"""How long work waits before several servers: formulas, and what a service time is.

Erlang's C (A. K. Erlang, 1917) is exact where calls come at random (Poisson), service times are exponential, nobody
leaves and all may wait (M/M/c). For other service times the mean wait is scaled by half the sum of the squared
coefficients of variation of the times between arrivals and of the service times: the approximation of Allen and Cunneen
(A. O. Allen, Probability, Statistics, and Queueing Theory, 1990; W. Whitt, Approximations for the GI/G/m queue, 1993).
It is exact for M/G/1 as well. Whoever waits at all is taken to wait exponentially long.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Literal

NORMAL_95 = 1.6448536269514722  # standard deviations that 95 % of a normal distribution lie below
MOST_SERVERS = 100_000


@dataclass(frozen=True, slots=True)
class Service:
    """How long one piece of work takes: `mean` in seconds, and the squared coefficient of variation.

    `shape` is the distribution that is drawn from; a constant has no variation, an exponential one of 1.
    """

    mean: float
    variation: float = 1.0
    shape: Literal["constant", "exponential", "lognormal"] = "exponential"

    def __post_init__(self) -> None:
        fixed = {"constant": 0.0, "exponential": 1.0}.get(self.shape, self.variation)
        if not (0 < self.mean < math.inf and 0 <= self.variation < math.inf):
            raise ValueError("A service takes a time above 0, and its variation is 0 or more.")
        if fixed != self.variation:
            raise ValueError(f"The variation of a service that is {self.shape} is {fixed:g}.")

    @classmethod
    def constant(cls, seconds: float) -> Service:
        """Returns one that always takes the same time."""
        return cls(seconds, 0.0, "constant")

    @classmethod
    def measured(cls, median: float, p95: float) -> Service:
        """Returns the lognormal one with this median and 95th percentile, in seconds."""
        if not 0 < median <= p95 < math.inf:
            raise ValueError("A median is above 0 and not above the 95th percentile.")
        spread = math.log(p95 / median) / NORMAL_95
        return cls(median * math.exp(spread**2 / 2), math.expm1(spread**2), "lognormal")

    def draw(self, dice: random.Random) -> float:
        """Returns the seconds of one piece of work."""
        if self.shape == "exponential":
            return dice.expovariate(1 / self.mean)
        if self.variation == 0:
            return self.mean
        spread = math.log1p(self.variation)
        return dice.lognormvariate(math.log(self.mean) - spread / 2, math.sqrt(spread))


def erlang_b(servers: int, load: float) -> float:
    """Returns the share of calls lost where nobody waits. `load`: calls that would be in service on average."""
    if servers < 1 or not 0 <= load < math.inf:
        raise ValueError("There is at least one server, and the load is 0 or more.")
    lost = 1.0
    for number in range(1, servers + 1):
        lost = load * lost / (number + load * lost)
    return lost


def erlang_c(servers: int, load: float) -> float:
    """Returns the share of calls that wait; 1 where the servers cannot keep up."""
    if load >= servers:
        erlang_b(servers, load)  # for its errors
        return 1.0
    lost = erlang_b(servers, load)
    return lost / (1 - load / servers * (1 - lost))


def mean_wait(rate: float, service: Service, servers: int, arrivals: float = 1.0) -> float:
    """Returns the mean seconds before service; infinite where the servers cannot keep up.

    `rate` is in calls a second, `arrivals` the squared coefficient of variation of the times between them.
    """
    load = rate * service.mean
    waits = erlang_c(servers, load)
    if load >= servers:
        return math.inf
    return (arrivals + service.variation) / 2 * waits * service.mean / (servers - load)


def wait_quantile(share: float, rate: float, service: Service, servers: int, arrivals: float = 1.0) -> float:
    """Returns the seconds that so large a share of calls waits at most."""
    if not 0 <= share < 1:
        raise ValueError("A share is from 0 to below 1.")
    waits, mean = erlang_c(servers, rate * service.mean), mean_wait(rate, service, servers, arrivals)
    if waits <= 1 - share or mean == 0:
        return 0.0
    return mean / waits * math.log(waits / (1 - share))


def servers_needed(rate: float, service: Service, busy: float, wait: float = math.inf, share: float = 0.95) -> int:
    """Returns the fewest servers that are busy no more than `busy` of the time and keep `share` of calls within `wait`.

    Raises ValueError for aims that cannot be met.
    """
    if not (0 < busy < 1 and wait > 0 and 0 <= rate < math.inf):
        raise ValueError("Servers are busy between 0 and 1 of the time, a wait is above 0, and a rate not below 0.")
    servers = max(1, math.ceil(rate * service.mean / busy - 1e-9))
    while servers <= MOST_SERVERS:
        if wait_quantile(share, rate, service, servers) <= wait:
            return servers
        servers += 1
    raise ValueError(f"More than {MOST_SERVERS:,} servers would be needed.")
