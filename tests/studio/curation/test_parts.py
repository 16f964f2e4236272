"""Stages that look in several parts, in other processes, see what they see together; pools of actors have limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the extra `filter`")

from safety.errors import RequestError
from safety.resources import PRESETS
from studio.curation.filter_config import ActorPool, load_filter_config
from studio.curation.looking import FilterRules, LookSpec, look_at_block, look_at_part, make_pipeline, plan, write_block
from studio.curation.opening import open_source
from studio.curation.place import DataPlace
from studio.curation.ray_cluster import pool_sizes
from tests.training_data import BAD, BROKEN, FORMATS, HARD, make, three_stages

CAPTIONS = ["good", BROKEN, HARD, BAD, f"{HARD} {BROKEN}", "fine", BAD]


def without_time(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) | {"ms": {}} for line in path.read_text().splitlines()]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("firsts", [["open", "size"], ["open", "threat"], ["open", "size", "threat"]], ids=str)
def test_parts_see_what_all_stages_see_together(tmp_path: Path, kind: str, firsts: list[str]) -> None:
    source = open_source(str(make(kind, tmp_path / "in", CAPTIONS)), 3)
    whole, parted = (LookSpec(source, DataPlace(str(tmp_path / n)), FilterRules(), 1, three_stages) for n in ("w", "p"))
    for shard in range(len(source.shards)):
        for block in plan(source, shard):
            counts = look_at_block(whole, block)
            lines: list[str] = []
            for part in range(len(firsts)):
                lines = look_at_part(parted, block, firsts, part, lines)
            assert write_block(parted, block, lines) == counts
            assert without_time(tmp_path / "p" / block.name) == without_time(tmp_path / "w" / block.name)


def test_a_picture_that_is_another_one_by_then_has_failed(tmp_path: Path) -> None:
    folder = make("folder", tmp_path / "in", ["good", "good too"], shards=1)
    source = open_source(str(folder), 3)
    spec = LookSpec(source, DataPlace(str(tmp_path / "out")), FilterRules(), 1, three_stages)
    (block,) = plan(source, 0)
    lines = look_at_part(spec, block, ["open", "size"], 0)
    first, second = sorted(folder.rglob("*.png"))
    first.write_bytes(second.read_bytes())
    seen = [json.loads(line) for line in look_at_part(spec, block, ["open", "size"], 1, lines)]
    assert [each["problem"] for each in seen] == ["The row could not be read any more.", ""]


@pytest.mark.parametrize(
    "firsts", [[], ["size"], ["open", "nothing"], ["open", "threat", "size"], ["open", "open"]], ids=str
)
def test_parts_that_leave_a_stage_out_are_refused(firsts: list[str]) -> None:
    with pytest.raises(RequestError, match="cannot begin at these stages") as refused:
        three_stages(FilterRules()).parts(firsts)
    assert refused.value.advice.endswith("open, size, threat.")


def test_the_pools_that_ship_have_all_stages() -> None:
    pools = load_filter_config(PRESETS).pool
    stages = make_pipeline(FilterRules())
    (whole,) = stages.parts([pool.first for pool in pools])
    assert whole.looking == stages.looking
    words, pictures = stages.parts(["decode", "picture"])
    assert [stage.name for stage in words.looking] == ["decode", "listed", "caption"]
    assert pictures.looking[0].name == "picture" and pictures.looking[-1].name == "hard line"


TWO = (ActorPool(first="a", cpus=0.5, least=2), ActorPool(first="b", gpus=0.25, least=1, most=3))


@pytest.mark.parametrize(
    ("pools", "resources", "sizes"),
    [
        pytest.param((ActorPool(first="a"),), {"CPU": 8.0}, [(1, 8)], id="as many as there is room for"),
        pytest.param((ActorPool(first="a", most=20),), {"CPU": 8.0}, [(1, 20)], id="more, when machines come"),
        pytest.param((ActorPool(first="a", gpus=1),), {"CPU": 8.0, "GPU": 2.0}, [(1, 2)], id="by its GPUs"),
        pytest.param(TWO, {"CPU": 4.0, "GPU": 1.0}, [(2, 8), (1, 3)], id="two pools"),
        pytest.param((ActorPool(first="a", least=4, most=2),), {"CPU": 8.0}, [(4, 4)], id="at least the fewest"),
    ],
)
def test_a_pool_grows_within_its_limits(
    pools: tuple[ActorPool, ...], resources: dict[str, float], sizes: list[tuple[int, int]]
) -> None:
    assert pool_sizes(pools, resources) == sizes


@pytest.mark.parametrize(
    ("resources", "match"),
    [
        ({"CPU": 1.5, "GPU": 1.0}, "has 1.5 CPUs, and the pools of actors need 2 at least"),
        ({"CPU": 9.0}, "has 0 GPUs, and the pools of actors need 0.25 at least"),
    ],
)
def test_a_cluster_without_room_is_told_at_once(resources: dict[str, float], match: str) -> None:
    with pytest.raises(RequestError, match=match):
        pool_sizes(TWO, resources)
