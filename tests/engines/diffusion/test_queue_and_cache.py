"""Who waits hears how many are before them; the model that was used least recently makes room."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.model_cache import ModelCache
from engines.diffusion.model_store import ModelStore
from engines.hardware import Hardware
from engines.interface import silent
from engines.job_queue import JobQueue
from safety.errors import Cancelled
from tests.engines.conftest import REQUEST, card


def test_turns_come_in_order_and_tell_place_and_estimate() -> None:
    jobs, order, places = JobQueue(), [], []
    jobs.record_duration(10.0, 20.0)  # two seconds a unit
    go, started = threading.Event(), threading.Event()

    def first() -> None:
        with jobs.turn(5.0, silent):
            started.set()
            go.wait(10)
            order.append(1)

    def later(number: int) -> None:
        with jobs.turn(5.0, lambda stage, *_: places.append((number, stage))):
            order.append(number)

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(first)]
        assert started.wait(10)
        work.append(pool.submit(later, 2))
        while not places:
            time.sleep(0.01)
        work.append(pool.submit(later, 3))
        while not any(number == 3 for number, _ in places):
            time.sleep(0.01)
        go.set()
        for future in work:
            future.result()
    assert order == [1, 2, 3]
    assert places[0] == (2, "waiting for the engine: 1 before you, about 10 s")
    assert (3, "waiting for the engine: 2 before you, about 20 s") in places


def test_who_gives_up_waiting_leaves_the_queue() -> None:
    jobs = JobQueue()

    def give_up(*_: object) -> None:
        raise Cancelled("Stopped.")

    with jobs.turn(1.0, silent), pytest.raises(Cancelled), jobs.turn(1.0, give_up):
        raise AssertionError("it was not its turn")
    with jobs.turn(1.0, give_up):  # free again: nobody is told to wait
        pass


def engines(models: Path, store: ModelStore) -> list[DiffusionEngine]:
    return [DiffusionEngine(name, card(name), store) for name in ("sd", "sdxl", "sd3")]


def loaded(engines: list[DiffusionEngine]) -> list[bool]:
    return [engine.loaded is not None for engine in engines]


@pytest.mark.slow
def test_the_least_recently_used_model_makes_room(tiny_models: Path) -> None:
    sd, sdxl, sd3 = all_three = engines(tiny_models, ModelStore(tiny_models, cache=ModelCache(2)))
    for engine in (sd, sdxl, sd):
        engine.generate(REQUEST, [1], silent)
    sd3.generate(REQUEST, [1], silent)
    assert loaded(all_three) == [True, False, True]


@pytest.mark.slow
def test_models_go_when_memory_is_short(tiny_models: Path) -> None:
    held: list[DiffusionEngine] = []

    def hardware() -> Hardware:
        return Hardware(30.0 - 12.0 * sum(loaded(held)), 30.0)

    store = ModelStore(tiny_models, hardware=hardware, cache=ModelCache(9))
    held += [DiffusionEngine(name, card(name, memory_gb=9.0), store) for name in ("sd", "sdxl")]
    for engine in held:
        engine.generate(REQUEST, [1], silent)
    assert loaded(held) == [False, True]
