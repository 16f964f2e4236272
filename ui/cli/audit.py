"""`audit`: what is on record, and whether the record is whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from safety.errors import RequestError
from safety.review.client import client_of
from ui import serialize
from ui.cli.exit_codes import UNSOUND, exit_status

if TYPE_CHECKING:
    from studio import Studio


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """Returns the group of commands. `erase` and `tidy` delete, and put that on record; the others read."""
    cli = typer.Typer(no_args_is_help=True, help="The audit log: prove it, list its cases, show one.")

    @cli.command()
    def verify() -> None:
        """Prove that no row was changed, moved or removed. Exit 0 if so, else 1 with each row named."""
        with exit_status():
            studio = make_studio()
            problems = studio.verify_audit()
            for problem in problems:
                typer.echo(problem)
            if problems:
                raise typer.Exit(UNSOUND)
            rows, hash_ = studio.audit_end()
            typer.echo(f"The audit log is whole: {rows} rows, the last with the hash {hash_}.")

    _add_reading(cli, make_studio)
    _add_one_person(cli, make_studio)
    return cli


def _add_reading(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command("list")
    def list_(limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many cases.")] = 20) -> None:
        """The newest cases, one JSON object a line, newest first."""
        with exit_status():
            for row in make_studio().list_cases(limit):
                typer.echo(serialize.line(row))

    @cli.command()
    def show(case: Annotated[str, typer.Argument(help="The id of a case.")]) -> None:
        """Every row of one case, one JSON object a line, oldest first."""
        with exit_status():
            try:
                rows = make_studio().show_case(case)
            except RequestError as error:
                # What a visitor of the page reads names no command.
                raise RequestError(str(error), "`python app.py audit list` shows the newest cases.") from error
            for row in rows:
                typer.echo(serialize.line(row))


def _add_one_person(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def export(
        cases: Annotated[list[str] | None, typer.Argument(metavar="[CASE]...", help="The ids of cases.")] = None,
        client: Annotated[str, typer.Option(help="Or the address of a person, while that is kept.")] = "",
    ) -> None:
        """All that is on record of one person, a JSON object a case: rows, words, pictures (as base64)."""
        with exit_status():
            if not cases and not client:
                raise RequestError("Nobody is named.", "Name cases, or an address with --client.")
            address = client_of(client) if client else ""
            for row in make_studio().personal_data(cases or (), address):
                typer.echo(serialize.line(row))

    @cli.command()
    def erase(case: Annotated[str, typer.Argument(help="The id of a case.")]) -> None:
        """Delete what is kept of one case: words, pictures, files. The chain of keyed hashes stays whole."""
        with exit_status():
            erased = make_studio().erase(case)
            typer.echo(
                f"Deleted of case {case}: {', '.join(erased)}." if erased else f"Nothing is kept of case {case}."
            )

    @cli.command()
    def tidy() -> None:
        """Delete what has been kept for as long as presets/retention.toml says."""
        with exit_status():
            typer.echo(f"Deleted: {make_studio().purge()}.")
