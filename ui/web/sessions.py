"""Bounds what Gradio keeps for one client: its oldest sessions are forgotten for its new ones, never somebody else's.

The session of a program is forgotten some time after its answer; that of a page, whose heartbeat says so, stays. Gradio
itself keeps 2,000 sessions of all clients together, and drops the oldest with whatever its person waits for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any

# What a browser or a program calls its session.
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST = 200  # sessions of one client
MOST_OF_ALL = 2000  # the same as Gradio's; one takes 0.2 MB
MOST_CLIENTS = 10_000
IDLE = 60.0  # seconds in which a program may go on with its session


@dataclass
class Sessions:
    """Remembers which sessions each client has, the one that called last at the end."""

    most: int = MOST
    clock: Callable[[], float] = time.monotonic
    _own: dict[str, dict[str, None]] = field(default_factory=dict)
    _pages: dict[str, None] = field(default_factory=dict)
    _kept_as: dict[str, str] = field(default_factory=dict)
    _left: dict[str, float] = field(default_factory=dict)

    def stays(self, session: str) -> None:
        """Notes that a session is a page's, also where a call of the page came before its heartbeat."""
        self._left.pop(session, None)
        _remember(self._pages, session, None)

    def known_as(self, event: str, session: str) -> None:
        """Notes under which session Gradio keeps a call that is asked for by the id of its event."""
        _remember(self._kept_as, event, session)

    def left(self, listener: str) -> None:
        """Notes that the listener of a session, or of an event in it, has gone."""
        if listener not in self._pages:
            _remember(self._left, self._kept_as.pop(listener, listener), self.clock())

    def over(self, busy: Container[str]) -> list[str]:
        """Returns the sessions of programs without a call for IDLE seconds after an answer, none of those `busy`."""
        due = [one for one, since in self._left.items() if self.clock() - since > IDLE and one not in busy]
        for one in due:
            del self._left[one]
        return due

    def enter(self, client: str, session: str, busy: Container[str]) -> list[str]:
        """Notes a call; returns the oldest sessions of its client that are too many, none of those that are `busy`."""
        self._left.pop(session, None)
        own = self._own.pop(client, {})
        self._own[client] = own
        if len(self._own) > MOST_CLIENTS:
            del self._own[next(iter(self._own))]
        own.pop(session, None)
        own[session] = None
        idle = [one for one in own if one not in busy and one != session]
        old = idle[: max(len(own) - self.most, 0)]
        for one in old:
            del own[one]
        return old


def _remember(table: dict[str, Any], key: str, value: Any) -> None:
    table.pop(key, None)
    table[key] = value
    if len(table) > MOST_CLIENTS:
        del table[next(iter(table))]


def forget(blocks: Any, session: str) -> None:
    """Takes a session out of what Gradio keeps: its messages and its state."""
    queue, states = blocks._queue, blocks.state_holder
    for kept in (
        queue.pending_messages_per_session,
        queue.pending_event_ids_session,
        states.session_data,
        states.time_last_used,
    ):
        kept.pop(session, None)
