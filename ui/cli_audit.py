"""`audit`: what is on record, and whether the record is whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from ui import cli_json
from ui.cli_exit import UNSOUND, answering

if TYPE_CHECKING:
    from studio import Studio


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """The group of commands. They read; only what makes pictures writes."""
    cli = typer.Typer(no_args_is_help=True, help="The audit log: prove it, list its cases, show one.")

    @cli.command()
    def verify() -> None:
        """Prove that no row was changed, moved or removed. Exit 0 if so, else 1 with each row named."""
        with answering():
            log = make_studio().audit
            problems = log.verify()
            for problem in problems:
                typer.echo(problem)
            if problems:
                raise typer.Exit(UNSOUND)
            rows, hash_ = log.end()
            typer.echo(f"The audit log is whole: {rows} rows, the last with the hash {hash_}.")

    @cli.command("list")
    def list_(limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many cases.")] = 20) -> None:
        """The newest cases, one JSON object a line, newest first."""
        with answering():
            for row in make_studio().audit.list(limit):
                typer.echo(cli_json.line(row))

    @cli.command()
    def show(case: Annotated[str, typer.Argument(help="The id of a case.")]) -> None:
        """Every row of one case, one JSON object a line, oldest first."""
        with answering():
            for row in make_studio().audit.show(case):
                typer.echo(cli_json.line(row))

    return cli
