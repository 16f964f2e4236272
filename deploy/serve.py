"""The studio on Ray Serve: ingress (the API and the flow) -> prompt guard -> generator -> picture guard -> marks.

    serve run deploy.serve:application            # settings from the environment, as everywhere
    serve deploy config.yaml                      # numbers of replicas: deploy/rayservice.yaml has them

Each part is a deployment of its own and is scaled by itself. The flow is the studio's, in every replica of the ingress
(deploy/cluster_parts.py); the record is the database of SAFELIGHT_STORE, finished files and keys are in SAFELIGHT_HOME,
which all nodes share. The only file of this folder that knows Ray.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from anyio import to_thread
from ray import serve
from ray.exceptions import ActorUnavailableError, NodeDiedError, RayActorError, RayTaskError, WorkerCrashedError
from ray.serve.config import BackpressureConfig
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, ReplicaUnavailableError
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import ReplicaState
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app import read_settings
from deploy.cluster_parts import (
    COME_AGAIN,
    GENERATOR,
    MARKS,
    PICTURES,
    PROMPTS,
    PartBusy,
    PartGone,
    PartLate,
    asked_priority,
    deadline,
    on_cluster,
    wait_for_parts,
)
from deploy.fair_queue import FairQueue
from deploy.replicas import CheckCall, CheckReplica, DrawCall, DrawReplica, MarkCall, MarkReplica, told
from engines.interface import Availability
from safety.errors import StudioError
from safety.records import Stage
from studio.factory import make_studio
from studio.studio import Studio
from studio.tenant import INTERACTIVE, PRIORITIES
from ui.cli.serving import work_beside
from ui.http.problems import ApiError, response_of
from ui.reach import Reach
from ui.web.api_server import guarded
from ui.web.log_privacy import keep_words_out_of_logs

INGRESS = "ingress"
SECONDS = 120.0  # that a request may take
START = 120.0  # seconds that an ingress waits for the guards
DRAIN = 150.0  # seconds that a replica that is to end has for the work it has begun: more than a request may take
HEARTBEAT = 0.25  # seconds after which a caller who waits for a drawing may cancel it
# Drawings that a generator has at once: one that is drawn, and the next.
AT_ONCE = 2
MOST_OF_ONE = 8  # drawings of one tenant that wait in one ingress
CREATIONS = 48  # in one ingress, of which most wait; the rest of its calls are for judgements and files
CALLS = 64  # that one ingress works on, each in a thread
COUNTED_EVERY = 5.0  # seconds after which an ingress looks how many generators there are
# Where so much waits for a part, no more is taken. For the generator, it waits in the ingress (deploy/fair_queue.py).
MOST_WAITING = {PROMPTS: 256, PICTURES: 64, GENERATOR: 16, MARKS: 64}
# Eight prompts at once take a ninth less processor time than each by itself, more of them gain no more
# (benchmarks/server/guard_batches.py).
PROMPT_BATCH, PICTURE_BATCH = 8, 2
BATCH_WAIT = 0.005  # seconds that a prompt waits for others
HEADER = "safelight-seconds"  # of a request: how long its client waits at most
PRIORITY = "safelight-priority"  # of a request: `batch` lets others go before it, whatever its key may do
NO_PRIORITY = f"There is no such priority. The header {PRIORITY} is `interactive` or `batch`."
GONE = (RayActorError, ActorUnavailableError, WorkerCrashedError, NodeDiedError, ReplicaUnavailableError)
MakeStudio = Callable[[], Studio]


def studio_of_settings() -> Studio:
    """Returns the studio of the environment's settings."""
    return make_studio(read_settings())


class RayPart:
    """A part behind a handle of Ray Serve."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._handle = handle

    def call(self, method: str, argument: Any, seconds: float) -> Any:
        """Returns what a replica answers. Raises PartGone, PartBusy, PartLate; StudioError for a fault of the part."""
        response = getattr(self._handle, method).remote(argument)
        try:
            return response.result(timeout_s=max(0.001, seconds))
        except TimeoutError as error:
            response.cancel()
            raise PartLate("It did not answer in time.") from error
        except Exception as error:  # whatever Ray raises is put into the studio's terms
            raise in_our_terms(error) from error

    def stream(self, method: str, argument: Any, seconds: float) -> Generator[Any]:
        """Yields what a replica yields, and the last progress again while it is silent, so that it can be cancelled."""
        response = getattr(self._handle.options(stream=True), method).remote(argument)
        events: queue.Queue[tuple[str, Any]] = queue.Queue()
        threading.Thread(target=_pump, args=(response, events), daemon=True, name="events").start()
        last: tuple[str, Any] = ("progress", ("waiting for the engine", 0, 1))
        until, over = time.monotonic() + seconds, False
        try:
            while not over:
                try:
                    event = events.get(timeout=HEARTBEAT)
                except queue.Empty:
                    if time.monotonic() > until:
                        raise PartLate("It did not draw in time.") from None
                    yield last
                    continue
                over = event[0] in ("raised", "end")
                if event[0] == "raised":
                    raise in_our_terms(event[1]) from event[1]
                if not over:
                    last = event if event[0] == "progress" else last
                    yield event
        finally:
            if not over:
                threading.Thread(target=response.cancel, daemon=True, name="cancel").start()


def _pump(response: Any, events: queue.Queue[tuple[str, Any]]) -> None:
    try:
        for event in response:
            events.put(event)
        events.put(("end", None))
    except BaseException as error:  # noqa: BLE001  it is raised where the events are read
        events.put(("raised", error))


def in_our_terms(error: BaseException) -> StudioError:
    """Returns an error of Ray as one of a part."""
    if isinstance(error, BackPressureError):
        return PartBusy("Too much waits for it.")
    if isinstance(error, (*GONE, DeploymentUnavailableError)):
        return PartGone("Its machine is gone.")
    if isinstance(error, RayTaskError) and isinstance(error.cause, GONE):
        return PartGone("A machine that it needs is gone.")
    return StudioError(f"A part of the studio failed: {type(error).__name__}.", "Its log says why.")


class AskedFor:
    """Reads from the headers of each request how long its client waits, and what priority it asks for."""

    def __init__(self, app: ASGIApp, most: float) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            asked = headers.get(PRIORITY, INTERACTIVE).strip().lower()
            if asked not in PRIORITIES:
                error = ApiError(400, NO_PRIORITY, "invalid_priority", loc=(PRIORITY,))
                await response_of(Request(scope), error)(scope, receive, send)
                return
            asked_priority.set(asked)
            deadline.set(time.time() + min(self.most, _seconds(headers.get(HEADER), self.most)))
            # Those who wait for a generator each hold a thread: none of the others may wait for one.
            to_thread.current_default_thread_limiter().total_tokens = CALLS
        await self.app(scope, receive, send)


class Places:
    """Says how many drawings of an ingress may be with the generators: its share of what they take.

    Counted anew every few seconds, by a thread; what was last known holds where nobody answers. `count` returns how
    many generators and ingresses there are.
    """

    def __init__(self, count: Callable[[], tuple[int, int]]) -> None:
        self._count, self._places = count, AT_ONCE

    def __call__(self) -> int:
        return self._places

    def follow(self) -> None:
        """Counts from now on."""
        threading.Thread(target=self._follow, daemon=True, name="places").start()

    def look(self) -> None:
        """Counts once."""
        generators, ingresses = self._count()
        if generators:
            self._places = math.ceil(generators * AT_ONCE / max(1, ingresses))

    def _follow(self) -> None:
        while True:
            with suppress(Exception):  # whatever Ray raises while it is busy or ends: it is asked again
                self.look()
            time.sleep(COUNTED_EVERY)


def running(name: str) -> tuple[int, int]:
    """Returns how many generators and ingresses of an application run."""
    deployments = serve.status().applications[name].deployments
    generators, ingresses = (
        sum(number for state, number in deployments[each].replica_states.items() if state == ReplicaState.RUNNING)
        for each in (GENERATOR, INGRESS)
    )
    return generators, ingresses


def _seconds(text: str | None, default: float) -> float:
    try:
        seconds = float(text or default)
    except ValueError:
        return default
    return seconds if 0 < seconds < float("inf") else default


class _Guard:
    """The checks of one stage, in a replica."""

    def __init__(self, make: MakeStudio, stage: Stage) -> None:
        self.replica = CheckReplica(make(), stage)

    async def look(self, call: CheckCall) -> Any:
        """Returns what the checks saw, or why they did not look."""
        return await self.together(call)

    async def together(self, call: Any) -> Any:
        raise NotImplementedError

    def check_health(self) -> None:
        """Ends this replica once a check cannot look any more. Asked by Serve."""
        self.replica.require_checks()


@serve.deployment(
    name=PROMPTS,
    max_ongoing_requests=32,
    max_queued_requests=MOST_WAITING[PROMPTS],
    graceful_shutdown_timeout_s=DRAIN,
)
class PromptGuard(_Guard):
    """Looks at prompts, several at once."""

    def __init__(self, make: MakeStudio) -> None:
        super().__init__(make, Stage.PROMPT)

    @serve.batch(max_batch_size=PROMPT_BATCH, batch_wait_timeout_s=BATCH_WAIT)  # type: ignore[untyped-decorator]
    async def together(self, calls: list[CheckCall]) -> list[Any]:
        return list(await asyncio.to_thread(self.replica.look, calls))


@serve.deployment(
    name=PICTURES,
    max_ongoing_requests=8,
    max_queued_requests=MOST_WAITING[PICTURES],
    graceful_shutdown_timeout_s=DRAIN,
)
class PictureGuard(_Guard):
    """Looks at pictures."""

    def __init__(self, make: MakeStudio) -> None:
        super().__init__(make, Stage.PICTURE)

    @serve.batch(max_batch_size=PICTURE_BATCH, batch_wait_timeout_s=BATCH_WAIT)  # type: ignore[untyped-decorator]
    async def together(self, calls: list[CheckCall]) -> list[Any]:
        return list(await asyncio.to_thread(self.replica.look, calls))


@serve.deployment(
    name=GENERATOR,
    max_ongoing_requests=AT_ONCE,
    max_queued_requests=MOST_WAITING[GENERATOR],
    graceful_shutdown_timeout_s=DRAIN,
)
class Drawing:
    """Draws."""

    def __init__(self, make: MakeStudio) -> None:
        self.replica = DrawReplica(make())

    def availability(self, engine: str) -> Availability:
        """Tells whether an engine runs here."""
        return self.replica.availability(engine)

    async def draw(self, call: DrawCall) -> AsyncIterator[Any]:
        """Yields the events of a drawing. A caller who is gone ends it at its next step."""
        stop = threading.Event()
        events = self.replica.draw(call, stop)
        try:
            while (event := await asyncio.to_thread(next, events, None)) is not None:
                yield told(event)
        finally:
            stop.set()


@serve.deployment(
    name=MARKS,
    max_ongoing_requests=4,
    max_queued_requests=MOST_WAITING[MARKS],
    graceful_shutdown_timeout_s=DRAIN,
)
class Marking:
    """Marks."""

    def __init__(self, make: MakeStudio) -> None:
        self.replica = MarkReplica(make())

    def mark(self, call: MarkCall) -> Any:
        """Returns the finished file and its description, or why there is none."""
        return self.replica.mark(call)


@serve.deployment(
    name=INGRESS,
    max_ongoing_requests=CALLS,
    max_queued_requests=256,
    backpressure_config=BackpressureConfig(status_code=503, retry_after_s=COME_AGAIN),
    graceful_shutdown_timeout_s=DRAIN,
)
@serve.ingress()
class Ingress:
    """Answers the API and runs the flow, with the parts behind handles."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, make: MakeStudio, seconds: float, **handles: DeploymentHandle
    ) -> None:
        self.seconds = seconds
        parts = {name.replace("_", "-"): RayPart(handle) for name, handle in handles.items()}
        self.places = Places(partial(running, serve.get_replica_context().app_name))
        waiting = FairQueue(self.places, MOST_WAITING[GENERATOR], MOST_OF_ONE)
        self.studio = on_cluster(make(), parts, seconds, waiting)
        # In a thread: handles are asked, which no event loop may wait for.
        await asyncio.to_thread(self._get_ready)

    def _get_ready(self) -> None:
        keep_words_out_of_logs()
        wait_for_parts(self.studio, START)
        self.studio.audit.claim_partition()
        self.places.follow()
        self.studio.resume()
        work_beside(self.studio)

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """Returns the API. Asked by Serve, once this replica is ready."""
        settings = read_settings()
        reach = Reach(settings.names, settings.frames, settings.mcp, settings.cors)
        app = guarded(self.studio, settings.host, reach, of_several=True, most_waiting=CREATIONS)
        return AskedFor(app, self.seconds)


def bound(
    make: MakeStudio,
    seconds: float = SECONDS,
    replicas: dict[str, int] | None = None,
    needs: dict[str, dict[str, float]] | None = None,
) -> serve.Application:
    """Returns the application of a studio that every replica makes anew by `make`, which must be importable there.

    `replicas`: how many of each part, by its name; otherwise one, or what the configuration of Serve says. `needs`:
    resources of the cluster that a replica of a part needs beside its processor, by its name.
    """

    def part(deployment: Any, *arguments: Any, **named: Any) -> Any:
        options: dict[str, Any] = {}
        if number := (replicas or {}).get(deployment.name):
            options["num_replicas"] = number
        if needed := (needs or {}).get(deployment.name):
            options["ray_actor_options"] = {"resources": needed}
        return deployment.options(**options).bind(*arguments, **named)

    handles = {
        "prompt_guard": part(PromptGuard, make),
        "picture_guard": part(PictureGuard, make),
        "generator": part(Drawing, make),
        "marks": part(Marking, make),
    }
    application: serve.Application = part(Ingress, make, seconds, **handles)
    return application


def application(args: dict[str, Any]) -> serve.Application:
    """Returns the application of the environment's settings. `args`: {"seconds": ...} of Serve's configuration."""
    return bound(studio_of_settings, float(args.get("seconds", SECONDS)))


def parts_of(name: str, deployments: Sequence[str] = (PROMPTS, PICTURES, GENERATOR, MARKS)) -> dict[str, RayPart]:
    """Returns the parts of a running application: for a studio elsewhere than in its ingress."""
    return {each: RayPart(serve.get_deployment_handle(each, name)) for each in deployments}
