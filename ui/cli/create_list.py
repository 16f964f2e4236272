"""`create --list`: many prompts, judged as a table first, then drawn one after the other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from safety.errors import FileError, LimitError, RequestError
from safety.generation import GenerationRequest, Refused
from safety.marks.export import write
from safety.messages.catalogue import Messages
from safety.records import Stage
from studio.library import OWNER
from studio.list_syntax import MAX_LIST_CHARS
from studio.lists import ListLine, check_list
from ui import serialize
from ui.cli.exit_codes import COULD_NOT, REFUSED, file_name_in_errors, read, say
from ui.cli.output import progress_bar

if TYPE_CHECKING:
    from studio import Studio

MAX_BYTES = 4 * MAX_LIST_CHARS  # of a list in UTF-8


def create_list(studio: Studio, settings: GenerationRequest, file: str, folder: Path, json: bool) -> None:
    """Prints a row for every line, then draws those that may be drawn into `folder` and prints each.

    Raises RequestError, FileError, and typer.Exit where not every line came to a picture.
    """
    if not folder.is_dir():
        raise RequestError(f"There is no folder {folder} to write to.", "Make it, or choose another place.")
    messages = studio.messages(settings.language)
    lines = check_list(studio, _text(file), settings)
    for line in lines:
        typer.echo(serialize.line(serialize.list_line(line, messages)) if json else _row(line, messages))
    sys.stdout.flush()
    drawable = [line for line in lines if line.may_be_drawn]
    drawn = sum(_draw_next(studio, line, folder, json, len(drawable) - done) for done, line in enumerate(drawable))
    if drawn < len(lines):
        say(f"{drawn} of {len(lines)} were drawn. What asks for a confirmation can be created by itself.")
        raise typer.Exit(REFUSED)


def _text(file: str) -> str:
    with file_name_in_errors(Path(file)):
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if file == "-" else read(Path(file), MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise FileError(f"A list has at most {MAX_LIST_CHARS:,} characters.", "Cut it into several.")
        return data.decode("utf-8-sig", "surrogateescape")


def _row(line: ListLine, messages: Messages) -> str:
    verdict = messages.verdict(Stage.PROMPT, line.decision.verdict).title
    reasons = messages.render(line.decision)
    return f"{line.number:4}  {verdict}{f' ({reasons[0].title})' if reasons else ''}: {line.request.prompt}"


def _draw_next(studio: Studio, line: ListLine, folder: Path, json: bool, left: int) -> bool:
    """Draws a line; says how many are left where a limit is reached."""
    try:
        return _draw(studio, line, folder, json)
    except LimitError as error:
        say(f"{error.sentence} Of the list, {left} are left.")
        raise typer.Exit(COULD_NOT) from None


def _draw(studio: Studio, line: ListLine, folder: Path, json: bool) -> bool:
    """Draws one line and prints what came of it; tells whether that is a file."""
    with progress_bar() as progress:
        outcome = studio.create(line.request, progress, person=OWNER)
    result = None if isinstance(outcome, Refused) else outcome.pictures[0]
    if isinstance(outcome, Refused) or result is None or result.export is None or result.veiled:
        refused = outcome if isinstance(outcome, Refused) else outcome.refusal(outcome.pictures[0])
        row = {"number": line.number, **serialize.refused(refused, studio.statement(refused))}
        typer.echo(serialize.line(row) if json else f"{line.number:4}  {serialize.hint(refused)} (case {refused.case})")
        return False
    out = folder / result.export.path.name
    write(out, result.export.path.read_bytes())
    messages = studio.messages(line.request.language)
    row = {"number": line.number, **serialize.delivered(outcome, result, str(out), messages)}
    typer.echo(serialize.line(row) if json else str(out))
    sys.stdout.flush()
    return True
