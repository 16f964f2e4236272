"""Where and how a model runs, by memory; and which engines run on a machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engines import hardware as hardware_module
from engines.cards import read_cards
from engines.diffusion.model_store import ModelStore
from engines.diffusion.placement import choose_placement
from engines.hardware import Hardware, measure
from engines.interface import EngineCard
from engines.registry import make_engines, runnable_engines
from tests.engines.conftest import card

SHIPPED = Path(__file__).parents[3] / "presets" / "engines.toml"
LAPTOP = Hardware(ram_free=12, ram_total=16)


def gpu(free: float, ram: float = 64, **more: Any) -> Hardware:
    return Hardware(ram, ram, "cuda", "A GPU", free, free, **{"bf16": True, **more})


def klein(**changes: Any) -> EngineCard:
    return card("black-forest-labs/klein", kind="hub", memory_gb=15.5, largest_gb=8.0, **changes)


@pytest.mark.parametrize(
    ("hardware", "expected", "says"),
    [
        pytest.param(gpu(24), ("cuda", "bfloat16", "", False, False), "All on the GPU", id="all of it"),
        pytest.param(gpu(18), ("cuda", "bfloat16", "", False, True), "All on the GPU", id="all of it, tight"),
        pytest.param(gpu(16), ("cuda", "bfloat16", "model", False, False), "Part by part", id="part by part"),
        pytest.param(gpu(40, bf16=False), ("cuda", "float32", "", False, False), "All on the GPU", id="old GPU"),
        pytest.param(gpu(24, bf16=False), ("cuda", "float32", "model", False, False), "Part by part", id="old one"),
        pytest.param(
            gpu(8, quantiser="bitsandbytes"), ("cuda", "bfloat16", "model", True, True), "At 4 bits", id="4 bits"
        ),
        pytest.param(gpu(8), ("cuda", "bfloat16", "sequential", False, True), "Layer by layer", id="layer by layer"),
        pytest.param(gpu(8, ram=10), ("", "float32", "", False, False), "nor has A GPU", id="neither GPU nor memory"),
        pytest.param(Hardware(64, 64), ("cpu", "float32", "", False, False), "On the CPU", id="much memory, no GPU"),
        pytest.param(LAPTOP, ("", "float32", "", False, False), "32 GB are needed, 12 GB are free", id="laptop"),
        pytest.param(
            Hardware(32, 32, "mps", "Apple GPU", 32, 32), ("mps", "float16", "", False, False), "", id="Apple"
        ),
    ],
)
def test_a_placement_goes_by_memory_and_says_so(hardware: Hardware, expected: tuple[Any, ...], says: str) -> None:
    placement = choose_placement(klein(), hardware)
    assert (placement.device, placement.dtype, placement.offload, placement.four_bit, placement.tiling) == expected
    assert says in placement.why


def test_the_embedded_model_runs_anywhere_and_in_full_precision() -> None:
    pocket = read_cards(SHIPPED)["pocket"]
    placement = choose_placement(pocket, Hardware(0.5, 1))
    assert (placement.device, placement.dtype) == ("cpu", "float32")
    assert choose_placement(pocket, gpu(2)).device == "cuda"


def test_more_memory_never_takes_a_model_away() -> None:
    cards = read_cards(SHIPPED).values()
    running = [
        sum(choose_placement(card, gpu(free, ram)).runs for card in cards)
        for free, ram in ((0, 4), (8, 32), (24, 64), (80, 256))
    ]
    assert running == sorted(running) and running[-1] == len(cards)


def runnable(hardware: Hardware) -> list[str]:
    store = ModelStore(SHIPPED.parents[1] / "assets" / "models", hardware=lambda: hardware)
    return runnable_engines(make_engines(read_cards(SHIPPED), store))


def test_a_machine_lists_what_runs_on_it_and_first_what_needs_no_download() -> None:
    assert runnable(Hardware(1, 2)) == ["pocket"]
    assert runnable(gpu(24))[:2] == ["pocket", "flux2-klein-4b"]


def test_with_a_gpu_and_its_files_here_klein_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelStore, "installed", lambda _self, card: card.title in ("FLUX.2 klein 4B", "Pocket"))
    assert runnable(gpu(24))[0] == "flux2-klein-4b"
    assert runnable(Hardware(8, 16))[0] == "pocket"


def test_a_server_is_listed_without_being_asked() -> None:
    there = card("flux", kind="server", url="http://127.0.0.1:9/v1")
    status = make_engines({"there": there}, ModelStore(Path("nowhere")))["there"].availability()
    assert (status.runs, status.installed, status.why) == (True, True, "On the server 127.0.0.1:9.")


def test_this_machine_is_measured_without_torch() -> None:
    here = measure()
    assert 0 < here.ram_free <= here.ram_total


def test_a_lent_gpu_counts_as_one() -> None:
    assert measure(zero_gpu=True).gpu == "cuda"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param("NVIDIA L4, 23034, 22500, 8.9\n", ("cuda", "NVIDIA L4", True), id="a GPU"),
        pytest.param("Tesla T4, 15360, 15000, 7.5\nTesla T4, 15360, 10, 7.5\n", ("cuda", "Tesla T4", False), id="two"),
        pytest.param("No devices were found\n", ("", "", False), id="none"),
    ],
)
def test_a_gpu_is_read_from_its_own_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, expected: tuple[str, str, bool]
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{output}END\n")
    tool.chmod(0o755)
    monkeypatch.setattr(hardware_module, "GPU_QUERY", (str(tool), *hardware_module.GPU_QUERY[1:]))
    here = measure()
    assert (here.gpu, here.gpu_name, here.bf16) == expected


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("400000000\n")
    monkeypatch.setattr(hardware_module, "CGROUP", tmp_path)
    assert (round(measure().ram_free, 3), measure().ram_total) == (0.6, 1.0)
