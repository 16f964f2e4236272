"""The capacity model: its formulas are those of the books, its simulation agrees with them and loses no call."""

from __future__ import annotations

import itertools
import json
import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.capacity import FIGURES, compare, main, plan, read_figures
from benchmarks.queue_simulation import Clients, Outcome, Scene, Station, simulate
from benchmarks.queueing import Service, erlang_b, erlang_c, mean_wait, servers_needed, wait_quantile
from safety.errors import PresetError

CALLS = 20_000  # of a simulation that is held against theory
PARTS, T_999 = 20, 3.883  # means of consecutive parts, and Student's t for 99.9 % of them


@pytest.mark.parametrize(
    ("servers", "load", "lost", "waits"),
    [
        pytest.param(1, 0.5, 1 / 3, 0.5, id="one server: the share of time that it is busy"),
        pytest.param(2, 1.0, 1 / 5, 1 / 3, id="two"),
        pytest.param(3, 2.0, 4 / 19, 4 / 9, id="three"),
        pytest.param(10, 8.0, 0.12166, 0.40918, id="ten"),
        pytest.param(5, 0.0, 0.0, 0.0, id="no calls"),
        pytest.param(2, 2.5, 25 / 53, 1.0, id="more than they can do"),
    ],
)
def test_erlang_is_right(servers: int, load: float, lost: float, waits: float) -> None:
    assert erlang_b(servers, load) == pytest.approx(lost, abs=1e-5)
    assert erlang_c(servers, load) == pytest.approx(waits, abs=1e-5)


@pytest.mark.parametrize(
    ("service", "wait"),
    [
        pytest.param(Service(1.0), 4.0, id="M/M/1: load over what is left"),
        pytest.param(Service.constant(1.0), 2.0, id="M/D/1: half of that"),
        pytest.param(Service(1.0, 3.0, "lognormal"), 8.0, id="M/G/1 by Pollaczek and Khinchine"),
    ],
)
def test_the_mean_wait_at_one_server_is_the_exact_one(service: Service, wait: float) -> None:
    assert mean_wait(0.8, service, 1) == pytest.approx(wait)
    assert mean_wait(1.0, service, 1) == math.inf


def test_of_calls_at_one_server_so_many_wait_at_most_that_long() -> None:
    # M/M/1: P(W > t) = load * exp(-(1 - load) t).
    assert wait_quantile(0.95, 0.8, Service(1.0), 1) == pytest.approx(math.log(0.8 / 0.05) / 0.2)
    assert wait_quantile(0.2, 0.8, Service(1.0), 1) == 0


@given(st.floats(0.01, 500), st.floats(0.001, 2), st.floats(0.05, 0.95))
@settings(max_examples=60, deadline=None)
def test_as_many_servers_as_are_needed_and_no_more(rate: float, seconds: float, busy: float) -> None:
    number = servers_needed(rate, Service(seconds), busy)
    assert rate * seconds / number <= busy + 1e-9
    assert number == 1 or rate * seconds / (number - 1) > busy - 1e-9


def test_a_short_wait_needs_more_servers_than_a_busy_one() -> None:
    loose, tight = (servers_needed(4.0, Service(1.0), 0.9, wait) for wait in (math.inf, 0.05))
    assert loose == 5 < tight and wait_quantile(0.95, 4.0, Service(1.0), tight) <= 0.05


@pytest.mark.parametrize(
    ("median", "p95"), [pytest.param(0.173, 0.281, id="marks"), pytest.param(0.1, 0.1, id="always the same")]
)
def test_a_measured_service_has_its_median_and_percentile(median: float, p95: float) -> None:
    service, dice = Service.measured(median, p95), random.Random(7)
    drawn = sorted(service.draw(dice) for _ in range(CALLS))
    assert drawn[CALLS // 2] == pytest.approx(median, rel=0.02)
    assert drawn[int(0.95 * CALLS)] == pytest.approx(p95, rel=0.03)
    assert statistics.fmean(drawn) == pytest.approx(service.mean, rel=0.02)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Returns the interval that the mean lies in, by means of parts, whose calls hang together less than neighbours."""
    size = len(values) // PARTS
    means = [statistics.fmean(values[start : start + size]) for start in range(0, size * PARTS, size)]
    half = T_999 * statistics.stdev(means) / math.sqrt(PARTS)
    return statistics.fmean(means) - half, statistics.fmean(means) + half


@pytest.mark.parametrize(
    ("service", "servers", "load"),
    [
        pytest.param(Service(0.5), 1, 0.7, id="M/M/1"),
        pytest.param(Service(0.5), 4, 0.8, id="M/M/4"),
        pytest.param(Service.constant(0.5), 1, 0.8, id="M/D/1"),
        pytest.param(Service(0.5, 0.5, "lognormal"), 1, 0.7, id="M/G/1"),
    ],
)
def test_the_simulation_waits_as_long_as_theory_says(service: Service, servers: int, load: float) -> None:
    rate = load * servers / service.mean
    scene = Scene((Station("one", servers, service),), rate, CALLS / rate, 0.05 * CALLS / rate)
    waits = simulate(scene, seed=11).waits["one"]
    low, high = interval(waits)
    wanted = mean_wait(rate, service, servers)
    assert low <= wanted <= high and high - low < wanted


def test_the_formula_is_near_the_simulation_where_it_is_not_exact() -> None:
    service, rate = Service.measured(0.173, 0.281), 8 * 0.85 / Service.measured(0.173, 0.281).mean
    scene = Scene((Station("marks", 8, service),), rate, CALLS / rate, 0.05 * CALLS / rate)
    waits = simulate(scene, seed=3).waits["marks"]
    assert mean_wait(rate, service, 8) == pytest.approx(statistics.fmean(waits), rel=0.25)


def test_where_nobody_may_wait_as_many_are_turned_away_as_erlang_says() -> None:
    scene = Scene((Station("one", 3, Service(1.0), room=0),), 2.0, CALLS / 2)
    outcome = simulate(scene, seed=5)
    share, wanted = outcome.turned_away / outcome.arrived, erlang_b(3, 2.0)
    # Neighbouring losses hang together: twice the deviation of independent ones.
    assert abs(share - wanted) < 3.3 * 2 * math.sqrt(wanted * (1 - wanted) / outcome.arrived)


STATIONS = st.builds(
    Station,
    st.just(""),
    st.integers(1, 3),
    st.sampled_from([Service(0.3), Service.constant(0.2), Service(0.4, 0.5, "lognormal")]),
    batch=st.integers(1, 4),
    marginal=st.floats(0, 1),
    room=st.sampled_from([0, 1, 5, math.inf]),
    refuses=st.floats(0, 1),
)
SCENES = st.builds(
    Scene,
    st.lists(STATIONS, min_size=1, max_size=3).map(
        lambda found: tuple(replace(each, name=str(number)) for number, each in enumerate(found))
    ),
    st.one_of(st.floats(0.1, 20), st.builds(Clients, st.integers(1, 8), st.floats(0, 1), st.floats(0.1, 2))),
    st.just(20.0),
    patience=st.sampled_from([0.1, 1.0, math.inf]),
    room=st.sampled_from([1, 4, math.inf]),
    cores=st.sampled_from([None, 1, 2]),
)


@given(SCENES, st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_every_call_is_done_refused_turned_away_late_or_still_there(scene: Scene, seed: int) -> None:
    told = simulate(scene, seed)
    assert told.arrived == told.done + told.refused + told.turned_away + told.late + told.in_flight
    assert len(told.answers) == told.done and len(told.refusals) == told.refused
    assert told.in_flight <= scene.room
    assert not isinstance(scene.calls, Clients) or told.in_flight <= scene.calls.number
    assert all(wait >= 0 for wait in itertools.chain(*told.waits.values()))
    assert all(answer <= scene.patience + 1e-9 for answer in told.answers)


def test_the_same_seed_gives_the_same_and_another_one_does_not() -> None:
    scene = Scene((Station("one", 1, Service(0.5)),), 1.0, 100.0)
    assert simulate(scene, 1) == simulate(scene, 1) != simulate(scene, 2)


def closed(stations: tuple[Station, ...], **more: Any) -> Outcome:
    return simulate(Scene(stations, Clients(16), 200.0, 20.0, **more))


def test_batches_that_take_less_than_their_pieces_do_more() -> None:
    one = Station("one", 1, Service.constant(0.1))
    alone, together = (closed((replace(one, batch=batch, marginal=0.25),)).rate for batch in (1, 8))
    assert alone == pytest.approx(10, rel=0.02) and together == pytest.approx(8 / 0.275, rel=0.02)


def test_layers_on_the_same_cores_share_them() -> None:
    stations = tuple(Station(name, 4, Service.constant(0.25)) for name in ("one", "other"))
    assert closed(stations).rate == pytest.approx(16, rel=0.05)
    assert closed(stations, cores=2).rate == pytest.approx(4, rel=0.05)


def test_the_plan_holds_its_aims_in_every_layer() -> None:
    planned = plan(read_figures(FIGURES), 231.5, 0.6, 0.05, gpu_seconds=1.5)
    assert [row.name for row in planned] == ["ingress", "prompt-guard", "generator", "picture-guard", "marks"]
    assert all(row.busy <= 0.6 and row.wait_95 <= 0.05 for row in planned)
    assert next(row.replicas for row in planned if row.gpu) == math.ceil(231.5 * 1.5 / 0.6)


def test_what_a_batch_takes_counts_for_the_number_of_replicas(tmp_path: Path) -> None:
    text = '[[layer]]\nname = "guard"\nseconds = 0.1\np95 = 0.1\nbatch = 4\nbatch_seconds = 0.2\nsource = "made up"\n'
    (tmp_path / "figures.toml").write_text(text)
    (row,) = plan(read_figures(tmp_path / "figures.toml"), 100, 0.5, math.inf)
    assert row.replicas == 10


def test_the_report_prints_replicas_waits_and_cost(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--pictures", "1000000", "--gpu-seconds", "2", "--core-hour", "0.05", "--gpu-hour", "2", "--simulate", "5"])
    told = capsys.readouterr().out
    assert "11.6 a second on average, 23.1 at the peak" in told
    assert "| generator | 1,872 GPU hours | 936 | 3,744 |" in told and "78 GPUs" in told


def measured(**model: Any) -> dict[str, Any]:
    layers = [{"name": "generator", "replicas": 1, "cpu_seconds": 0.5}]
    whole = {"clients": 1, "think": 0.0, "retry": 2.0, "patience": 60.0, "room": 16, "cores": 2, "harmful": 0.0}
    whole["drawings_wait"] = 16
    before = {"per_second": 1.9, "answered": {"p50": 0.51, "p95": None}, "turned_away_share": 0.25}
    return {"model": {**whole, "layers": layers, **model}, "windows": [before]}


def test_the_measured_cluster_stands_beside_the_simulated_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cluster.json").write_text(json.dumps(measured()))
    main(["--measured", str(tmp_path / "cluster.json")])
    rows = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:] for line in capsys.readouterr().out.splitlines()}
    simulated, seen = rows["pictures a second"]
    assert float(simulated) == pytest.approx(2, rel=0.05) and seen == "1.90 |"
    assert rows["p95 of calls with a picture"][1] == "- |"
    assert rows["calls turned away"] == ["0%", "25% |"]


def test_drawings_that_find_no_place_to_wait_are_turned_away() -> None:
    told = list(compare(measured(clients=8, drawings_wait=1)))
    assert "| calls turned away | 0% |" not in "\n".join(told)
    assert "| calls turned away | 0% |" in "\n".join(compare(measured(clients=8, drawings_wait=8)))


def test_prompts_that_are_refused_cost_the_guard_alone() -> None:
    layers = [{"name": name, "replicas": 1, "cpu_seconds": 0.5} for name in ("prompt-guard", "generator")]
    (rate,) = [line for line in compare(measured(layers=layers, harmful=1.0)) if "pictures a second" in line]
    assert "| 0.00 |" in rate


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--pictures", "0"], "--pictures is a number above 0", id="no pictures"),
        pytest.param(["--pictures", "nan"], "--pictures is a number above 0", id="no number"),
        pytest.param(["--peak", "0.5"], "--peak is 1 or more", id="a peak below the mean"),
        pytest.param(["--busy", "1"], "--busy is between 0 and 1", id="always busy"),
        pytest.param(["--wait", "0"], "--wait above 0", id="no wait at all"),
        pytest.param(["--gpu-seconds", "-1"], "--gpu-seconds and --simulate", id="less than no time"),
        pytest.param(["--node-cores", "0"], "--node-cores is a number above 0", id="nodes without cores"),
        pytest.param(["--core-hour", "-3"], "--core-hour and --gpu-hour are prices", id="a price below nothing"),
        pytest.param(["--gpu-hour", "nan"], "--core-hour and --gpu-hour are prices", id="a price that is no number"),
        pytest.param(["--figures", "no/such.toml"], "There is no file no/such.toml", id="no file of figures"),
        pytest.param(["--measured", "no/such.json"], "no/such.json cannot be read", id="no measurement"),
        pytest.param(["--pictures", "1e15"], "More than 100,000 servers", id="more than can be"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert said in f"{caught.value.code}{capsys.readouterr().err}"


LAYER = {"name": "one", "seconds": "0.1", "p95": "0.2", "source": "made up"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"seconds": "0"}, "layer.0.seconds", id="no time"),
        pytest.param({"p95": "0.05"}, "its p95 is at least its seconds", id="p95 below the median"),
        pytest.param(
            {"batch": "2", "batch_seconds": "0.5"}, "from once to `batch` times", id="a batch that costs more"
        ),
        pytest.param({"colour": "1"}, "there is no such key", id="unknown key"),
        pytest.param({"source": ""}, "layer.0.source", id="from nowhere"),
    ],
)
def test_figures_that_cannot_be_are_refused(tmp_path: Path, change: dict[str, str], said: str) -> None:
    table = {**LAYER, **change}
    lines = [f"{k} = {json.dumps(v) if k in ('name', 'source') else v}" for k, v in table.items()]
    (tmp_path / "figures.toml").write_text("[[layer]]\n" + "\n".join(lines))
    with pytest.raises(PresetError, match=said):
        read_figures(tmp_path / "figures.toml")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda: Service(0.0), id="no time"),
        pytest.param(lambda: Service(1.0, 2.0), id="an exponential one of another variation"),
        pytest.param(lambda: Service.measured(2, 1), id="median above p95"),
        pytest.param(lambda: Station("one", 0, Service(1.0)), id="no server"),
        pytest.param(lambda: Station("one", 1, Service(1.0), marginal=2), id="batches that cost more"),
        pytest.param(lambda: Clients(1, retry=0), id="no pause before a retry"),
        pytest.param(lambda: Scene((), 1.0, 10.0), id="no layers"),
        pytest.param(lambda: Scene((Station("one", 1, Service(1.0)),), 0.0, 10.0), id="no calls"),
        pytest.param(lambda: erlang_c(0, 1.0), id="no servers"),
        pytest.param(lambda: servers_needed(1.0, Service(1.0), 1.0), id="always busy"),
        pytest.param(lambda: wait_quantile(1.0, 0.5, Service(1.0), 1), id="all of the calls"),
    ],
)
def test_what_cannot_be_simulated_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"\."):
        wrong()


def test_a_file_of_another_form_is_no_measurement() -> None:
    with pytest.raises(PresetError, match="cluster_load"):
        list(compare({"windows": []}))
