"""One worker process as its parent holds it: started, handed a file, and ended once it goes past its limits."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from safety.errors import CostlyFileError
from safety.files.limits import ReadingLimits
from safety.files.wire import BrokenMessage, load_records, receive, send
from safety.files.worker import DONE, FAILED, READY, REFUSED

# A reading: (bytes, *arguments) -> (result, picture on its way out or None).
Reading = Callable[..., tuple[Any, Any]]
# A picture as it comes out of a worker: width, height and RGB bytes.
Picture = tuple[tuple[int, int], bytearray]
_START = "import sys; sys.path[:] = {path!r}; from safety.files.worker import main; main()"


class WorkerProcess:
    """Runs one reading at a time."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits, self._readings = limits, 0
        # A process of its own and no fork: this one has threads and holds keys. `multiprocessing` would run the main
        # program anew in it.
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._closed = False
        with suppress(OSError):
            send(self._input, pickle.dumps(astuple(limits)))

    def run(
        self, reading: Reading, data: bytes | tuple[Path, int], arguments: tuple[Any, ...], seconds: float = 0.0
    ) -> tuple[Any, Picture]:
        """Returns what a reading makes of a file: bytes, or a path and how many bytes of it to read at most.

        `seconds` of processor time hold instead of those of the limits. Raises what the reading raises, if it is
        a StudioError; CostlyFileError past the limits.
        """
        self._readings += 1
        watch = threading.Timer(self._limits.seconds, self._process.kill)
        watch.start()
        try:
            self._wait_until_ready()
            self._ask(reading, data, seconds, arguments)
            message, block = receive(self._output, self._limits.result, self._limits.picture)
            state, result, size = load_records(message)
            if len(block) != 3 * size[0] * size[1]:
                raise BrokenMessage("a picture of another size")
        except (OSError, EOFError, BrokenMessage, TypeError, ValueError) as error:
            self.close()
            raise _too_costly() from error
        except BaseException:
            # An interrupt in the middle of an answer: the rest of it would be taken for the next one.
            self.close()
            raise
        finally:
            watch.cancel()
        if self._readings >= self._limits.readings or state not in (DONE, REFUSED):
            self.close()
        return _answer(state, result), (size, block)

    @property
    def usable(self) -> bool:
        """Tells whether it can read another file: it has not ended, and has not had its share of them."""
        return not self._closed and self._process.poll() is None

    def close(self) -> None:
        """Ends the process, whatever it is at."""
        self._closed = True
        self._process.kill()
        self._process.wait()
        for stream in (self._input, self._output):
            # What was not sent yet is of no use any more.
            with suppress(OSError):
                stream.close()

    @property
    def _input(self) -> Any:
        return self._process.stdin

    @property
    def _output(self) -> Any:
        return self._process.stdout

    def _wait_until_ready(self) -> None:
        """Raises RuntimeError where the process could not be started."""
        if self._readings > 1:
            return
        try:
            ready, _ = receive(self._output, len(READY), 0)
        except (EOFError, BrokenMessage) as error:
            raise RuntimeError(f"No process to read files in can be started with {sys.executable}.") from error
        if ready != READY:
            raise RuntimeError("The process to read files in is not ours.")

    def _ask(self, reading: Reading, data: bytes | tuple[Path, int], *rest: Any) -> None:
        if isinstance(data, tuple):
            path, max_bytes = data
            send(self._input, pickle.dumps((reading, (str(path), max_bytes), *rest)))
        else:
            send(self._input, pickle.dumps((reading, None, *rest)), len(data), (data,))


def _answer(state: str, result: Any) -> Any:
    """Returns the result of a reading, or raises what kept it from having one."""
    if state == DONE:
        return result
    if state == REFUSED and isinstance(result, Exception):
        raise result
    if state == FAILED:
        raise RuntimeError(f"A worker failed:\n{result}")
    raise _too_costly()


def _too_costly() -> CostlyFileError:
    return CostlyFileError("Reading this file takes more time or memory than a picture may.")
