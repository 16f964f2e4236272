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
from tests.engines.diffusion.test_engine import REQUEST, card


def test_turns_come_in_order_and_tell_place_and_estimate() -> None:
    turns, order, told = JobQueue(), [], []
    turns.measured(10.0, 20.0)  # two seconds a unit
    go, started = threading.Event(), threading.Event()

    def first() -> None:
        with turns.turn(5.0, silent):
            started.set()
            go.wait(10)
            order.append(1)

    def later(number: int) -> None:
        with turns.turn(5.0, lambda stage, *_: told.append((number, stage))):
            order.append(number)

    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(first)]
        assert started.wait(10)
        work.append(pool.submit(later, 2))
        while not told:
            time.sleep(0.01)
        work.append(pool.submit(later, 3))
        while not any(number == 3 for number, _ in told):
            time.sleep(0.01)
        go.set()
        for one in work:
            one.result()
    assert order == [1, 2, 3]
    assert told[0] == (2, "waiting for the engine: 1 before you, about 10 s")
    assert (3, "waiting for the engine: 2 before you, about 20 s") in told


def test_who_gives_up_waiting_leaves_the_queue() -> None:
    turns = JobQueue()

    def give_up(*_: object) -> None:
        raise Cancelled("Stopped.")

    with turns.turn(1.0, silent), pytest.raises(Cancelled), turns.turn(1.0, give_up):
        raise AssertionError("it was not its turn")
    with turns.turn(1.0, give_up):  # free again: nobody is told to wait
        pass


def engines(models: Path, source: ModelStore) -> list[DiffusionEngine]:
    return [DiffusionEngine(name, card(name), source) for name in ("sd", "sdxl", "sd3")]


def loaded(all_of_them: list[DiffusionEngine]) -> list[bool]:
    return [one._pipeline is not None for one in all_of_them]


@pytest.mark.slow
def test_the_least_recently_used_model_makes_room(tiny_models: Path) -> None:
    sd, sdxl, sd3 = all_three = engines(tiny_models, ModelStore(tiny_models, shelf=ModelCache(2)))
    for one in (sd, sdxl, sd):
        one.generate(REQUEST, [1], silent)
    sd3.generate(REQUEST, [1], silent)
    assert loaded(all_three) == [True, False, True]


@pytest.mark.slow
def test_models_go_when_memory_is_short(tiny_models: Path) -> None:
    held: list[DiffusionEngine] = []

    def machine() -> Hardware:
        return Hardware(30.0 - 12.0 * sum(loaded(held)), 30.0)

    source = ModelStore(tiny_models, machine=machine, shelf=ModelCache(9))
    held += [DiffusionEngine(name, card(name, memory_gb=9.0), source) for name in ("sd", "sdxl")]
    for one in held:
        one.generate(REQUEST, [1], silent)
    assert loaded(held) == [False, True]
