"""`review`: the operator's own way to look at appeals, for who sits at this machine and needs no login."""

from __future__ import annotations

import csv
import getpass
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.marks.export import write
from safety.review.labelled_cases import FIELDS, labelled
from safety.review.stored_pictures import StoredPicture
from ui import serialize
from ui.cli.exit_codes import answering

if TYPE_CHECKING:
    from studio import Studio

Case = Annotated[str, typer.Argument(help="The id of a case.")]
Reason = Annotated[str, typer.Option(help="Why, in words that the person will read.")]


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """The group of commands. Each decision is on record under the name of this machine's user."""
    cli = typer.Typer(no_args_is_help=True, help="Appeals and reports: list them, show one, decide, export examples.")

    @cli.command("list")
    def list_(all_: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False) -> None:
        """What waits for a decision, one JSON object a line, longest first."""
        with answering():
            bench = make_studio().house.bench
            states = ("waiting", "upheld", "overturned", "used", "expired") if all_ else ()
            for one in bench.queue(*states):
                typer.echo(serialize.line({name: value for name, value in asdict(one).items() if name != "ticket"}))

    @cli.command()
    def show(
        case: Case,
        picture: Annotated[
            Path | None, typer.Option(help="Write the withheld picture here, as PNG. That goes on record.")
        ] = None,
    ) -> None:
        """StoredPicture case as a reviewer sees it, as JSON; pictures only as a number."""
        with answering():
            bench = make_studio().house.bench
            docket = bench.reveal(case, _user()) if picture else bench.docket(case)
            if picture:
                for number, one in enumerate(docket.pictures):
                    write(_numbered(picture, number), one.png)
            typer.echo(serialize.line({**_plain(asdict(docket)), "pictures": len(docket.pictures)}))

    _add_decisions(cli, make_studio)
    return cli


def _add_decisions(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def uphold(case: Case, reason: Reason = "") -> None:
        """The refusal stands."""
        with answering():
            make_studio().house.bench.decide(case, "upheld", reason, _user())

    @cli.command()
    def overturn(case: Case, reason: Reason = "") -> None:
        """The refusal was wrong: that request passes once."""
        with answering():
            make_studio().house.bench.decide(case, "overturned", reason, _user())

    @cli.command()
    def export() -> None:
        """Decided cases as CSV rows with the reviewer's label: only what its person agreed to, while it is kept."""
        with answering():
            out = csv.DictWriter(sys.stdout, FIELDS, extrasaction="ignore", lineterminator="\n")
            out.writeheader()
            out.writerows(labelled(make_studio().audit))


def _user() -> str:
    return f"{getpass.getuser()} (command line)"


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}-{number + 1}{path.suffix}") if number else path


def _plain(table: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if not isinstance(value, StoredPicture | tuple)}
