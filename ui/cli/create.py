"""`create`, `reveal` and `mark`, the commands that write a picture, and `new-mark-key`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.errors import RequestError
from safety.generation import EMBEDDED, GenerationRequest, Refused
from safety.marks.export import write
from safety.policy.model import BASE_MODE
from safety.statement import Statement
from studio.library import OWNER
from ui import serialize
from ui.cli.create_list import create_list
from ui.cli.exit_codes import REFUSED, exit_status, file_name_in_errors, format_of, read_picture
from ui.cli.output import progress_bar, refusal_text, require_statement_format, write_statement

if TYPE_CHECKING:
    from studio import Studio

Out = Annotated[Path, typer.Option(help="Where to write it: .png, .jpg, .jpeg or .webp.")]
Confirm = Annotated[
    str, typer.Option(metavar="CASE", help="Go on after the warning of this case. That is put on record.")
]
Style = Annotated[str, typer.Option(metavar="NAME", help="A style of presets/styles.toml: its words are judged too.")]
Balanced = Annotated[bool, typer.Option("--balanced", help="Fill in who an unnamed person is, by seed.")]
ListFile = Annotated[
    str, typer.Option("--list", metavar="FILE", help="A prompt a line, or - for standard input; --out is a folder.")
]
StatementFile = Annotated[
    Path | None, typer.Option(help="Where to write the statement of reasons if refused: .html, .txt or .json.")
]


def add_create(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command `create`."""

    @cli.command()
    def create(
        out: Out,
        prompt: Annotated[str | None, typer.Argument(help="What the picture should show.")] = None,
        mode: Annotated[str, typer.Option(help="The context that the work belongs to.")] = BASE_MODE,
        engine: Annotated[str, typer.Option(help="The model, by its name in presets/engines.toml.")] = EMBEDDED,
        seed: Annotated[int | None, typer.Option(help="Same seed, same picture. Drawn if not given.")] = None,
        steps: Annotated[int | None, typer.Option(help="Sampling steps; more is slower and finer.")] = None,
        quick: Annotated[bool, typer.Option("--quick", help="The model's smaller number of steps.")] = False,
        confirm: Confirm = "",
        balanced: Balanced = False,
        style: Style = "",
        json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
        language: Annotated[str, typer.Option(help="Of the reasons: en or de; en-GB adds help in that country.")] = "",
        statement: StatementFile = None,
        list_file: ListFile = "",
    ) -> None:
        """Make a picture, or one a line of a list. Exit 0 delivered, 2 bad input, 3 refused, 4 could not."""
        with exit_status():
            _require_one(prompt, list_file, confirm)
            form = "png" if list_file else format_of(out)
            request = GenerationRequest(prompt or "", mode, engine, seed=seed, steps=steps, format=form)
            request = replace(request, acknowledged=bool(confirm), warning=confirm)
            request = replace(request, balanced=balanced, style=style, language=language)
            require_statement_format(statement)
            studio = make_studio()
            request = studio.with_quick_steps(request) if quick else request
            if list_file:
                create_list(studio, request, list_file, out, json)
            elif refused := _create(studio, request, out, json):
                raise print_refused(*refused, statement, json)


def _require_one(prompt: str | None, list_file: str, confirm: str) -> None:
    """Raises RequestError where both a prompt and a list are given, or neither, or one confirmation for a list."""
    if (prompt is not None) == bool(list_file):
        raise RequestError("Give one prompt, or a list of them with --list.")
    if list_file and confirm:
        raise RequestError("A list takes no --confirm.", "Create the line that asks by itself.")


def _create(studio: Studio, request: GenerationRequest, out: Path, json: bool) -> tuple[Refused, Statement] | None:
    """Writes the picture and prints where; what was refused comes back with its statement."""
    with progress_bar() as progress:
        outcome = studio.create(request, progress, person=OWNER)
    if isinstance(outcome, Refused):
        return outcome, studio.statement(outcome)
    result = outcome.pictures[0]
    if result.export is None or result.veiled:
        refused = outcome.refusal(result)
        return refused, studio.statement(refused)
    write(out, result.export.path.read_bytes())
    messages = studio.messages(request.language)
    row = serialize.delivered(outcome, result, str(out), messages)
    row["words"] = serialize.word_use(studio.word_use(request.prompt, request.engine))
    typer.echo(serialize.line(row) if json else str(out))
    return None


def print_refused(refused: Refused, statement: Statement, file: Path | None, json: bool) -> typer.Exit:
    """Prints a refusal and writes its statement, where a file is named; returns the exit for the caller to raise."""
    if file is not None:
        write_statement(file, statement)
    row = serialize.refused(refused, statement)
    typer.echo(serialize.line(row) if json else refusal_text(refused, statement))
    return typer.Exit(REFUSED)


def add_reveal(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command `reveal`."""

    @cli.command()
    def reveal(case: Annotated[str, typer.Argument(metavar="CASE")], out: Out) -> None:
        """Write the veiled picture of a case, after you have read why it is veiled. That is put on record."""
        with exit_status():
            source = make_studio().reveal_file(case)
            if format_of(source) != format_of(out):
                raise RequestError(f"The picture of this case is a {source.suffix} file.", "Name it so.")
            write(out, source.read_bytes())
            typer.echo(str(out))


def add_mark(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command `mark`."""

    @cli.command()
    def mark(source: Annotated[Path, typer.Argument(metavar="IN")], out: Out) -> None:
        """Put every mark on a picture made elsewhere. You declare that it was made by AI."""
        with exit_status():
            format_of(out)
            with file_name_in_errors(source):
                export = make_studio().mark(read_picture(source), out)
            typer.echo(serialize.line(serialize.export(str(out), export)))


def add_new_mark_key(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command `new-mark-key`."""

    @cli.command()
    def new_mark_key() -> None:
        """Make a key of your own for the invisible mark. New marks are written with it; older keys are still read."""
        with exit_status():
            typer.echo(str(make_studio().new_mark_key()))
