"""What operators and their tools ask: whether the server lives, whether it may be given work."""

from __future__ import annotations

import time
from contextlib import suppress
from threading import Lock
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, PlainTextResponse, Response

from safety.errors import AuditError
from safety.health import Health, State
from ui.http.access import Operating
from ui.http.context import ApiContext
from ui.http.metrics import CONTENT_TYPE

KEPT = 60.0  # seconds that the state of the checks is kept


class HealthOfChecks:
    """Lets the checks look at something harmless, once a minute at most."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context
        self._lock = Lock()
        self._seen: tuple[float, Health] | None = None

    def seen(self) -> Health | None:
        """Returns what was last seen, without looking again."""
        return self._seen[1] if self._seen else None

    def health(self) -> Health:
        """Returns the state of the checks, at most a minute old. Loads what is not loaded yet."""
        with self._lock:
            if self._seen is None or time.monotonic() - self._seen[0] > KEPT:
                self._seen = time.monotonic(), self._context.studio.health()
            return self._seen[1]


def routes(context: ApiContext) -> APIRouter:
    """Returns the endpoints. Those of health need no key and tell nothing of anybody."""
    router = APIRouter(tags=["operation"])
    checks = HealthOfChecks(context)
    if context.metrics.shared:
        context.metrics.shared.note_regularly(lambda: context.metrics.own(checks.seen(), context.waiting))

    @router.get("/metrics", summary="Figures for Prometheus.", response_class=PlainTextResponse)
    def metrics(caller: Operating) -> Response:
        seen, notices = checks.seen(), None
        with suppress(AuditError):
            notices = context.studio.review.notice_decisions.figures()
        return Response(context.metrics.answer(seen, context.waiting, notices), media_type=CONTENT_TYPE)

    @router.get("/health/live", summary="The server answers.")
    def live() -> dict[str, Any]:
        return {"live": True}

    @router.get("/health/ready", summary="Every check that is required looks; 503 otherwise.")
    def ready() -> JSONResponse:
        health = checks.health()
        blind = [check.name for check in health.checks if check.required and check.state is not State.LOOKS]
        return JSONResponse({"ready": health.sound, "blind": blind}, 200 if health.sound else 503)

    return router
