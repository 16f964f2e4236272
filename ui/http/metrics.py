"""Figures to run the studio by, as Prometheus reads them. None says whose a call was, or what its words were."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety.records import Decision, Verdict
from ui.http.call_names import method_of, route_of
from ui.http.shared_figures import SharedFigures

if TYPE_CHECKING:
    from safety.health import Health
    from safety.review.notice_decisions import NoticeFigures

QUICK = (0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)  # seconds
SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """Counts decisions and calls. Each studio that serves has one of its own.

    `shared`: where several processes serve one studio, each of them tells the figures of all.
    """

    def __init__(self, shared: SharedFigures | None = None) -> None:
        self.shared = shared
        self.registry = own = CollectorRegistry()
        by = ["stage", "mode", "verdict"]
        self.decisions = Counter("safelight_decisions", "Decisions.", by, registry=own)
        by = ["stage", "mode", "category"]
        about = "Decisions of WARN and more, by the category that weighs most."
        self.reasons = Counter("safelight_stopped", about, by, registry=own)
        self.judging = Histogram(
            "safelight_judging_seconds", "Time of a decision.", ["stage"], registry=own, buckets=QUICK
        )
        by = ["route", "method", "status"]
        self.calls = Histogram("safelight_call_seconds", "Time of a call.", by, registry=own, buckets=SLOW)
        self.waiting = Gauge("safelight_creations_waiting", "Creations that wait or run.", registry=own)
        about = "1 for a check that looks, 0 for one that cannot."
        self.checks = Gauge("safelight_check_looks", about, ["check", "stage"], registry=own)
        about = "Memory of this process, models included."
        self.memory = Gauge("safelight_memory_bytes", about, registry=own)
        self._count_what_is_on_record()

    def _count_what_is_on_record(self) -> None:
        # Of the record, which all processes share: the same figures, whichever of them tells them.
        self.record = own = CollectorRegistry()
        about = "Notices by people who are depicted that wait for a reviewer."
        self.notices = Gauge("safelight_notices_waiting", about, registry=own)
        about = "Of those, the ones that somebody should have decided by now."
        self.overdue = Gauge("safelight_notices_overdue", about, registry=own)
        self.oldest = Gauge("safelight_notice_oldest_seconds", "Age of the oldest of them.", registry=own)
        self.answers = Gauge("safelight_notice_answers_waiting", "Makers' answers that wait.", registry=own)
        about = "Pictures removed after a notice of which a file cannot be deleted yet."
        self.undeleted = Gauge("safelight_removed_files_undeleted", about, registry=own)

    def decided(self, decision: Decision, seconds: float) -> None:
        """Counts one decision."""
        stage = str(decision.stage)
        self.decisions.labels(stage, decision.mode, decision.verdict.name).inc()
        self.judging.labels(stage).observe(seconds)
        if decision.verdict > Verdict.NOTE and decision.reasons:
            self.reasons.labels(stage, decision.mode, decision.reasons[0].category).inc()

    def own(self, health: Health | None, waiting: int) -> bytes:
        """Returns the figures of this process."""
        self.waiting.set(waiting)
        self.memory.set(_memory())
        for check in health.checks if health else ():
            self.checks.labels(check.name, str(check.stage)).set(check.state == "looks")
        return generate_latest(self.registry)

    def answer(self, health: Health | None, waiting: int, notices: NoticeFigures | None = None) -> bytes:
        """Returns all figures in Prometheus' text format. `notices` is None where the record cannot be read."""
        unknown = float("nan")
        self.notices.set(notices.waiting if notices else unknown)
        self.overdue.set(notices.overdue if notices else unknown)
        self.oldest.set(notices.oldest_seconds if notices else unknown)
        self.answers.set(notices.contested if notices else unknown)
        self.undeleted.set(notices.undeleted if notices else unknown)
        own = self.own(health, waiting)
        return (self.shared.together(own) if self.shared else own) + generate_latest(self.record)


class Measured:
    """Measures each call, by the route that answers it: addresses with names in them count as one."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
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
            self.metrics.calls.labels(route_of(scope), method_of(scope), status).observe(time.perf_counter() - started)


def _memory() -> int:
    """Returns the resident memory in bytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096
    except (OSError, ValueError, IndexError):
        return 0
