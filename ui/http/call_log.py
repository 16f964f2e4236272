"""One line in the log for each call of the API: what was called, how it ended, how long it took; never any words."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.http.call_names import method_of, route_of
from ui.log_lines import CALLS

log = logging.getLogger(CALLS)


class CallLog:
    """Logs calls where the log is written as JSON (ui/log_lines.py), and costs nothing elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not log.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            log.info("call", extra={"facts": facts(scope, status, time.perf_counter() - started)})


def facts(scope: Scope, status: int, seconds: float) -> dict[str, object]:
    """Returns what is told of a call: the route by its template, the id of the key and never the key."""
    state = scope.get("state", {})
    key = getattr(state.get("caller"), "key", None)
    return {
        "method": method_of(scope),
        "route": route_of(scope),
        "status": status,
        "ms": round(1000 * seconds, 1),
        "request": state.get("request_id", ""),
        "key": key.id if key else "",
        "code": state.get("code", ""),
    }
