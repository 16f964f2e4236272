"""How many calls an hour one caller of the API has, of those that open no case: judging, looking, marking.

A bucket for each caller and group that fills steadily, so that a burst may use up an hour at once. Each process counts
its own: with several workers a caller has so many times as much. What makes pictures is counted in the audit log.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from safety.review.rate_limit import ApiHour
from ui.http.problems import ApiError

HOUR = 3600.0  # seconds
MOST_KEPT = 20_000  # callers; whoever has not called for longest is forgotten first
SPENT = "{limit} calls an hour are answered for one caller here, and that many have been."


@dataclass
class HourlyCalls:
    """Counts calls. `now` is a clock in seconds."""

    limits: ApiHour
    now: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[tuple[str, str], tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, client: str, group: str) -> None:
        """Counts one call of a group. Raises ApiError 429, which says when the next one is answered."""
        limit = self.limits.limit(group)
        if not limit:
            return
        now, key = self.now(), (client, group)
        with self._lock:
            left, since = self._buckets.pop(key, (float(limit), now))
            left = min(limit, left + (now - since) * limit / HOUR)
            wait = math.ceil((1 - left) * HOUR / limit) if left < 1 else 0
            self._buckets[key] = (left if wait else left - 1, now)
            if len(self._buckets) > MOST_KEPT:
                self._buckets.popitem(last=False)
        if wait:
            raise ApiError(429, SPENT.format(limit=limit), "rate_limit_exceeded", "rate_limit_error", wait=wait)
