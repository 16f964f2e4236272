"""Measures a cluster under load while a replica and a node are lost, and checks that nothing else is.

    python -m benchmarks.server.cluster_load [--clients 50] [--minutes 5] [--store URL] [--json FILE]

Starts two nodes (groups of processes) on this machine with the studio as it ships: two generators of the embedded
model, one of each other part, all checks and marks; the ingress is on the first node. Each client wants one picture
after the other, now and then by a harmful prompt. One that is turned away comes again when it was told to, for up to
`--patience` seconds a wish: an ingress lets twenty drawings run or wait, two cores draw one or two a second, so most of
50 clients wait that way. After a third of the time a generator is killed, after two thirds the second node with all its
processes.

Prints figures before, after the one and after the other, and whether every promise was kept; ends with 1 if not. All
layers, the clients and Ray itself share the machine. A loss of the node of the ingress is not tried: its clients see
their connections end. `--json` writes what `python -m benchmarks.capacity --measured` compares its model with.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from benchmarks.server.load_clients import Call, Load
from benchmarks.server.load_report import Held, Window, check, figures, table
from benchmarks.server.local_cluster import APPLICATION, BESIDE, FRONT, LocalCluster, Watch, local_cluster
from deploy.cluster_parts import COME_AGAIN, GENERATOR, MARKS, PICTURES, PROMPTS
from safety.records import Verdict
from safety.resources import PRESETS
from studio.api_keys import CREATE, JUDGE, ApiKeys
from studio.lesson_sets import load_set
from studio.studio import Studio

INGRESS = "ingress"
SECONDS = 120.0  # that a request may take
GENERATORS = 2
WANTED = {INGRESS: 1, PROMPTS: 1, GENERATOR: GENERATORS, PICTURES: 1, MARKS: 1}
BEFORE, REPLICA_LOST, NODE_LOST = "before", "after a generator", "after the node"
CLIENTS = "clients"
PER_HOUR = 1_000_000  # pictures of a key: the limits of one client are not what is measured


def make_on(function: str, home: str) -> Callable[[], Studio]:
    """Returns what makes the studio of a replica: as it ships, or by a function "module:name" of the home."""
    if not function:
        from deploy.serve import studio_of_settings

        return studio_of_settings
    module, _, name = function.partition(":")
    return partial(getattr(import_module(module), name), home)


def prompts(studio: Studio) -> tuple[list[str], list[str]]:
    """Returns prompts of the lessons: some that the studio lets pass, and some that it refuses.

    No hard line is among them: whoever crosses those again and again is locked out for an hour.
    """
    harmless, harmful = [], []
    for row in load_set(PRESETS, "everyday_and_risky"):
        if row.group in ("everyday", "violence"):
            verdict = studio.check(row.text, "general").verdict
            if not row.harmful and verdict <= Verdict.NOTE:
                harmless.append(row.text)
            elif row.harmful and verdict is Verdict.BLOCK:
                harmful.append(row.text)
    if not harmless or not harmful:
        raise SystemExit("This studio lets none of the prompts pass, or refuses none.")
    return harmless, harmful


def warm_up(load: Load) -> None:
    """Has every generator load its model before the time counts. These calls are on record, and checked, too."""
    first = Load(load.url, load.keys[: 2 * GENERATORS], load.folder, load.harmless, (), 0.0, steps=load.steps)
    first.run(1)
    load.calls += first.calls
    load.started = time.monotonic()
    # Their times are before the load began.
    shift = load.started - first.started
    load.calls = [_earlier(call, shift) for call in load.calls]


def _earlier(call: Call, seconds: float) -> Call:
    return replace(call, began=call.began - seconds, ended=call.ended - seconds)


def break_it(cluster: LocalCluster, load: Load, seconds: float, told: dict[str, Any]) -> None:
    """Kills a generator after a third of the time, the second node after two thirds; notes when, and what it had."""
    time.sleep(max(0.0, seconds / 3 - load.now()))
    told["on the second node"] = cluster.on_second()
    cluster.kill_replica(GENERATOR)
    told[REPLICA_LOST] = load.now()
    time.sleep(max(0.0, 2 * seconds / 3 - load.now()))
    told["processes of the node"] = cluster.lose_second()
    told[NODE_LOST] = load.now()


def measure(options: argparse.Namespace, home: Path, make: Callable[[], Studio]) -> tuple[dict[str, Any], list[Held]]:
    """Runs the load; returns the figures and what was promised."""
    from ray import serve

    from deploy.serve import bound

    keys = ApiKeys(home / "keys")
    tokens = [keys.make(f"client {n}", (JUDGE, CREATE), per_hour=PER_HOUR)[1] for n in range(options.clients)]
    settings = {"SAFELIGHT_HOME": str(home), "SAFELIGHT_STORE": options.store, "SAFELIGHT_WARM_UP": "no"}
    told: dict[str, Any] = {}
    with local_cluster(settings) as cluster:
        application = bound(make, SECONDS, {GENERATOR: GENERATORS}, {INGRESS: {FRONT: 1}})
        serve.run(application, name=APPLICATION, route_prefix="/")
        studio = make()
        (home / "answers").mkdir()
        harmless, harmful = prompts(studio)
        load = Load(cluster.url, tokens, home / "answers", harmless, harmful, options.harmful, options.patience)
        load.steps = options.steps
        warm_up(load)
        seconds = 60 * options.minutes
        watch = Watch(cluster, load.now)
        own = psutil.Process().cpu_times()
        with watch.watching(), ThreadPoolExecutor(1) as pool:
            breaking = pool.submit(break_it, cluster, load, seconds, told)
            load.run(seconds)
            breaking.result()
        clients = sum(psutil.Process().cpu_times()[:2]) - sum(own[:2])
        held = check(studio, load.calls)
        studio.audit.close()
    return report(options, load, watch, told, clients / seconds), held


def report(
    options: argparse.Namespace, load: Load, watch: Watch, told: dict[str, Any], clients: float
) -> dict[str, Any]:
    """Returns the figures as plain values. `clients`: processors that these and this program kept busy."""
    end = max((call.ended for call in load.calls), default=0.0) + 0.001
    first, second = told[REPLICA_LOST], told[NODE_LOST]
    windows = [
        Window(BEFORE, 0.0, first),
        Window(REPLICA_LOST, first, second, watch.recovery(first, second, WANTED)),
        Window(NODE_LOST, second, end, watch.recovery(second, end, WANTED)),
    ]
    rows = [figures(window, load.calls, load.wishes) for window in windows]
    spent = {**watch.spent(0.0, first), CLIENTS: clients * first}
    return {
        "made": date.today().isoformat(),
        "clients": options.clients,
        "minutes": options.minutes,
        "store": "PostgreSQL" if options.store.startswith("postgres") else "SQLite",
        "on the second node": told["on the second node"],
        "windows": rows,
        "cpu_seconds": {part: round(seconds, 2) for part, seconds in sorted(spent.items())},
        "model": model(options, rows[0], spent),
    }


def model(options: argparse.Namespace, before: dict[str, Any], spent: dict[str, float]) -> dict[str, Any]:
    """Returns what benchmarks/capacity.py needs to simulate the same: processor seconds of each layer a picture."""
    from deploy.serve import AT_ONCE, CREATIONS, MOST_WAITING

    pictures, refused = before["pictures"], before["refused"]["number"]
    # Those that find no place to wait for a generator are turned away after their prompts were judged.
    judged = before["calls"]
    # What Ray and the clients take delays all the same: it goes before the flow, with servers enough.
    shared = spent.get(BESIDE, 0.0) + spent.get(CLIENTS, 0.0) + spent.get(INGRESS, 0.0)
    layers = [("ingress, ray and clients", CREATIONS, shared, judged), (PROMPTS, 1, spent.get(PROMPTS, 0.0), judged)]
    layers += [(part, WANTED[part], spent.get(part, 0.0), pictures) for part in (GENERATOR, PICTURES, MARKS)]
    return {
        "clients": options.clients,
        "think": 0.0,
        "retry": COME_AGAIN,
        "patience": SECONDS,
        "room": CREATIONS,
        "cores": os.cpu_count(),
        "harmful": refused / max(1, judged),
        # Beside those that are drawn, the next ones are with the generators already, and others wait for them.
        "drawings_wait": MOST_WAITING[GENERATOR] + GENERATORS * (AT_ONCE - 1),
        "layers": [
            {"name": name, "replicas": replicas, "cpu_seconds": max(1e-6, seconds / max(1, number))}
            for name, replicas, seconds, number in layers
        ],
    }


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--clients", type=int, default=50)
    ask.add_argument("--minutes", type=float, default=5.0)
    ask.add_argument("--harmful", type=float, default=0.1, help="share of the wishes that are refused")
    ask.add_argument(
        "--patience", type=float, default=120.0, help="seconds for which a client comes again for one wish"
    )
    ask.add_argument("--steps", type=int, help="of a picture; else as the model's card has it")
    ask.add_argument(
        "--store", default="", help="postgresql://... of an empty database; else SQLite in a temporary folder"
    )
    ask.add_argument("--json", type=Path, help="where the figures are written")
    ask.add_argument("--studio", default="", metavar="MODULE:FUNCTION", help="makes the studio of a home: for tests")
    options = ask.parse_args(argv)
    if options.clients < 1 or not 0 < options.minutes < math.inf or not options.patience > 0:
        ask.error("--clients, --minutes and --patience are above 0.")
    if not 0 <= options.harmful <= 1:
        ask.error("--harmful is a share from 0 to 1.")
    return options


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the report; ends with 1 where a promise was broken."""
    options = _options(argv)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        os.environ["SAFELIGHT_HOME"], os.environ["SAFELIGHT_STORE"] = str(home), options.store
        told, held = measure(options, home, make_on(options.studio, str(home)))
    told["promises"] = [{"promise": each.promise, "looked_at": each.looked_at, "broken": each.broken} for each in held]
    print(
        f"{options.clients} clients, {options.minutes:g} minutes, {told['store']}; on the node that was lost: ", end=""
    )
    print(", ".join(told["on the second node"]) or "no part")
    print()
    for line in table(told["windows"]):
        print(line)
    for each in held:
        print(each.line())
    if options.json:
        options.json.write_text(json.dumps(told, indent=1), "utf-8")
    sys.exit(any(each.broken for each in held))


if __name__ == "__main__":
    main()
