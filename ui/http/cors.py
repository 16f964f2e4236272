"""Lets pages of other sites call the API, if the operator lists their origins; by default none may."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.http.problems import REQUEST_ID

API = "/v1/"
LASTS = 600  # seconds that a browser may keep the answer to its question
SENT = ("Authorization", "Content-Type", "Idempotency-Key", REQUEST_ID)
READ = (REQUEST_ID, "Retry-After", "X-Safelight-Stamp", "X-Safelight-Sha256")


class ApiCors:
    """Answers listed origins as CORS has it (Fetch standard); stands before what refuses all foreign origins.

    A page's cookies never count: calls are made with a key.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app, self.origins = app, {origin.lower() for origin in origins}
        self._cors = CORSMiddleware(
            self._without_origin,
            allow_origins=sorted(self.origins),
            allow_methods=["GET", "POST"],
            allow_headers=list(SENT),
            expose_headers=list(READ),
            allow_credentials=False,
            max_age=LASTS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        listed = (
            scope["type"] == "http"
            and scope["path"].startswith(API)
            and Headers(scope=scope).get("origin", "").lower() in self.origins
        )
        await (self._cors if listed else self.app)(scope, receive, send)

    async def _without_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name not in (b"origin", b"cookie")]
        await self.app({**scope, "headers": headers}, receive, send)
