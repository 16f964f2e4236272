"""A filter on a cluster of two nodes, both on this machine: the same manifest as here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra `filter`")
pytest.importorskip("ray", reason="the extra `filter-ray`")

from safety.errors import RequestError
from studio.curation.filter_config import ActorPool
from studio.curation.filter_run import FilterRun
from studio.curation.ray_cluster import ONE_POOL, RayCluster
from studio.curation.workers import Here
from tests.sources import ROOT
from tests.training_data import BAD, BROKEN, HARD, PROCESSES, make, three_stages, word_pipeline

CAPTIONS = [f"row {number} {word}" for number, word in enumerate(("good", BAD, BROKEN, HARD) * 10)]
STORE = 100 * 2**20  # bytes of memory that each node shares with its processes


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yields a cluster of two nodes with two processors each."""
    import ray
    from ray.cluster_utils import Cluster

    # Its processes import the stages of this test.
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "object_store_memory": STORE})
    try:
        made.add_node(num_cpus=2, object_store_memory=STORE)
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_cluster_of_two_nodes_comes_to_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "processes").mkdir()
    monkeypatch.setenv(PROCESSES, str(tmp_path / "processes"))
    address = request.getfixturevalue("cluster").address
    source = make("webdataset", tmp_path / "in", CAPTIONS)
    options: dict[str, Any] = {"block_rows": 4}
    for name, pipeline, pools in (
        ("one pool", word_pipeline, ONE_POOL),
        (
            "two pools",
            three_stages,
            (ActorPool(first="open", least=1, most=1), ActorPool(first="threat", cpus=0.5, most=2)),
        ),
    ):
        here = FilterRun(str(source), str(tmp_path / f"{name}, here"), pipeline=pipeline, **options).run(Here())
        for path in (tmp_path / "processes").iterdir():
            path.unlink()
        run = FilterRun(str(source), str(tmp_path / name), pipeline=pipeline, **options)
        there = run.run(RayCluster(address, pools))
        assert there["manifest_digest"] == here["manifest_digest"] and there["rows"] == 40
        assert there["failed"] == here["failed"] >= 10
    # Each pool had its own stages, and no more actors than it may have.
    processes = Counter(path.name.partition("-")[0] for path in (tmp_path / "processes").iterdir())
    assert processes["size"] == 1 and 1 <= processes["threat"] <= 2
    assert len({path.name.partition("-")[2] for path in (tmp_path / "processes").iterdir()}) == processes.total()
    with pytest.raises(RequestError, match="has 4 CPUs, and the pools of actors need 9 at least"):
        FilterRun(str(source), str(tmp_path / "no room"), pipeline=word_pipeline, **options).run(
            RayCluster(address, (ActorPool(first="word", cpus=3, least=3),))
        )
