"""The script for a GPU runs whole, in miniature and on the CPU: its seconds say nothing there, its steps do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import gpu
from benchmarks.engine.random_models import MODELS
from safety.errors import EngineFailed

pytestmark = pytest.mark.slow

STEPS = ("first", "next", "cancelled", "steered", "part by part", "half the memory", "compiled")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """What a whole run in miniature found, by model and step."""
    import torch

    # Handing work this small from thread to thread takes longer than doing it.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    found = gpu.run(list(MODELS), small=True, seconds=600, home=tmp_path_factory.mktemp("gpu"))
    torch.set_num_threads(threads)
    return {(row["model"], row["step"]): row for row in found["rows"]}


def test_every_model_goes_through_every_step(rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert {key: row["failed"] for key, row in rows.items() if "failed" in row} == {}
    assert rows.keys() >= {(name, step) for name in MODELS for step in STEPS}
    assert len(rows) == len(MODELS) * len(STEPS) + 2


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_placed_drawn_watched_and_cancelled(rows: dict[tuple[str, str], dict[str, Any]], name: str) -> None:
    first, after = rows[name, "first"], rows[name, "next"]
    assert (first["device"], first["dtype"]) == ("cpu", "float32") and first["loading"] > 0
    assert after["drawing"] > 0 and after["prompt"] > 0 and after["picture"] > 0 and after["marks"] > 0
    assert after["previews"] >= 1
    assert rows[name, "cancelled"]["steps ended after"] == 1
    # Only the one with guidance can be steered; the others say why not.
    assert (rows[name, "steered"]["method"] == "sld") is (name == "sdxl") and rows[name, "steered"]["why"]


def test_memory_is_shared_and_given_back(rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    (pair,) = (row for (_, step), row in rows.items() if step == "two at once")
    assert pair["loaded again"] == []
    back = rows["all", "given back"]
    assert (back["models"], back["still there"]) == (2, 0)


@pytest.mark.parametrize(
    ("step", "sdxl"),
    [
        pytest.param("part by part", "Part by part", id="part"),
        pytest.param("half the memory", "Layer by layer", id="half"),
    ],
)
def test_what_a_gpu_with_less_memory_would_do_is_told(
    rows: dict[tuple[str, str], dict[str, Any]], step: str, sdxl: str
) -> None:
    assert rows["sdxl", step]["would"].startswith(sdxl)


def test_what_there_is_no_time_for_is_left_out_and_a_failure_ends_nothing() -> None:
    def broken(_: str) -> dict[str, Any]:
        raise EngineFailed("No picture.", "Try again.")

    run = gpu.GpuRun(None, {}, gpu.LimitedMachine(), time.perf_counter() + 60, small=True)  # type: ignore[arg-type]
    run._do("sdxl", broken)
    run.until = 0.0
    run._do("sdxl", run.first)
    assert [row.get("failed") or row["left_out"] for row in run.rows] == ["No picture. Try again.", "no time"]
    assert gpu.line(run.rows[1]).startswith("| sdxl | first | 0.00 | left_out no time")


def test_full_shapes_have_as_many_parameters_as_were_published(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    billions = {
        "sdxl": ("unet", 2.567),
        "flux2-klein-4b": ("transformer", 3.876),
        "z-image-turbo": ("transformer", 6.155),
    }
    for name, (part, published) in billions.items():
        with torch.device("meta"):
            pipeline = MODELS[name](False)
        count = sum(each.numel() for each in getattr(pipeline, part).parameters()) / 1e9
        assert count == pytest.approx(published, rel=0.01), name
