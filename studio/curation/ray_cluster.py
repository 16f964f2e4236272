"""Runs a filter on a cluster by Ray Data: the same stages in pools of actors, each of which loads its models once.

Ray plans the blocks on the machines, feeds actors no faster than they look, starts more of them where there is work,
takes up anew what a machine was at when it went, and never has a row in its own memory: an actor reads its block from
the source, and what it saw goes to the next pool, or is written down. RowSource and output must be at addresses that
all machines reach.
"""

from __future__ import annotations

import logging
import pickle
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from safety.errors import RequestError
from studio.curation.filter_config import ActorPool
from studio.curation.looking import BlockCounts, LookSpec, look_at_block, look_at_part, write_block
from studio.curation.rows import Block
from studio.curation.workers import Looked

LOCAL = "local"
RETRIES = 3  # of a block whose actor died
BLOCKS_AT_ONCE = 1
MOST_TASKS = 2000  # that Ray plans at once; where there are more blocks, a task takes several
ONE_POOL = (ActorPool(first="decode"),)


@dataclass(frozen=True)
class RayCluster:
    """A cluster at an address, as `ray start` prints it; "local" starts one on this machine."""

    address: str
    pools: tuple[ActorPool, ...] = ONE_POOL

    def run(self, spec: LookSpec, blocks: Iterable[Block]) -> Looked:
        """Yields each block once it has been looked at and written down.

        Raises RequestError without ray or cluster, and where the cluster has no room for all pools.
        """
        firsts = [pool.first for pool in self.pools]
        if len(firsts) > 1:
            spec.pipeline(spec.rules).parts(firsts)
        ray = _connected(self.address)
        sizes = pool_sizes(self.pools, ray.cluster_resources())
        context = ray.data.DataContext.get_current()
        # Of a block that no machine could be kept alive with, nothing comes back; the run then takes it row by row.
        context.max_errored_blocks = -1
        # The run has progress of its own.
        context.enable_progress_bars = False
        items = [{"block": _packed(block), "lines": _packed_lines(())} for block in blocks]
        # Where a task has several blocks, a pool has less to grow by.
        data = ray.data.from_items(items, override_num_blocks=max(1, min(len(items), MOST_TASKS)))
        for number, (pool, (least, most)) in enumerate(zip(self.pools, sizes, strict=True)):
            data = data.map_batches(
                _BlockActor,
                fn_constructor_args=(spec, firsts, number),
                batch_size=BLOCKS_AT_ONCE,
                compute=ray.data.ActorPoolStrategy(min_size=least, max_size=most),
                num_cpus=pool.cpus,
                num_gpus=pool.gpus,
                max_restarts=RETRIES,
                max_task_retries=RETRIES,
            )
        for row in data.iter_rows():
            block = _unpacked(row["block"])
            yield block, BlockCounts(block.rows, Counter(_counts(row["counts"])))


def pool_sizes(pools: Sequence[ActorPool], resources: dict[str, float]) -> list[tuple[int, int]]:
    """Returns how few and how many actors each pool has, in a cluster with these resources ("CPU", "GPU").

    Raises RequestError where the fewest of all pools have no room beside each other: Ray would wait for ever.
    """
    for kind, asked in (("CPU", [pool.cpus for pool in pools]), ("GPU", [pool.gpus for pool in pools])):
        needed, there = sum(pool.least * each for pool, each in zip(pools, asked, strict=True)), resources.get(kind, 0)
        if needed > there + 1e-9:
            what = f"The cluster has {there:g} {kind}s, and the pools of actors need {needed:g} at least."
            raise RequestError(what, "Add a machine, or ask for less under [[pool]] in filter.toml.")
    return [(pool.least, max(pool.least, pool.most or _room(pool, resources))) for pool in pools]


def _room(pool: ActorPool, resources: dict[str, float]) -> int:
    """Returns how many actors of a pool a cluster has room for, if no other pool takes any."""
    rooms = [resources.get("CPU", 0) / pool.cpus]
    if pool.gpus:
        rooms.append(resources.get("GPU", 0) / pool.gpus)
    return int(min(rooms) + 1e-9)


class _BlockActor:
    """Looks at blocks on one machine of the cluster: with all stages, or with those of its pool."""

    def __init__(self, spec: LookSpec, firsts: Sequence[str], pool: int) -> None:
        self._spec, self._firsts, self._pool = spec, firsts, pool

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Looks at a batch of blocks; returns them with what was seen, or with what each stage takes out."""
        blocks = [_unpacked(packed) for packed in batch["block"]]
        if len(self._firsts) == 1:
            return {
                "block": list(batch["block"]),
                "counts": [_told(look_at_block(self._spec, each)) for each in blocks],
            }
        before = [_unpacked_lines(packed) for packed in batch["lines"]]
        seen = [
            look_at_part(self._spec, block, self._firsts, self._pool, lines)
            for block, lines in zip(blocks, before, strict=True)
        ]
        if self._pool < len(self._firsts) - 1:
            return {"block": list(batch["block"]), "lines": [_packed_lines(lines) for lines in seen]}
        counts = [write_block(self._spec, block, lines) for block, lines in zip(blocks, seen, strict=True)]
        return {"block": list(batch["block"]), "counts": list(map(_told, counts))}


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


def _packed_lines(lines: Sequence[str]) -> bytes:
    return "\n".join(lines).encode()


def _unpacked_lines(packed: bytes) -> list[str]:
    return packed.decode().split("\n") if packed else []


def _told(counts: BlockCounts) -> str:
    return ";".join(f"{stage}={number}" for stage, number in counts.by_stage.items())


def _counts(told: str) -> dict[str, int]:
    parts = (each.rpartition("=") for each in told.split(";") if each)
    return {stage: int(number) for stage, _, number in parts}
