"""A filter on a cluster of two nodes, both on this machine: the same manifest as here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="the extra `filter`")
pytest.importorskip("ray", reason="the extra `filter-ray`")

from studio.curation.filter_run import FilterRun
from studio.curation.ray_cluster import RayCluster
from studio.curation.workers import Here
from tests.sources import ROOT
from tests.training_data import BAD, BROKEN, HARD, make, word_pipeline

CAPTIONS = [f"row {number} {word}" for number, word in enumerate(("good", BAD, BROKEN, HARD) * 10)]
STORE = 100 * 2**20  # bytes of memory that each node shares with its processes


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_cluster_of_two_nodes_comes_to_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray
    from ray.cluster_utils import Cluster

    # Its processes import the stages of this test.
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    source = make("webdataset", tmp_path / "in", CAPTIONS)
    options: dict[str, Any] = {"pipeline": word_pipeline, "block_rows": 4}
    here = FilterRun(str(source), str(tmp_path / "here"), **options).run(Here())
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": STORE})
    try:
        cluster.add_node(num_cpus=1, object_store_memory=STORE)
        there = FilterRun(str(source), str(tmp_path / "there"), **options).run(RayCluster(cluster.address))
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert there["manifest_digest"] == here["manifest_digest"]
    assert there["failed"] == 10 and there["rows"] == 40
