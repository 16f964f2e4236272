"""What the command line writes for people: a bar of progress, and the statement of reasons on stdout or as a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engines.interface import Progress, silent
from safety.errors import RequestError
from safety.generation import Refused
from safety.marks.export import write
from safety.statement import Statement, as_json, as_text
from ui.html.statement import document
from ui.serialize import hint

BAR = 24  # characters
STATEMENT_FORMATS: dict[str, Callable[[Statement], str]] = {
    ".html": document,
    ".txt": lambda statement: as_text(statement) + "\n",
    ".json": lambda statement: json.dumps(as_json(statement), indent=1) + "\n",
}


def refusal_text(refused: Refused, statement: Statement) -> str:
    """Returns the statement of reasons, and what to type next."""
    return f"{as_text(statement)}\n\n{hint(refused)}"


def require_statement_format(path: Path | None) -> None:
    """Raises RequestError for a file whose name says no format of a statement; None is no file."""
    if path is not None and path.suffix.lower() not in STATEMENT_FORMATS:
        what = f"A statement of reasons cannot be written as {path.name!r}."
        raise RequestError(what, f"Name it {', '.join(STATEMENT_FORMATS)}.")


def write_statement(path: Path, statement: Statement) -> None:
    """Writes the statement in the format that the file's name says, whole or not at all. Raises ExportError."""
    write(path, STATEMENT_FORMATS[path.suffix.lower()](statement).encode("utf-8"))


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Gives a callback that draws a bar on stderr where that is a terminal, and nothing elsewhere."""
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
