"""Readings for worker processes, at the top of a module as they have to be: some go well, some misbehave."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safety.errors import FileError
from safety.generation import Stamp


class Rows:
    """A picture on its way out."""

    size = (3, 2)

    def parts(self) -> Iterator[bytes]:
        yield bytes(range(18))


def length(data: bytes) -> tuple[int, None]:
    return len(data), None


def picture(data: bytes) -> tuple[Stamp, Rows]:
    return Stamp(5), Rows()


def refuse(data: bytes) -> tuple[None, None]:
    raise FileError("No picture.", "Take another.")


def fail(data: bytes) -> tuple[None, None]:
    raise KeyError("a bug of ours")


def spin(data: bytes) -> tuple[None, None]:
    while True:
        pass


def sleep(data: bytes, seconds: float, sign: str = "") -> tuple[str, None]:
    if sign:
        Path(sign).touch()
    time.sleep(seconds)
    return "awake", None


def hoard(data: bytes) -> tuple[int, None]:
    return len([bytes(10_000_000) for _ in range(200)]), None


def chatter(data: bytes) -> tuple[bytes, None]:
    return bytes(10_000_000), None


def crash(data: bytes) -> tuple[None, None]:
    os.abort()


def leave(data: bytes) -> tuple[None, None]:
    os._exit(0)


def printing(data: bytes) -> tuple[str, None]:
    print("hello")
    os.write(1, b"hello")
    return "said", None


def wait_for(data: bytes, file: str) -> tuple[str, None]:
    while not Path(file).exists():
        time.sleep(0.01)
    return "there", None


def write(data: bytes, file: str) -> tuple[str, None]:
    try:
        Path(file).write_bytes(b"taken over")
    except OSError:
        return "not written", None
    return "written", None


def process(data: bytes) -> tuple[int, None]:
    return os.getpid(), None


def forge(data: bytes) -> tuple[Any, None]:
    """What a worker might send that was taken over: an object whose unpickling would call something."""

    class Call:
        def __reduce__(self) -> Any:
            return os.system, ("true",)

    return Call(), None
