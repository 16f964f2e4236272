"""Whose request it is where requests wait for each other: its name there, its share, and its priority.

The API says so for the time of a call; what makes requests wait (deploy/fair_queue.py) reads it. A request that nobody
has named a tenant for is nobody's, of whom all share one place in line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

INTERACTIVE, BATCH = "interactive", "batch"
PRIORITIES = (INTERACTIVE, BATCH)  # the highest first
MAX_WEIGHT = 100


@dataclass(frozen=True, slots=True)
class Tenant:
    """Names who shares what is scarce: a key, or the keyed hash of an address. `weight`: its share to 1 of others."""

    name: str = ""
    weight: int = 1
    priority: str = INTERACTIVE


NOBODY = Tenant()
_current: ContextVar[Tenant] = ContextVar("tenant", default=NOBODY)


def current() -> Tenant:
    """Returns whose the request at hand is."""
    return _current.get()


@contextmanager
def counted_as(tenant: Tenant) -> Iterator[None]:
    """Says whose the request is that is worked on inside."""
    token = _current.set(tenant)
    try:
        yield
    finally:
        _current.reset(token)


def lower(one: str, other: str) -> str:
    """Returns the lower of two priorities."""
    return max(one, other, key=PRIORITIES.index)
