"""What runs inside a worker process: takes one reading after the other from its parent, under limits.

A reading is a function at the top of one of our modules. It gets the file's bytes and plain arguments, and returns a
result and, where it has one, a picture, which is sent line by line as RGB.
"""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from typing import BinaryIO, Protocol

from safety.errors import FileError, StudioError
from safety.files.limits import ReadingLimits, hold, start_clock
from safety.files.wire import receive, send

# What readings import, loaded before the first file so that it counts to none.
_LIBRARIES = ("numpy", "PIL.Image", "PIL.ImageCms", "cv2", "pdqhash", "c2pa")
READY = b"ready"
# How a worker answers.
DONE, REFUSED, NO_MEMORY, FAILED = "done", "refused", "no memory", "failed"


class Pixels(Protocol):
    """A picture on its way out: its size, and its RGB bytes in parts."""

    @property
    def size(self) -> tuple[int, int]: ...

    def parts(self) -> Iterable[bytes]: ...


def main() -> None:
    """Serves the parent at the other end of standard input and output until it goes."""
    inward, outward = _own_streams()
    if hasattr(signal, "SIGINT"):
        # An interrupt at the terminal goes to the parent, which ends its workers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One thread a worker: two of them run side by side. Read by numpy's and OpenCV's libraries when they load.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.putenv(name, "1")
    limits = ReadingLimits(*pickle.loads(receive(inward, 10_000, 0)[0]))
    for name in _LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(name)
    hold(limits)
    # Tells a worker that cannot be started from one that a file has ended.
    send(outward, READY)
    while _serve_one(inward, outward, limits):
        pass


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Returns the streams to the parent. Whatever a library prints goes nowhere: it would be taken for an answer."""
    inward, outward = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  for as long as the process lives
    return open(inward, "rb", buffering=0), open(outward, "wb")


def _serve_one(inward: BinaryIO, outward: BinaryIO, limits: ReadingLimits) -> bool:
    """Carries out one reading; returns whether there may be another."""
    try:
        message, block = receive(inward, limits.result, sys.maxsize)
    except EOFError:
        return False
    function, path, seconds, arguments = pickle.loads(message)
    start_clock(seconds or limits.processor_seconds)
    try:
        result, pixels = function(_read(path) if path is not None else bytes(block), *arguments)
        del block
        size = pixels.size if pixels else (0, 0)
        answer = pickle.dumps((DONE, result, size))
        send(outward, answer, 3 * size[0] * size[1], pixels.parts() if pixels else ())
    except MemoryError:
        send(outward, pickle.dumps((NO_MEMORY, None, (0, 0))))
        return False
    except StudioError as error:
        send(outward, pickle.dumps((REFUSED, error, (0, 0))))
    except Exception:  # noqa: BLE001  told to the parent, which logs it
        send(outward, pickle.dumps((FAILED, traceback.format_exc()[-4000:], (0, 0))))
    start_clock(0)
    return True


def _read(source: tuple[str, int]) -> bytes:
    """Returns as much of a file as it takes to know that it is too large. Raises FileError."""
    path, max_bytes = source
    try:
        with open(path, "rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        why = error.strerror or error if isinstance(error, OSError) else error
        raise FileError(f"The file cannot be read: {why}.", "Check its name and that you may read it.") from error
