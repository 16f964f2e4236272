"""`upscale`, the command that makes a finished picture of this studio larger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.errors import RequestError
from safety.generation import EnlargeRequest
from safety.marks.export import write
from studio.library import OWNER
from ui import serialize
from ui.cli.create import Out, StatementFile, print_refused
from ui.cli.exit_codes import exit_status, file_name_in_errors, format_of, read_picture
from ui.cli.output import progress_bar, require_statement_format

if TYPE_CHECKING:
    from studio import Studio


def add_upscale(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command `upscale`."""

    @cli.command()
    def upscale(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="A picture that this studio has made.")],
        out: Out,
        times: Annotated[int, typer.Option(help="2 or 4.")] = 2,
        prompt: Annotated[str, typer.Option(help="The words that it was made from, for the picture check.")] = "",
        json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
        language: Annotated[str, typer.Option(help="Of the reasons: en or de; en-GB adds help in that country.")] = "",
        statement: StatementFile = None,
    ) -> None:
        """Make a picture of this studio larger, with every check and every mark anew. Exit codes as of create."""
        with exit_status():
            if format_of(file) != format_of(out):
                raise RequestError(f"This picture is a {file.suffix} file.", "Name the larger one so, too.")
            require_statement_format(statement)
            with file_name_in_errors(file):
                source = hashlib.sha256(read_picture(file)).hexdigest()
            studio = make_studio()
            with progress_bar() as progress:
                outcome = studio.enlarge(EnlargeRequest(source, times, prompt, language), progress, person=OWNER)
            export = outcome.result.export
            if export is None or outcome.result.veiled:
                refused = outcome.refusal()
                raise print_refused(refused, studio.statement(refused), statement, json)
            write(out, export.path.read_bytes())
            row = serialize.enlarged(outcome, str(out), studio.messages(language))
            typer.echo(serialize.line(row) if json else str(out))
