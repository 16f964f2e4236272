"""Runs a filter on a cluster by Ray Data: the same stages in actors, each of which loads its models once.

Ray plans the blocks on the machines, feeds actors no faster than they look, starts more of them where there is work,
takes up anew what a machine was at when it went, and never has a row in its own memory: an actor reads its block from
the source and writes down what it saw. RowSource and output must be at addresses that all machines reach.
"""

from __future__ import annotations

import logging
import pickle
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from safety.errors import RequestError
from studio.curation.looking import BlockCounts, LookSpec, look_at_block
from studio.curation.rows import Block
from studio.curation.workers import Looked

LOCAL = "local"
RETRIES = 3  # of a block whose actor died
BLOCKS_AT_ONCE = 1


@dataclass(frozen=True)
class RayCluster:
    """A cluster at an address, as `ray start` prints it; "local" starts one on this machine.

    actors: how many at most, 0 for as many as there are processors. cpus, gpus: what one actor is given.
    """

    address: str
    actors: int = 0
    cpus: float = 1.0
    gpus: float = 0.0

    def run(self, spec: LookSpec, blocks: Iterable[Block]) -> Looked:
        """Yields each block once it has been looked at and written down. Raises RequestError without ray or cluster."""
        ray = _connected(self.address)
        most = self.actors or max(1, int(ray.cluster_resources().get("CPU", 1) / max(self.cpus, 0.01)))
        context = ray.data.DataContext.get_current()
        # Of a block that no machine could be kept alive with, nothing comes back; the run then takes it row by row.
        context.max_errored_blocks = -1
        # The run has progress of its own.
        context.enable_progress_bars = False
        data = ray.data.from_items([{"block": _packed(block)} for block in blocks])
        looked = data.map_batches(
            _BlockActor,
            fn_constructor_args=(spec,),
            batch_size=BLOCKS_AT_ONCE,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=most),
            num_cpus=self.cpus,
            num_gpus=self.gpus,
            max_restarts=RETRIES,
            max_task_retries=RETRIES,
        )
        for row in looked.iter_rows():
            block = _unpacked(row["block"])
            yield block, BlockCounts(block.rows, Counter(_counts(row["counts"])))


class _BlockActor:
    """Looks at blocks on one machine of the cluster."""

    def __init__(self, spec: LookSpec) -> None:
        self._spec = spec

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Looks at a batch of blocks; returns them with what each stage takes out."""
        blocks = [_unpacked(packed) for packed in batch["block"]]
        counts = [look_at_block(self._spec, block).by_stage for block in blocks]
        told = [";".join(f"{stage}={number}" for stage, number in each.items()) for each in counts]
        return {"block": list(batch["block"]), "counts": told}


def _connected(address: str) -> Any:
    try:
        import ray
        import ray.data
    except ImportError:
        raise RequestError(
            "Running on a cluster needs ray.", "Install it: pip install 'safelight[filter-ray]'"
        ) from None
    # It tells of every step else.
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    if not ray.is_initialized():
        try:
            ray.init(address=None if address == LOCAL else address, logging_level=logging.WARNING, log_to_driver=False)
        except (ConnectionError, ValueError) as error:
            what = f"There is no Ray cluster at {address}: {error}."
            raise RequestError(what, "Start one with `ray start --head`, or say --ray local.") from error
    return ray


def _packed(block: Block) -> bytes:
    return pickle.dumps(block)


def _unpacked(packed: bytes) -> Block:
    block = pickle.loads(packed)
    if not isinstance(block, Block):
        raise TypeError("no block")
    return block


def _counts(told: str) -> dict[str, int]:
    parts = (each.rpartition("=") for each in told.split(";") if each)
    return {stage: int(number) for stage, _, number in parts}
