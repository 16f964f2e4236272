"""A few worker processes for all, and who is served when: so many files at a time for each client, so many in all."""

from __future__ import annotations

import atexit
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from safety.errors import BusyError
from safety.files.limits import ReadingLimits
from safety.files.process import Picture, Reading, WorkerProcess

WORKERS = 2
MAX_PER_CLIENT = 2  # read or waiting
MAX_WAITING = 16  # of all clients
# Seconds after which to try again: about what the files before it take.
RETRY_AFTER, RETRY_WHEN_FULL = 2.0, 10.0


class WorkerPool:
    """Has files read in worker processes. Safe to call from threads; no lock is held while a file is read.

    Workers are started when they are needed first, kept, and replaced once they went past their limits.
    """

    def __init__(
        self,
        limits: ReadingLimits = ReadingLimits(),  # noqa: B008  frozen
        workers: int = WORKERS,
        per_client: int = MAX_PER_CLIENT,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._limits, self._workers = limits, workers
        self._per_client, self._max_waiting = per_client, max_waiting
        self._changed = threading.Condition()
        self._idle: list[WorkerProcess] = []
        self._busy = self._waiting = 0
        self._of_client: Counter[str] = Counter()

    def run(
        self, reading: Reading, data: bytes | tuple[Path, int], *arguments: Any, client: str = "", seconds: float = 0.0
    ) -> tuple[Any, Picture]:
        """Returns what `reading` makes of a file: its result, and its picture as size and RGB bytes.

        `data` is the file's bytes, or its path and how many bytes of it to read at most, which the worker then does.
        `client` is whose file it is; "" is this program's own, which waits for as long as it takes. `seconds` of
        processor time hold instead of those of the limits. Raises BusyError, CostlyFileError, and any StudioError of
        the reading.
        """
        with self._admitted(client), self._worker() as worker:
            return worker.run(reading, data, arguments, seconds)

    def close(self) -> None:
        """Ends all workers that are idle; the others end with their reading."""
        with self._changed:
            idle, self._idle = self._idle, []
            self._workers = 0
        for worker in idle:
            worker.close()

    @contextmanager
    def _admitted(self, client: str) -> Iterator[None]:
        with self._changed:
            if client and self._of_client[client] >= self._per_client:
                raise BusyError(f"{self._per_client} of your files are being read already.", RETRY_AFTER)
            if client and self._waiting >= self._max_waiting:
                raise BusyError("Too many files wait to be read.", RETRY_WHEN_FULL)
            self._of_client[client] += 1
        try:
            yield
        finally:
            with self._changed:
                self._of_client[client] -= 1
                # Without this, every address that ever came would be kept.
                self._of_client += Counter()

    @contextmanager
    def _worker(self) -> Iterator[WorkerProcess]:
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self._busy < self._workers or not self._workers)
            finally:
                self._waiting -= 1
            if not self._workers:
                raise BusyError("The program is being ended.", RETRY_AFTER)
            self._busy += 1
            worker = self._idle.pop() if self._idle else None
        try:
            if worker is None or not worker.usable:
                # One that was idle may have been ended from outside.
                self._end(worker)
                worker = WorkerProcess(self._limits)
            yield worker
        finally:
            self._give_back(worker)

    @staticmethod
    def _end(worker: WorkerProcess | None) -> None:
        if worker is not None:
            worker.close()

    def _give_back(self, worker: WorkerProcess | None) -> None:
        if worker is not None and not worker.usable:
            worker.close()
            # Started now, so that whoever comes next need not wait for its imports.
            worker = WorkerProcess(self._limits) if self._workers else None
        with self._changed:
            self._busy -= 1
            if worker is not None and self._workers:
                self._idle.append(worker)
                worker = None
            self._changed.notify()
        self._end(worker)


@lru_cache(maxsize=1)
def shared_pool() -> WorkerPool:
    """Returns the pool of this process, made at the first call and ended with the process."""
    pool = WorkerPool()
    atexit.register(pool.close)
    return pool
