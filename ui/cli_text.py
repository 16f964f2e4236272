"""What the command line says to people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engines.interface import Progress, silent
from safety.records import Decision
from ui.cli_json import hint

BAR = 24


def why(decision: Decision) -> str:
    """The verdict, its reasons and what to do, a line each."""
    lines = [f"{decision.stage.capitalize()}: {decision.verdict.name}"]
    for reason in decision.reasons:
        lines.append(f"  {reason.code} {reason.title}: {reason.text} ({reason.clause})")
        lines += [f"       {reason.help}"] if reason.help else []
    return "\n".join([*lines, hint(decision)])


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
