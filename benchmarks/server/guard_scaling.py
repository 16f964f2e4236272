"""Measures how throughput grows from one prompt guard to two, each on a core of its own.

    python -m benchmarks.server.guard_scaling [--rounds 5] [--seconds 10] [--words 200]
    python -m benchmarks.server.guard_scaling --share 0.4  # as root: of a core, for each guard

The guards are the cluster's own (deploy/serve.py, all checks of prompts, batches of up to eight), one thread each,
held on their cores from outside. One application has one of them, another has two; they are asked in turns within one
run, so that other programs meet both, by the same number of callers, each with one call under way. With two guards on
two cores the callers, Ray and the guards' own messages share those cores, while one guard leaves them a core: the ratio
is what is left of two, and the longer a prompt, the less of it goes into messages. So long prompts are measured, and
short ones beside them; processor seconds a prompt say where the rest goes. Every prompt is new: nothing is remembered.
With `--share` the kernel gives each guard no more than that of its core, so that callers and Ray have what they need
with one guard and with two, as they would on machines of their own: then the ratio is that of the guards alone.

Ends with 1 where two guards do less than 1.8 times as much as one on long prompts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from benchmarks.server.cluster_load import make_on
from benchmarks.server.local_cluster import BESIDE, LocalCluster, local_cluster
from deploy.cluster_parts import PROMPTS
from deploy.replicas import CheckCall
from safety.records import Assessment, Prompt, Stage
from safety.resources import PRESETS
from safety.weights import SessionThreads
from studio.factory import make_studio
from studio.lesson_sets import load_set
from studio.studio import Studio

WANTED = 1.8  # times what one guard does
GUARDS = {"one": 1, "two": 2}
CALLERS = 32  # with one call under way each
CALLER = "callers"
PATIENCE = 120.0  # seconds for an answer
GROUPS, PERIOD = Path("/sys/fs/cgroup"), 20_000  # of the kernel; microseconds
SETTLE = 1.0  # seconds of each turn that do not count: batches fill


def studio_of_one_thread() -> Studio:
    """Makes the studio of a replica, whose models use one thread each."""
    from app import read_settings

    SessionThreads.most = 1
    return make_studio(read_settings())


def texts(words: int) -> Iterator[str]:
    """Yields harmless prompts of so many words, none twice."""
    parts = [row.text for row in load_set(PRESETS, "everyday_and_risky") if row.group == "everyday"]
    for number in count():
        told: list[str] = []
        for offset in count():
            told += parts[(number + offset) % len(parts)].split()
            if len(told) >= words:
                break
        yield " ".join([*told[: max(1, words - 2)], "number", str(number)])


@contextmanager
def held_to(pid: int, share: float, groups: Path = GROUPS) -> Iterator[None]:
    """Holds a process to a share of one core while the context is open, by the kernel's control groups (v1 or v2).

    Raises SystemExit where this program may not make them.
    """
    first = groups / "cpu" if (groups / "cpu").is_dir() else groups
    group, quota = first / f"safelight-{pid}", round(PERIOD * share)
    try:
        group.mkdir()
        if first == groups:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        raise SystemExit(f"--share needs the kernel's control groups, and root: {error}") from error
    try:
        yield
    finally:
        with suppress(OSError):  # a process that has ended has left by itself
            (first / "cgroup.procs").write_text(str(pid))
        with suppress(OSError):
            group.rmdir()


@dataclass
class Turn:
    """What one turn did: prompts a second, and processor seconds a prompt of each part."""

    rate: float
    cpu: dict[str, float] = field(default_factory=dict)


class Bench:
    """Asks guards, and reads the clocks of all processes that have to do with it."""

    def __init__(
        self, cluster: LocalCluster, make: Callable[[], Studio], callers: int = CALLERS, share: float = 1.0
    ) -> None:
        from ray import serve

        from deploy.serve import PromptGuard

        self._cluster, self._callers = cluster, callers
        self._handles: dict[str, Any] = {}
        guard: Any = PromptGuard
        for name, number in GUARDS.items():
            bound = guard.options(num_replicas=number).bind(make)
            self._handles[name] = serve.run(bound, name=name, route_prefix=None)
        studio = make()
        self._names, self._judgement = tuple(check.name for check in studio.checks.prompt), studio.judgement_digest
        studio.audit.close()
        self._groups = ExitStack()
        self._hold(share)

    def close(self) -> None:
        """Gives the guards all of their cores again."""
        self._groups.close()

    def _call(self, text: str) -> CheckCall:
        return CheckCall(Stage.PROMPT, Prompt(text), self._names, self._judgement, time.time() + PATIENCE)

    def _hold(self, share: float) -> None:
        """Holds each guard on a core of its own, and to a share of it; threads that it starts later as well."""
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < max(GUARDS.values()):
            raise SystemExit("Two guards need two cores: give this program more, for instance by `taskset -c 0,1`.")
        for name in GUARDS:
            guards = [process for part, process in self._cluster.processes() if part == f"{name}:{PROMPTS}"]
            for core, process in zip(cores, sorted(guards, key=lambda each: each.pid), strict=False):
                if share < 1:
                    self._groups.enter_context(held_to(process.pid, share))
                for thread in process.threads():
                    with suppress(ProcessLookupError):
                        os.sched_setaffinity(thread.id, {core})

    def turn(self, name: str, prompts: Iterator[str], seconds: float) -> Turn:
        """Lets all callers ask the guards of an application; what happens in the first second is not counted."""
        handle, lock, stop = self._handles[name], threading.Lock(), threading.Event()
        ended: list[float] = []
        wrong: list[str] = []

        def caller() -> None:
            while not stop.is_set():
                with lock:
                    text = next(prompts)
                answer = handle.look.remote(self._call(text)).result(timeout_s=PATIENCE)
                ended.append(time.monotonic())
                if not isinstance(answer, Assessment) or answer.failed:
                    wrong.append(str(answer)[:200])

        threads = [threading.Thread(target=caller, daemon=True) for _ in range(self._callers)]
        for thread in threads:
            thread.start()
        time.sleep(SETTLE)
        began, before = time.monotonic(), self._clocks()
        time.sleep(seconds)
        end, after = time.monotonic(), self._clocks()
        stop.set()
        for thread in threads:
            thread.join()
        if wrong:
            raise SystemExit(f"A guard did not look at {len(wrong)} prompts: {wrong[0]}")
        number = sum(began <= moment < end for moment in ended)
        return Turn(number / (end - began), {part: (after[part] - before[part]) / max(1, number) for part in after})

    def _clocks(self) -> dict[str, float]:
        """Returns the processor seconds so far: of all guards, of Ray beside them, and of the callers."""
        told = {PROMPTS: 0.0, BESIDE: 0.0, CALLER: sum(psutil.Process().cpu_times()[:2])}
        for part, process in self._cluster.processes():
            with suppress(psutil.Error):
                times = process.cpu_times()
                told[PROMPTS if part.endswith(f":{PROMPTS}") else BESIDE] += times.user + times.system
        return told


def compare(bench: Bench, words: int, rounds: int, seconds: float) -> dict[str, list[Turn]]:
    """Returns the turns of both applications, in the order one, two, two, one, one, ... so that a drift meets both."""
    prompts, told = texts(words), {name: list[Turn]() for name in GUARDS}
    for name in GUARDS:
        bench.turn(name, prompts, min(seconds, 2.0))  # loads what is not loaded yet
    for number in range(rounds):
        for name in GUARDS if number % 2 == 0 else reversed(GUARDS):
            told[name].append(bench.turn(name, prompts, seconds))
    return told


def row(words: int, told: dict[str, list[Turn]]) -> tuple[str, float]:
    """Returns a row of the table, and the median of the ratios."""
    ratios = sorted(two.rate / one.rate for one, two in zip(told["one"], told["two"], strict=True))
    middle = statistics.median(ratios)
    rates = (f"{statistics.median(turn.rate for turn in told[name]):.1f}" for name in GUARDS)
    cpu = (
        f"{1000 * statistics.median(turn.cpu[part] for turn in told['two']):.1f}" for part in (PROMPTS, CALLER, BESIDE)
    )
    cells = [str(words), *rates, f"{middle:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})", " / ".join(cpu)]
    return "| " + " | ".join(cells) + " |", middle


def table(bench: Bench, options: argparse.Namespace) -> list[float]:
    """Prints a row for each length of prompts. Returns their ratios."""
    print("| words | one guard, prompts a second | two | ratio | CPU ms a prompt: guards / callers / Ray beside |")
    print("|--:|--:|--:|--:|--:|")
    middles = []
    for words in options.words:
        line, middle = row(words, compare(bench, words, options.rounds, options.seconds))
        print(line, flush=True)
        middles.append(middle)
    return middles


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("--seconds", type=float, default=10.0, help="of each turn")
    ask.add_argument("--words", type=int, nargs="+", default=[200, 12], help="of a prompt; the first length is held")
    ask.add_argument("--share", type=float, default=1.0, help="of its core that a guard may have; below 1 as root")
    ask.add_argument("--studio", default="", metavar="MODULE:FUNCTION", help="makes the studio of a home: for tests")
    options = ask.parse_args(argv)
    if options.rounds < 1 or not options.seconds > 0 or min(options.words) < 3:
        ask.error("--rounds and --seconds are above 0, a prompt has 3 words at least.")
    if not 0.01 <= options.share <= 1:
        ask.error("--share is from 0.01 to 1.")
    from benchmarks.server import guard_scaling  # by this name replicas import it, too

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["SAFELIGHT_HOME"] = home
        with local_cluster({"SAFELIGHT_HOME": home}, second=False) as cluster:
            make = make_on(options.studio, home) if options.studio else guard_scaling.studio_of_one_thread
            with closing(Bench(cluster, make, share=options.share)) as bench:
                middles = table(bench, options)
    print(f"Two guards do {middles[0]:.2f} times as much as one; {WANTED} are wanted.")
    sys.exit(middles[0] < WANTED)


if __name__ == "__main__":
    main()
