"""Filters 50,000 rows end to end, and measures rows a second, memory, and what a run that is killed comes to.

    python -m benchmarks.curation.filter_runs --prompts FOLDER [--pictures FOLDER ...] --work DIR
        [--captions 48000] [--picture-rows 2000] [--workers 1 2] [--killed-rows 600]

The set has captions alone and pictures with captions (training_sets.py), each filtered by a run of its own, so that
captions and pictures have a rate each: rows by the whole time of the command, start, models, deciding and writing
included. Pictures are a sample, since twelve minutes at 20 a second are all of 14,000: 2,000 take a hundred seconds
with two workers on quiet cores, and the rate does not depend on how many there are. Memory is the proportional set
size (PSS) of all processes of a run together, looked at twice a second. A run is stopped after twelve minutes.

Then a smaller set is filtered by runs that are killed, all processes at once, at three points: while they look, early
and late, and while they write. Each is resumed, and its manifest has to have the hash of an undisturbed run.

Load of the machine stands beside each figure. Rates are those of a quiet machine only where it was quiet.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.curation.training_sets import captions, pictures, write_captions, write_pictures

ROOT = Path(__file__).parents[2]
PAUSE = 0.5  # seconds between two looks at memory
SECONDS = 12 * 60  # a run that takes longer is stopped, and its rate is that of what it has looked at


@dataclass(frozen=True, slots=True)
class RunFigures:
    """Says what a run came to: rows, seconds, processor seconds, megabytes at most, and the hash of its manifest."""

    rows: int
    seconds: float
    cpu: float
    megabytes: float
    digest: str
    load: float


def begin(source: Path, out: Path, workers: int, *more: str) -> subprocess.Popen[bytes]:
    """Starts a run in a group of processes of its own."""
    command = [sys.executable, "app.py", "filter", str(source), "--out", str(out), "--workers", str(workers), *more]
    with open(f"{out}.log", "ab") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


def run(source: Path, out: Path, workers: int, *more: str) -> RunFigures:
    """Runs to the end, or for SECONDS. Raises CalledProcessError where the command fails."""
    began, process = time.monotonic(), begin(source, out, workers, *more)
    most = cpu = 0.0
    while process.poll() is None and time.monotonic() - began < SECONDS:
        memory, used = usage(process.pid)
        most, cpu = max(most, memory), max(cpu, used)
        time.sleep(PAUSE)
    seconds = time.monotonic() - began
    if process.poll() is None:
        kill(process)
        return RunFigures(looked(out), seconds, cpu, most, "stopped", os.getloadavg()[0])
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, f"filter {source}: {Path(f'{out}.log').read_text()}")
    report = json.loads((out / "report.json").read_text())
    return RunFigures(report["rows"], seconds, cpu, most, report["manifest_digest"], os.getloadavg()[0])


def usage(pid: int) -> tuple[float, float]:
    """Returns the megabytes of a process with all that it has started, shared ones once, and its processor seconds."""
    memory = seconds = 0.0
    for each in _family(pid):
        try:
            memory += each.memory_full_info().pss / 1e6
            times = each.cpu_times()
        except psutil.Error:
            continue
        seconds += times.user + times.system
    return memory, seconds


def _family(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a run and all its processes with SIGKILL."""
    family = _family(process.pid)
    # It may have come to its end a moment ago.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for each in family:
        # Decoders are in groups of their own.
        if each.is_running():
            each.kill()
    process.wait()


def looked(out: Path) -> int:
    """Returns how many rows a run has looked at."""
    return sum(len(path.read_bytes().splitlines()) for path in (out / "seen").rglob("*.jsonl"))


def blocks(out: Path) -> int:
    return sum(1 for _ in (out / "seen").rglob("*.jsonl"))


def killed(source: Path, work: Path, whole: RunFigures, of: int) -> Iterator[str]:
    """Yields a line for each point at which a run was killed and resumed; `of` is how many blocks there are."""
    points: dict[str, Callable[[Path], bool]] = {
        "early, while it looked": lambda out: blocks(out) >= max(1, of // 5),
        "late, while it looked": lambda out: blocks(out) >= max(2, of * 4 // 5),
        "while it decided and wrote": lambda out: bool([*out.glob("manifest.parquet*"), *out.glob("data/*")]),
    }
    for number, (name, reached) in enumerate(points.items()):
        out = work / f"killed{number}"
        process = begin(source, out, 2)
        while process.poll() is None and not reached(out):
            time.sleep(0.01)
        in_time = process.poll() is None
        kill(process)
        resumed = run(source, out, 2, "--resume")
        same = "the same manifest" if resumed.digest == whole.digest else "ANOTHER MANIFEST"
        yield f"| killed {name}{'' if in_time else ' (it had ended)'} | {same} | {resumed.seconds:.0f} s more |"


def measured(name: str, source: Path, work: Path, workers: list[int]) -> Iterator[str]:
    """Yields a row for each number of workers; runs of all must come to the same manifest."""
    found: list[RunFigures] = []
    for count in workers:
        out = work / f"{name}-{count}"
        figures = run(source, out, count)
        shutil.rmtree(out)
        rate = figures.rows / figures.seconds
        more = f"{rate * found[0].seconds / found[0].rows:.2f} x" if found else ""
        found.append(figures)
        per_row = f"{1000 * figures.cpu / max(figures.rows, 1):.1f}"
        numbers = f"{figures.rows:,} | {rate:.1f} | {more} | {per_row} | {figures.megabytes:,.0f} | {figures.load:.1f}"
        yield f"| {name} | {count} | {numbers} |"
    if len({each.digest for each in found} - {"stopped"}) > 1:
        yield "The manifests DIFFER."


def main() -> None:
    """Reads the command line, builds the sets where they are not there, and prints the tables."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--prompts", type=Path, required=True, help="the folder `prompts` of shared/data")
    ask.add_argument("--pictures", type=Path, nargs="*", default=[], help="folders of pictures to cut")
    ask.add_argument("--work", type=Path, required=True, help="a folder with 2 GB of room")
    ask.add_argument("--captions", type=int, default=48_000)
    ask.add_argument("--picture-rows", type=int, default=2_000)
    ask.add_argument("--killed-rows", type=int, default=600, help="captions of the set whose runs are killed; 0: none")
    ask.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    args = ask.parse_args()
    texts = captions(args.prompts, args.captions + args.picture_rows)
    sets = {"captions": args.work / "captions", "pictures": args.work / "pictures", "killed": args.work / "killed"}
    if not sets["captions"].exists():
        write_captions(sets["captions"], texts[: args.captions])
    if not sets["pictures"].exists():
        made = pictures(args.picture_rows, args.pictures)
        write_pictures(sets["pictures"], texts[args.captions :], made)
    print(
        "| set | workers | rows | rows/s | gain | CPU ms a row | MB at most | load |\n|---|--:|--:|--:|--:|--:|--:|--:|"
    )
    for name in ("captions", "pictures"):
        for line in measured(name, sets[name], args.work, args.workers):
            print(line, flush=True)
    if args.killed_rows:
        if not sets["killed"].exists():
            few = texts[: args.killed_rows]
            write_pictures(sets["killed"], few, pictures(len(few), args.pictures))
        whole = run(sets["killed"], args.work / "undisturbed", 2)
        for line in killed(sets["killed"], args.work, whole, blocks(args.work / "undisturbed")):
            print(line, flush=True)


if __name__ == "__main__":
    main()
