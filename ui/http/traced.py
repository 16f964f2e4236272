"""A span for each call of the API, where the operator asks for traces (studio/tracing.py)."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.tracing import Traces
from ui.http.call_names import method_of, route_of


class Traced:
    """Traces each call, named by the route that answers it."""

    def __init__(self, app: ASGIApp, traces: Traces) -> None:
        self.app, self.traces = app, traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        with self.traces.call(method_of(scope), known) as span:

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self.app(scope, receive, watched)
            finally:
                span.update_name(f"{method_of(scope)} {route_of(scope)}")
                span.set_attribute("http.request.method", method_of(scope))
                span.set_attribute("http.route", route_of(scope))
                span.set_attribute("safelight.request", scope.get("state", {}).get("request_id", ""))
