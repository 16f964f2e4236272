"""What the command line says to people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engines.interface import Progress, silent
from safety.generation import Refused
from safety.statement import Statement, as_text
from ui.serialize import hint

BAR = 24


def why(refused: Refused, statement: Statement) -> str:
    """The statement of reasons, and what to type next."""
    return f"{as_text(statement)}\n\n{hint(refused.decision)}"


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar on stderr where that is a terminal; else nothing."""
    if not sys.stderr.isatty():
        yield silent
        return

    def show(stage: str, done: int, total: int, /) -> None:
        full = BAR * done // max(total, 1)
        sys.stderr.write(f"\r\x1b[K{'#' * full}{'.' * (BAR - full)} {stage} {done}/{total}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
