"""`review`: the operator's own way to look at appeals, for who sits at this machine and needs no login."""

from __future__ import annotations

import csv
import getpass
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.marks.export import write
from safety.review.labelled_cases import FIELDS
from ui import serialize
from ui.cli.exit_codes import exit_status

if TYPE_CHECKING:
    from studio import Studio

Case = Annotated[str, typer.Argument(help="The id of a case.")]
ALL_STATES = ("waiting", "upheld", "overturned", "used", "expired")
Reason = Annotated[str, typer.Option(help="Why, in words that the person will read.")]


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """Returns the group of commands. Each decision is on record under the name of this machine's user."""
    cli = typer.Typer(no_args_is_help=True, help="Appeals and reports: list them, show one, decide, export examples.")

    @cli.command("list")
    def list_(all_: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False) -> None:
        """What waits for a decision, one JSON object a line, longest first."""
        with exit_status():
            decisions = make_studio().review.decisions
            for appeal in decisions.queue(*(ALL_STATES if all_ else ())):
                row = asdict(appeal)
                row.pop("request_digest")
                typer.echo(serialize.line(row))

    @cli.command()
    def show(
        case: Case,
        picture: Annotated[
            Path | None, typer.Option(help="Write the withheld picture here, as PNG. That goes on record.")
        ] = None,
    ) -> None:
        """One case as a reviewer sees it, as JSON; pictures only as a number."""
        with exit_status():
            decisions = make_studio().review.decisions
            review_case = decisions.reveal(case, user_name()) if picture else decisions.case(case)
            if picture:
                for number, stored in enumerate(review_case.pictures):
                    write(_numbered(picture, number), stored.png)
            typer.echo(serialize.line({**asdict(review_case), "pictures": len(review_case.pictures)}))

    _add_decisions(cli, make_studio)
    return cli


def _add_decisions(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def uphold(case: Case, reason: Reason = "") -> None:
        """The refusal stands."""
        with exit_status():
            make_studio().review.decisions.decide(case, "upheld", reason, user_name())

    @cli.command()
    def overturn(case: Case, reason: Reason = "") -> None:
        """The refusal was wrong: that request passes once."""
        with exit_status():
            make_studio().review.decisions.decide(case, "overturned", reason, user_name())

    @cli.command()
    def export() -> None:
        """Decided cases as CSV rows with the reviewer's label: only what its person agreed to, while it is kept."""
        with exit_status():
            out = csv.DictWriter(sys.stdout, FIELDS, extrasaction="ignore", lineterminator="\n")
            out.writeheader()
            out.writerows(make_studio().labelled_cases())


def user_name() -> str:
    """Returns under which name this machine's user goes on record."""
    return f"{getpass.getuser()} (command line)"


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}-{number + 1}{path.suffix}") if number else path
