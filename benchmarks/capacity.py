"""From what one picture costs each layer to replicas, nodes and cost at so many pictures a day.

    python -m benchmarks.capacity [--pictures 10000000] [--peak 2] [--busy 0.6] [--wait 0.1] [--gpu-seconds 1.5]
    python -m benchmarks.capacity --measured cluster.json

Assumed: at the peak, calls come at random (Poisson) at `peak` times the mean rate of the day; layers are asked one
after the other, each with the same rate; a replica does one thing at a time, or one batch, on cores of its own; nobody
is turned away. Waits by Erlang's C with Allen's and Cunneen's correction (benchmarks/queueing.py). A layer with batches
is taken for one that does single pieces in the time that each takes of a full batch, and its last one for a full batch:
waits are rough there. Not in it: network, database, storage, start of replicas, what fails. The same layers are
simulated event by event beside it, and with `--measured` the cluster of benchmarks/server/cluster_load.py is, with its
bounded rooms, clients that wait for answers, and all layers on the cores of one machine.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from benchmarks.queue_simulation import Clients, Outcome, Scene, Station, simulate
from benchmarks.queueing import Service, mean_wait, servers_needed, wait_quantile
from benchmarks.server.api_calls import percentile
from safety.config import ConfigModel
from safety.errors import PresetError

FIGURES = Path(__file__).with_name("layer_times.toml")
GENERATOR = "generator"
DAY, HOUR = 86_400.0, 3_600.0  # seconds
SHARE = 0.95  # of the waits that are told
DRAWING_VARIATION = 0.02  # of the times of a picture: all take the same steps


class Layer(ConfigModel):
    """One layer of the file of figures: what its fields mean stands at the head of layer_times.toml."""

    name: str = Field(min_length=1)
    seconds: float = Field(gt=0, allow_inf_nan=False)
    p95: float = Field(gt=0, allow_inf_nan=False)
    cores: float = Field(default=1, gt=0, allow_inf_nan=False)
    batch: int = Field(default=1, ge=1)
    batch_seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    source: str = Field(min_length=1)

    @property
    def service(self) -> Service:
        """Returns the time of one piece by itself."""
        return Service.measured(self.seconds, self.p95)

    @property
    def marginal(self) -> float:
        """Returns what each further piece of a batch takes, as a share of the first."""
        if self.batch == 1 or self.batch_seconds is None:
            return 1.0
        return (self.batch_seconds / self.seconds - 1) / (self.batch - 1)

    @property
    def in_batches(self) -> Service:
        """Returns the time of one piece of a full batch."""
        one = self.service
        share = (1 + self.marginal * (self.batch - 1)) / self.batch
        return Service(one.mean * share, one.variation, one.shape)


class Figures(ConfigModel):
    """All layers, in the order in which a picture goes through them."""

    layer: tuple[Layer, ...] = Field(min_length=1)


def read_figures(path: Path) -> tuple[Layer, ...]:
    """Reads a file of figures. Raises PresetError that names the file and the key."""
    layers = Figures.load(path).layer
    for layer in layers:
        if layer.p95 < layer.seconds or not 0 <= layer.marginal <= 1:
            why = "its p95 is at least its seconds, and a batch takes from once to `batch` times as long as one piece"
            raise PresetError(f"{path}: {layer.name}: {why}.", "Mend the figures, then start again.")
    if len({layer.name for layer in layers}) < len(layers):
        raise PresetError(f"{path}: two layers have one name.", "Mend the figures, then start again.")
    return layers


@dataclass(frozen=True, slots=True)
class Planned:
    """One layer at the peak: replicas, the share of time that they are busy, seconds of waiting and in the layer."""

    name: str
    replicas: int
    cores: float
    gpu: bool
    busy: float
    wait: float
    wait_95: float
    stays: float
    station: Station

    @property
    def unit_hours(self) -> float:
        """Returns core hours a day, or GPU hours, of all replicas."""
        return self.replicas * (1 if self.gpu else self.cores) * DAY / HOUR


def plan(layers: Sequence[Layer], rate: float, busy: float, wait: float, gpu_seconds: float = 0.0) -> list[Planned]:
    """Returns each layer at `rate` pictures a second; `gpu_seconds` a picture add the generators where they belong.

    Raises ValueError for aims that cannot be met.
    """
    planned = [_planned(layer, rate, busy, wait) for layer in layers]
    if gpu_seconds:
        drawing = Service(gpu_seconds, DRAWING_VARIATION, "lognormal")
        number = servers_needed(rate, drawing, busy, wait, SHARE)
        station = Station(GENERATOR, number, drawing)
        place = next((n for n, each in enumerate(planned) if each.name == "picture-guard"), len(planned))
        planned.insert(place, _row(station, drawing, rate, 0, True))
    return planned


def _planned(layer: Layer, rate: float, busy: float, wait: float) -> Planned:
    number = servers_needed(rate, layer.in_batches, busy, wait, SHARE)
    station = Station(layer.name, number, layer.service, layer.batch, layer.marginal)
    return _row(station, layer.in_batches, rate, layer.cores, False)


def _row(station: Station, service: Service, rate: float, cores: float, gpu: bool) -> Planned:
    waits = mean_wait(rate, service, station.servers)
    at_95 = wait_quantile(SHARE, rate, service, station.servers)
    stays = waits + service.mean * station.batch
    busy = rate * service.mean / station.servers
    return Planned(station.name, station.servers, cores, gpu, busy, waits, at_95, stays, station)


def plan_table(planned: Sequence[Planned], outcome: Outcome | None) -> Iterator[str]:
    """Yields the rows of the table; `outcome` puts simulated waits beside those of the formula."""
    yield "| layer | replicas | busy at the peak | wait, mean | wait, 95 % within | simulated: mean | 95 % within |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for row in planned:
        told = outcome.waits.get(row.name) if outcome else None
        simulated = (
            [f"{1000 * statistics.fmean(told):.1f} ms", f"{1000 * percentile(told, SHARE):.1f} ms"] if told else []
        )
        cells = [row.name, f"{row.replicas:,}", f"{row.busy:.0%}", f"{1000 * row.wait:.1f} ms"]
        yield "| " + " | ".join([*cells, f"{1000 * row.wait_95:.1f} ms", *(simulated or ["-", "-"])]) + " |"


def cost_table(planned: Sequence[Planned], options: argparse.Namespace) -> Iterator[str]:
    """Yields hours and, where prices are given, cost of each layer, and how many nodes hold all."""
    prices = {False: options.core_hour, True: options.gpu_hour}
    yield "| layer | hours a day at the peak's size | if replicas follow the day | cost a day |"
    yield "|---|--:|--:|--:|"
    for row in planned:
        price, unit = prices[row.gpu], "GPU" if row.gpu else "core"
        cost = "no price given" if price is None else f"{row.unit_hours * price:,.0f}"
        yield f"| {row.name} | {row.unit_hours:,.0f} {unit} hours | {row.unit_hours / options.peak:,.0f} | {cost} |"
    cores = sum(row.replicas * row.cores for row in planned)
    nodes, gpus = math.ceil(cores / options.node_cores), sum(row.replicas for row in planned if row.gpu)
    yield ""
    yield f"{cores:,.0f} cores: {nodes:,} nodes of {options.node_cores} cores" + (f"; {gpus:,} GPUs." if gpus else ".")


def scene_of(measured: dict[str, Any], variation: float = 0.1) -> Scene:
    """Returns the cluster that cluster_load.py measured. Raises PresetError for a file of another form."""
    try:
        model = measured["model"]
        stations = tuple(
            Station(
                layer["name"],
                layer["replicas"],
                Service(layer["cpu_seconds"], variation, "lognormal"),
                room=model["drawings_wait"] if layer["name"] == GENERATOR else math.inf,
                refuses=model["harmful"] if layer["name"] == "prompt-guard" else 0.0,
            )
            for layer in model["layers"]
        )
        clients = Clients(model["clients"], model["think"], model["retry"])
        return Scene(stations, clients, 20 * HOUR / 60, 2 * HOUR / 60, model["patience"], model["room"], model["cores"])
    except (KeyError, TypeError, ValueError) as error:
        why = f"The file is none that benchmarks.server.cluster_load writes: {error}."
        raise PresetError(why, "Run it anew with --json.") from None


def compare(measured: dict[str, Any]) -> Iterator[str]:
    """Yields what the simulation says of the measured cluster, beside what was measured before anything was killed."""
    outcome = simulate(scene_of(measured))
    before = measured["windows"][0]
    yield "| the measured cluster, before a loss | simulated | measured |"
    yield "|---|--:|--:|"
    yield f"| pictures a second | {outcome.rate:.2f} | {before['per_second']:.2f} |"
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        seen = before["answered"].get(name)
        said = f"{percentile(outcome.answers, share):.2f} s" if outcome.answers else "-"
        yield f"| {name} of calls with a picture | {said} | {'-' if seen is None else f'{seen:.2f} s'} |"
    turned = outcome.turned_away / max(1, outcome.arrived)
    yield f"| calls turned away | {turned:.0%} | {before['turned_away_share']:.0%} |"


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--pictures", type=float, default=10_000_000, help="a day")
    ask.add_argument("--peak", type=float, default=2.0, help="the busiest hour, in means of the day")
    ask.add_argument("--busy", type=float, default=0.6, help="share of the time that replicas may be busy at the peak")
    ask.add_argument("--wait", type=float, default=math.inf, help="seconds that 95 of 100 wait at most, in each layer")
    ask.add_argument(
        "--gpu-seconds", type=float, default=0.0, help="of one GPU, for one picture; none: without drawing"
    )
    ask.add_argument("--node-cores", type=int, default=8)
    ask.add_argument("--core-hour", type=float, help="its price, in whatever money")
    ask.add_argument("--gpu-hour", type=float, help="its price")
    ask.add_argument(
        "--figures", type=Path, default=FIGURES, help="seconds of each layer, as layer_times.toml has them"
    )
    ask.add_argument("--simulate", type=float, default=60.0, help="seconds of the peak that are simulated; 0: none")
    ask.add_argument("--measured", type=Path, help="what cluster_load.py wrote with --json")
    options = ask.parse_args(argv)
    for name in ("pictures", "peak", "node_cores"):
        if not 0 < getattr(options, name) < math.inf:
            ask.error(f"--{name.replace('_', '-')} is a number above 0.")
    if options.peak < 1:
        ask.error("--peak is 1 or more: no hour is busier than the busiest.")
    if not 0 < options.busy < 1 or not options.wait > 0:
        ask.error("--busy is between 0 and 1, --wait above 0.")
    if not 0 <= options.gpu_seconds < math.inf or not 0 <= options.simulate < math.inf:
        ask.error("--gpu-seconds and --simulate are 0 or more.")
    if not all(0 <= price < math.inf for price in (options.core_hour, options.gpu_hour) if price is not None):
        ask.error("--core-hour and --gpu-hour are prices: 0 or more.")
    return options


def run(options: argparse.Namespace) -> Iterator[str]:
    """Yields the lines of the report. Raises PresetError, ValueError."""
    if options.measured:
        try:
            measured = json.loads(options.measured.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise PresetError(f"{options.measured} cannot be read: {error}.", "Give what --json wrote.") from None
        yield from compare(measured)
        return
    mean = options.pictures / DAY
    rate = mean * options.peak
    planned = plan(read_figures(options.figures), rate, options.busy, options.wait, options.gpu_seconds)
    yield f"{options.pictures:,.0f} pictures a day: {mean:,.1f} a second on average, {rate:,.1f} at the peak."
    yield ""
    outcome = None
    if options.simulate:
        stations = tuple(row.station for row in planned)
        outcome = simulate(Scene(stations, rate, 1.2 * options.simulate, 0.2 * options.simulate))
    yield from plan_table(planned, outcome)
    yield ""
    if outcome and outcome.answers:
        half, most = percentile(outcome.answers, 0.5), percentile(outcome.answers, SHARE)
        said = sum(row.stays for row in planned)
        yield f"In all layers {said:.2f} s by the formula (mean); simulated p50 {half:.2f} s, p95 {most:.2f} s."
        yield ""
    yield from cost_table(planned, options)


def main(argv: Sequence[str] | None = None) -> None:
    """Prints the report; exits with one sentence where something given cannot be."""
    options = _options(argv)
    try:
        for line in run(options):
            print(line)
    except PresetError as error:
        raise SystemExit(error.sentence) from None
    except ValueError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
