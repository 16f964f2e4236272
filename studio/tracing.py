"""Traces by OpenTelemetry, if the operator asks for them: a span for each call and each layer, without any words.

Where the spans go is said by the variables of OpenTelemetry itself, such as OTEL_EXPORTER_OTLP_ENDPOINT.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from safety.errors import PresetError
from safety.records import Decision

NAME = "safelight"
SECOND = 1_000_000_000  # nanoseconds
INSTALL = 'Install it: pip install "safelight[otel]", or unset SAFELIGHT_TRACES.'


class Traces:
    """Writes spans through a tracer of OpenTelemetry."""

    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, name: str, **facts: str | int | float) -> Iterator[Any]:
        """Traces what is done inside of the context. Of an error it tells the class alone: it may quote a person."""
        with self._tracer.start_as_current_span(
            name, attributes=_attributes(facts), record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                raise

    def call(self, name: str, headers: Mapping[str, str]) -> AbstractContextManager[Any]:
        """Traces a call over HTTP, as part of the caller's own trace where its headers name one."""
        from opentelemetry.propagate import extract

        return self._tracer.start_as_current_span(  # type: ignore[no-any-return]
            name, context=extract(headers), record_exception=False, set_status_on_exception=False
        )

    def decided(self, decision: Decision, seconds: float) -> None:
        """Writes the span of a decision that has just been made."""
        now = time.time_ns()
        facts: dict[str, str | int | float] = {
            "mode": decision.mode,
            "verdict": decision.verdict.name,
            "checks": len(decision.ran),
        }
        span = self._tracer.start_span(
            f"judge {decision.stage}", start_time=now - int(seconds * SECOND), attributes=_attributes(facts)
        )
        span.end(now)


def make_traces() -> Traces:
    """Returns traces that are sent by OTLP over HTTP. Raises PresetError where the package is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise PresetError("SAFELIGHT_TRACES needs OpenTelemetry, which is not installed.", INSTALL) from None
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go before.
    provider = TracerProvider(resource=Resource.create({"service.name": NAME}).merge(Resource.create()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider.get_tracer(NAME))


def both(one: Callable[[Decision, float], None], other: Traces | None) -> Callable[[Decision, float], None]:
    """Returns an observer that tells `one`, and the traces where there are any."""
    if other is None:
        return one

    def observer(decision: Decision, seconds: float) -> None:
        one(decision, seconds)
        other.decided(decision, seconds)

    return observer


def _attributes(facts: Mapping[str, str | int | float]) -> dict[str, str | int | float]:
    return {f"{NAME}.{name}": value for name, value in facts.items()}
