"""The studio in each way that it runs: in one process, with its parts by hand, and on Ray Serve."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deploy.cluster_parts import on_cluster
from engines.testing import FakeEngine
from studio import Studio
from studio.api_keys import CREATE, JUDGE, ApiKeys
from tests.deploy.parts_by_hand import parts_of_hand
from tests.fakes import fake_studio
from tests.sources import ROOT

SECONDS = 60.0  # that a request may take
APPLICATION, PORT = "safelight", 18765
MEMORY = 150 * 2**20  # bytes that a node shares with its processes
NOTES = "SAFELIGHT_TEST_NOTES"  # a folder in which engines note what became of their drawings


class NotingEngine(FakeEngine):
    """Notes each drawing that was stopped, or came to its end, as a file: it may be in another process."""

    def generate(self, *arguments: Any, **named: Any) -> Any:
        folder = Path(os.environ[NOTES]) if NOTES in os.environ else None
        try:
            result = super().generate(*arguments, **named)
        except Exception:
            if folder:
                (folder / f"stopped-{os.getpid()}-{self.stopped}").touch()
            raise
        if folder:
            (folder / f"drawn-{os.getpid()}-{self.drawn}").touch()
        return result


def studio_with_a_slow_engine(home: str) -> Studio:
    """Makes the studio of a replica; its engine takes 0.02 s a step."""
    return fake_studio(Path(home), NotingEngine(pause=0.02))


def in_one_process(_: pytest.FixtureRequest, studio: Studio) -> Studio:
    return studio


def by_hand(_: pytest.FixtureRequest, studio: Studio) -> Studio:
    return on_cluster(studio, parts_of_hand(studio), SECONDS)


def on_postgresql(request: pytest.FixtureRequest, studio: Studio) -> Studio:
    database = request.getfixturevalue("postgres_cluster").new_database()
    shared = fake_studio(studio.outputs.parent, NotingEngine(pause=0.02), place=database)
    request.addfinalizer(shared.audit.close)
    # As an ingress beside others does: its rows are in a partition of their own.
    assert shared.audit.claim_partition() == 1
    return on_cluster(shared, parts_of_hand(shared), SECONDS)


def on_serve(request: pytest.FixtureRequest, studio: Studio) -> Studio:
    request.getfixturevalue("served")
    from deploy.serve import parts_of

    return on_cluster(studio, parts_of(APPLICATION), SECONDS)


WAYS = [
    pytest.param(in_one_process, id="one process"),
    pytest.param(by_hand, id="parts by hand"),
    pytest.param(on_postgresql, id="parts by hand, on PostgreSQL", marks=pytest.mark.slow),
    pytest.param(on_serve, id="on Serve", marks=[pytest.mark.ray, pytest.mark.slow]),
]


@pytest.fixture(params=WAYS)
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Studio]:
    """A studio with a record of its own, in each way that it runs."""
    whole = studio_with_a_slow_engine(str(tmp_path))
    way: Callable[[pytest.FixtureRequest, Studio], Studio] = request.param
    yield way(request, whole)
    whole.audit.close()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Yields a cluster of two nodes (groups of processes) with Serve on it."""
    ray = pytest.importorskip("ray", reason="the extra `serve`")
    from ray import serve
    from ray.cluster_utils import Cluster

    patch = pytest.MonkeyPatch()
    notes = tmp_path_factory.mktemp("notes")
    # The replicas import the fakes of these tests.
    patch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    patch.setenv(NOTES, str(notes))
    patch.setenv("SAFELIGHT_HOME", str(tmp_path_factory.mktemp("home")))
    patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 8, "object_store_memory": MEMORY})
    try:
        made.add_node(num_cpus=8, object_store_memory=MEMORY)
        ray.init(address=made.address, log_to_driver=False, logging_level="warning")
        serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": PORT})
        made.notes = notes
        yield made
    finally:
        serve.shutdown()
        ray.shutdown()
        made.shutdown()
        patch.undo()


@dataclass(frozen=True)
class Served:
    """An application on the cluster: its address, the home of its studio, and where its engines note what they do."""

    url: str
    home: Path
    notes: Path

    def key(self, name: str) -> dict[str, str]:
        """Returns the header of a new key of the API."""
        return {"Authorization": f"Bearer {ApiKeys(self.home / 'keys').make(name, (JUDGE, CREATE))[1]}"}


@pytest.fixture(scope="session")
def served(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yields the application on the cluster: two generators, one of each other part."""
    from ray import serve

    from deploy.serve import bound

    home = tmp_path_factory.mktemp("served")
    make = partial(studio_with_a_slow_engine, str(home))
    serve.run(bound(make, SECONDS, {"generator": 2}), name=APPLICATION, route_prefix="/")
    yield Served(f"http://127.0.0.1:{PORT}", home, cluster.notes)
    serve.delete(APPLICATION)
