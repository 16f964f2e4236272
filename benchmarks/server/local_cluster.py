"""A Ray cluster of one or two nodes on this machine, each a group of processes: started, watched, broken on purpose."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
APPLICATION, FRONT = "safelight", "front"  # FRONT: a resource of the first node alone
MEMORY = 150 * 2**20  # bytes that a node shares with its processes
LOGICAL = 8  # processors that a node says it has: replicas share the real ones, with one thread each
# Ray tells nobody of its use, and starts no worker before one is needed: a dozen at once would take minutes here.
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_prestart_worker_first_driver": "0", "RAY_enable_worker_prestart": "0"}
# On a machine that is busy with other things its processes take longer to begin than Ray waits for them.
PATIENT = {"RAY_worker_register_timeout_seconds": "300", "RAY_agent_register_timeout_ms": "300000"}
PATIENT |= {"RAY_raylet_start_wait_time_s": "90"}
# "ray::ServeReplica:application:part.method"; while it begins, the actor's name stands before that.
REPLICA = re.compile(r"ray::(?:\S+:)?ServeReplica:([^:\s]+):([^.\s]+)")
BESIDE = "ray beside"  # everything of Ray that is no replica
EVERY = 1.0  # seconds between two looks


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Sets variables for all processes of a cluster, and takes them back."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def free_port() -> int:
    """Returns a port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class LocalCluster:
    """One or two nodes with Serve on the first. Only processes of this cluster are ever looked at or ended."""

    ray_cluster: Any
    second: Any
    url: str

    def processes(self) -> list[tuple[str, psutil.Process]]:
        """Returns all processes of both nodes, each with the part that it is a replica of, or what it is beside."""
        found = []
        for node in filter(None, (self.ray_cluster.head_node, self.second)):
            found += [(_part(process), process) for process in _family(node)]
        return found

    def on_second(self) -> list[str]:
        """Returns which parts have replicas on the second node."""
        return sorted(part for part in map(_part, _family(self.second) if self.second else ()) if part != BESIDE)

    def kill_replica(self, part: str) -> int:
        """Ends one replica of a part, without a word to it. Returns the id of its process."""
        for name, process in self.processes():
            if name == part:
                os.kill(process.pid, signal.SIGKILL)
                return int(process.pid)
        raise SystemExit(f"No replica of {part} runs here.")

    def lose_second(self) -> int:
        """Ends all processes of the second node at once. Returns how many there were."""
        family = _family(self.second)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        lost, self.second = self.second, None
        lost.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)
        self.ray_cluster.worker_nodes.discard(lost)
        return len(family)


def _family(node: Any) -> list[psutil.Process]:
    """Returns the processes that Ray started for a node, and their children."""
    found: dict[int, psutil.Process] = {}
    for infos in list(node.all_processes.values()):
        for info in list(infos):
            with suppress(psutil.NoSuchProcess):
                first = psutil.Process(info.process.pid)
                found |= {each.pid: each for each in (first, *first.children(recursive=True))}
    return list(found.values())


def _part(process: psutil.Process) -> str:
    """Returns the part that a process is a replica of, by the name that Ray gives it."""
    with suppress(psutil.Error):
        if found := REPLICA.match(" ".join(process.cmdline())):
            application, part = found.groups()
            return part if application == APPLICATION else f"{application}:{part}"
    return BESIDE


@contextmanager
def local_cluster(settings: Mapping[str, str], second: bool = True, timeout: float = 180.0) -> Iterator[LocalCluster]:
    """Starts the cluster with these variables in its processes, which import from the repository.

    Without `second` it has one node. `timeout`: seconds after which its proxy gives a call up.
    """
    import ray
    from ray import serve
    from ray.cluster_utils import Cluster

    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    with environment({**settings, "PYTHONPATH": path, **QUIET, **PATIENT}):
        arguments = {"num_cpus": LOGICAL, "object_store_memory": MEMORY}
        made = Cluster(
            initialize_head=True, head_node_args={**arguments, "resources": {FRONT: 1000}, "include_dashboard": False}
        )
        try:
            # Before there is another node: this program belongs to the first, which stays.
            ray.init(address=made.address, log_to_driver=False, logging_level="warning")
            other, port = made.add_node(**arguments) if second else None, free_port()
            http = {"host": "127.0.0.1", "port": port, "request_timeout_s": timeout}
            serve.start(proxy_location="HeadOnly", http_options=http)
            yield LocalCluster(made, other, f"http://127.0.0.1:{port}")
        finally:
            if ray.is_initialized():
                serve.shutdown()
            ray.shutdown()
            made.shutdown()


def running_replicas() -> dict[str, int]:
    """Returns how many replicas of each part of the application run, as Serve has it; none where it does not tell."""
    from ray import serve

    with suppress(Exception):  # while a node goes, the controller may not answer
        found = serve.status().applications.get(APPLICATION)
        if found:
            return {name: int(part.replica_states.get("RUNNING", 0)) for name, part in found.deployments.items()}
    return {}


@dataclass
class Watch:
    """Looks once a second: processor seconds of each part, replicas that ended included, and which run.

    `looks` are (time, seconds by part, running replicas by part); times by `clock`.
    """

    cluster: LocalCluster
    clock: Callable[[], float] = time.monotonic
    running: Callable[[], dict[str, int]] = running_replicas
    looks: list[tuple[float, dict[str, float], dict[str, int]]] = field(default_factory=list)
    _by_process: dict[int, tuple[str, float]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Looks as long as the context lasts."""
        thread = threading.Thread(target=self._work, daemon=True, name="watch")
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join(timeout=10)

    def _work(self) -> None:
        while not self._stop.wait(EVERY):
            with suppress(Exception):  # whatever is raised while a node goes: the next look is a second later
                self.look()

    def look(self) -> None:
        """Looks once."""
        for part, process in self.cluster.processes():
            with suppress(psutil.Error):
                times = process.cpu_times()
                # A worker is named after its replica only once that has begun.
                known = self._by_process.get(process.pid, (BESIDE, 0.0))[0]
                self._by_process[process.pid] = (part if part != BESIDE else known, times.user + times.system)
        totals: dict[str, float] = defaultdict(float)
        for part, seconds in self._by_process.values():
            totals[part] += seconds
        self.looks.append((self.clock(), dict(totals), self.running()))

    def spent(self, begin: float, end: float) -> dict[str, float]:
        """Returns the processor seconds of each part between two times."""
        within = [totals for moment, totals, _ in self.looks if begin <= moment <= end]
        if len(within) < 2:
            return {}
        return {part: seconds - within[0].get(part, 0.0) for part, seconds in within[-1].items()}

    def recovery(self, lost: float, end: float, wanted: Mapping[str, int]) -> float | None:
        """Returns the seconds from a loss until all replicas ran again for good; None where none was seen missing."""
        later = [(moment, running) for moment, _, running in self.looks if lost <= moment < end]
        missing = [any(running.get(part, 0) < number for part, number in wanted.items()) for _, running in later]
        if True not in missing:
            return None
        last = len(missing) - 1 - missing[::-1].index(True)
        return later[last + 1][0] - lost if last + 1 < len(later) else float("inf")
