"""A lent GPU: only drawing runs on it, in another process, and a cancel reaches it."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engines.diffusion.engine import DiffusionEngine
from engines.diffusion.model_store import ModelStore
from engines.diffusion.zerogpu import MAX_SECONDS, Task, gpu_decorator, requested_seconds, stream
from engines.interface import silent
from safety.errors import Cancelled, EngineFailed
from safety.generation import GenerationRequest, Refused, Steering
from studio.factory import make_studio
from studio.settings import Settings
from tests.engines.conftest import REQUEST, SIDE, card, stop_at
from tests.fakes import fake_studio

BLOOD = Steering(("violence",), "blood", "max")


@dataclass
class Lender:
    """Lends as ZeroGPU does: what goes in and out is pickled; counts how often it lent and was given back early."""

    lent: int = 0
    closed: int = 0
    yielded: list[str] = field(default_factory=list)

    def __call__(self, task: Task) -> Task:
        def borrowed(*arguments: Any) -> Generator[Any]:
            self.lent += 1
            items = task(*pickle.loads(pickle.dumps(arguments)))
            try:
                for item in items:
                    self.yielded.append(item[0])
                    yield pickle.loads(pickle.dumps(item))
            except GeneratorExit:
                self.closed += 1
                items.close()
                raise

        return borrowed


def test_a_lent_gpu_draws_the_same_picture_with_progress_and_previews(tiny_pipeline: Path) -> None:
    lend, steps, shown = Lender(), [], []
    plain = DiffusionEngine("tiny", card("sd"), tiny_pipeline.parent)
    borrowed = DiffusionEngine("tiny", card("sd"), ModelStore(tiny_pipeline.parent, zero_gpu=lend))
    generation = borrowed.generate(REQUEST, [5], lambda *step: steps.append(step), steering=BLOOD, preview=shown.append)
    assert (
        generation.pictures[0].image.tobytes()
        == plain.generate(REQUEST, [5], silent, steering=BLOOD).pictures[0].image.tobytes()
    )
    assert ("drawing", 4, 4) in steps and shown and generation.steered and generation.steered.method == "sld"
    assert lend.lent == 1


def test_a_cancel_gives_the_gpu_back(tiny_pipeline: Path) -> None:
    lend = Lender()
    engine = DiffusionEngine("tiny", card("sd"), ModelStore(tiny_pipeline.parent, zero_gpu=lend))
    with pytest.raises(Cancelled):
        engine.generate(REQUEST, [5], stop_at(2))
    assert lend.closed == 1 and "result" not in lend.yielded


def test_a_failure_comes_back_as_a_sentence(tiny_pipeline: Path) -> None:
    engine = DiffusionEngine("tiny", card("sd"), ModelStore(tiny_pipeline.parent, zero_gpu=Lender()))
    odd = GenerationRequest("x", steps=2, guidance=4.0, width=SIDE + 1, height=SIDE)
    with pytest.raises(EngineFailed, match="could not draw") as caught:
        engine.generate(odd, [1], silent)
    assert caught.value.advice


def test_a_refused_prompt_borrows_nothing(tiny_pipeline: Path, tmp_path: Path) -> None:
    lend = Lender()
    engine = DiffusionEngine("tiny", card("sd"), ModelStore(tiny_pipeline.parent, zero_gpu=lend))
    assert isinstance(fake_studio(tmp_path, engine).create(GenerationRequest("gore", width=SIDE, height=SIDE)), Refused)
    assert lend.lent == 0


def test_what_nobody_foresaw_is_told_by_its_name() -> None:
    def broken(*_: Any) -> None:
        raise KeyError("x")

    assert [(kind, str(value)) for kind, value in stream(broken)] == [("error", "KeyError: 'x'")]


def test_drawing_is_wrapped_for_as_many_seconds_as_a_request_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lambda **more: options.update(more) or "lend"))
    assert gpu_decorator() == "lend"  # type: ignore[comparison-overlap]
    assert options["duration"](REQUEST, [1], None) == 14


@pytest.mark.parametrize(
    ("environment", "lent"),
    [
        pytest.param({}, False, id="elsewhere"),
        pytest.param({"SPACES_ZERO_GPU": "true"}, True, id="on ZeroGPU"),
        pytest.param({"SPACES_ZERO_GPU": "1"}, True, id="on ZeroGPU, by a number"),
    ],
)
def test_elsewhere_nothing_is_wrapped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], lent: bool
) -> None:
    wrapped: list[Any] = []
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lambda **_: wrapped.append))
    make_studio(Settings.read({"SAFELIGHT_HOME": str(tmp_path), **environment}))
    assert bool(wrapped) is lent


def test_the_time_asked_for_is_limited() -> None:
    assert requested_seconds(GenerationRequest("x", steps=500), [1, 2], BLOOD) == MAX_SECONDS
