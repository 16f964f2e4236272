"""Bounds what Gradio keeps for one client: its oldest sessions are forgotten for its new ones, never somebody else's.

Gradio itself keeps 2,000 sessions of all clients together, and drops the oldest with whatever its person waits for.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

# What a browser or a program calls its session.
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST = 200  # sessions of one client
MOST_OF_ALL = 2000  # the same as Gradio's; one takes 0.2 MB
MOST_CLIENTS = 10_000


@dataclass
class Sessions:
    """Remembers which sessions each client has, the one that called last at the end."""

    most: int = MOST
    _own: dict[str, dict[str, None]] = field(default_factory=dict)

    def enter(self, client: str, session: str, busy: Container[str]) -> list[str]:
        """Notes a call; returns the oldest sessions of its client that are too many, none of those that are `busy`."""
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
