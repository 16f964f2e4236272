"""How much one reading of a file may cost, and how a worker process lets its operating system hold it to that.

Linux holds all of them. macOS does not hold memory, Windows neither memory nor processor time: what is left there is
`seconds`, after which the worker is ended from outside, and the bounds of what it may send back.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Bounds one reading: seconds of processor and by the clock, bytes of memory, of a result and of a picture.

    `memory` holds for all that a worker has, its libraries included. `readings` is after how many of them a worker is
    replaced, so that nothing that leaks or breaks up its memory adds up.
    """

    processor_seconds: float = 1.9
    seconds: float = 60.0
    memory: int = 950 * MEGABYTE
    result: int = 4 * MEGABYTE
    picture: int = 150 * MEGABYTE
    readings: int = 100


def hold(limits: ReadingLimits) -> None:
    """Lets the operating system hold this process to its memory; and to write no file and leave no core dump."""
    try:
        import resource
    except ImportError:
        # Windows.
        return
    for kind, value in (
        (resource.RLIMIT_DATA, limits.memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(kind, (value, value))
    # Who waits for a picture goes before who has a file read.
    os.nice(10)


def start_clock(seconds: float) -> None:
    """Ends this process after so many seconds of processor time from now on, also inside a decoder; 0 stops that."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
