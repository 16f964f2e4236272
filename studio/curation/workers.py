"""Runs a filter on the processes of one machine. A process that dies costs the row that it died of, and no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import connection
from typing import Protocol

from studio.curation.looking import BlockCounts, LookSpec, look_at_block, look_at_row
from studio.curation.rows import Block

# Blocks that are handed out beyond those that are being looked at: enough that no process waits, and no more.
AHEAD = 1

Looked = Iterator[tuple[Block, BlockCounts]]


class LookingEngine(Protocol):
    """Looks at many blocks somewhere, in any order."""

    def run(self, spec: LookSpec, blocks: Iterable[Block], /) -> Looked:
        """Yields each block once it has been looked at and written down. Raises NoRoomError."""


class Here:
    """Looks in this process: for tests, and where processes are of no use."""

    def run(self, spec: LookSpec, blocks: Iterable[Block]) -> Looked:
        """Yields each block once it has been looked at."""
        for block in blocks:
            yield block, look_at_block(spec, block)


class WorkerProcesses:
    """Looks in so many processes, each with models of its own; blocks are planned no faster than they are looked at."""

    def __init__(self, count: int) -> None:
        self._count = max(1, count)

    def run(self, spec: LookSpec, blocks: Iterable[Block]) -> Looked:
        """Yields each block once it has been looked at and written down. Raises NoRoomError."""
        waiting = iter(blocks)
        while True:
            pool = self._pool(self._count)
            pending: dict[Future[BlockCounts], Block] = {}
            try:
                yield from self._until_one_dies(pool, spec, waiting, pending)
                return
            except BrokenProcessPool:
                suspects = sorted(pending.values(), key=lambda block: (block.shard, block.number))
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
            for block in suspects:
                yield block, self._alone(spec, block)

    def _until_one_dies(
        self,
        pool: ProcessPoolExecutor,
        spec: LookSpec,
        waiting: Iterator[Block],
        pending: dict[Future[BlockCounts], Block],
    ) -> Looked:
        """Keeps all processes busy. Blocks that are still in `pending` afterwards were not looked at to the end."""
        while True:
            for block in islice(waiting, self._count * (1 + AHEAD) - len(pending)):
                # A pool that broke in the meantime takes nothing more: the block is a suspect all the same.
                future: Future[BlockCounts] = Future()
                pending[future] = block
                submitted = pool.submit(look_at_block, spec, block)
                del pending[future]
                pending[submitted] = block
            if not pending:
                return
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for each in done:
                counts = each.result()
                yield pending.pop(each), counts

    def _alone(self, spec: LookSpec, block: Block) -> BlockCounts:
        """Looks at a block in whose time a process died: once more by itself, and row by row if it dies again."""
        done, counts = self._try(look_at_block, spec, block)
        if done and counts is not None:
            return counts
        done, counts = self._try(look_at_block, spec, block, self._deadly(spec, block))
        if done and counts is not None:
            return counts
        # Whatever it was, it was none of the rows by itself: none of them can be said to have been looked at.
        return look_at_block(spec, block, tuple(range(block.first, block.first + block.rows)))

    def _deadly(self, spec: LookSpec, block: Block) -> tuple[int, ...]:
        """Returns the numbers of the rows that a process dies of; one process looks at them, until it dies.

        Which row it dies of is certain only where a process of its own dies of it too.
        """
        deadly: list[int] = []
        waiting, number = iter(range(block.first, block.first + block.rows)), block.first
        while True:
            with self._pool(1) as pool:
                try:
                    for number in waiting:
                        pool.submit(look_at_row, spec, block, number).result()
                    return tuple(deadly)
                except BrokenProcessPool:
                    pass
            if not self._try(look_at_row, spec, block, number)[0]:
                deadly.append(number)

    def _try(self, work: Callable[..., BlockCounts | None], *arguments: object) -> tuple[bool, BlockCounts | None]:
        """Does work in a process of its own; returns whether the process lived, and what the work returned."""
        with self._pool(1) as pool:
            try:
                return True, pool.submit(work, *arguments).result()
            except BrokenProcessPool:
                return False, None

    @staticmethod
    def _pool(count: int) -> ProcessPoolExecutor:
        # Fork would take locks and models of this process along, half-way through whatever its threads are at.
        return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """Lets the parent alone end a run that is interrupted at the terminal, and ends with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A process that waits for work holds both ends of its queue: that the other side was killed, it would never see.
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
