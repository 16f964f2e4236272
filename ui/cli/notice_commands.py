"""`notices`: the operator's own way to look at notices by people who are depicted, to decide, and to export them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.audit.notice_state import CONTESTED, STATES, WAITING
from safety.errors import RequestError
from safety.marks.export import write
from safety.review.notice_record import notice_records
from safety.review.transparency import read_day
from ui import serialize
from ui.cli.exit_codes import exit_status
from ui.cli.review import user_name

if TYPE_CHECKING:
    from studio import Studio

Case = Annotated[str, typer.Argument(help="The id of a notice.")]
Reason = Annotated[str, typer.Option(help="Why, in words that the person will read.")]
MakerReason = Annotated[str, typer.Option("--to-maker", help="What the maker of the picture reads: name nobody.")]
Since = Annotated[str, typer.Option("--from", help="The first day, such as 2026-11-01 (UTC).")]
Until = Annotated[str, typer.Option("--to", help="The last day.")]


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """Returns the group of commands. Each decision is on record under the name of this machine's user."""
    cli = typer.Typer(no_args_is_help=True, help="Notices by people who are depicted: list, show, decide, export.")

    @cli.command("list")
    def list_(all_: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False) -> None:
        """What waits for a decision, one JSON object a line: what is due first at the top."""
        with exit_status():
            for notice in make_studio().review.notice_decisions.queue(*(STATES if all_ else (WAITING, CONTESTED))):
                row = asdict(notice)
                row.pop("receipt")
                typer.echo(serialize.line(row))

    @cli.command()
    def show(
        case: Case,
        picture: Annotated[
            Path | None, typer.Option(help="Write the picture here, as PNG. That goes on record.")
        ] = None,
    ) -> None:
        """One notice as a reviewer sees it, as JSON; its picture only as a number."""
        with exit_status():
            decisions = make_studio().review.notice_decisions
            notice = decisions.reveal(case, user_name()) if picture else decisions.case(case)
            if picture:
                write(picture, notice.pictures[0].png)
            row = asdict(notice)
            row["state"].pop("receipt")
            typer.echo(serialize.line({**row, "pictures": len(notice.pictures)}))

    _add_export(cli, make_studio)
    _add_decisions(cli, make_studio)
    return cli


def _add_export(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def export(
        since: Since = "",
        until: Until = "",
        words: Annotated[bool, typer.Option("--words", help="With what people wrote, as far as it is kept.")] = False,
    ) -> None:
        """Every notice for your own records: one JSON object a line."""
        with exit_status():
            first, last = read_day(since, "--from"), read_day(until, "--to")
            if first and last and first > last:
                raise RequestError(f"--to {last} is before --from {first}.", "Give the earlier day as --from.")
            days = str(first or ""), str(last or "")
            for row in notice_records(make_studio().audit, *days, words):
                typer.echo(serialize.line(row))


def _add_decisions(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    @cli.command()
    def remove(case: Case, reason: Reason = "", maker_reason: MakerReason = "") -> None:
        """Delete the picture and its near-copies here, and withhold further ones."""
        with exit_status():
            decisions = make_studio().review.notice_decisions
            typer.echo(decisions.decide(case, "removed", reason, user_name(), maker_reason))

    @cli.command()
    def reject(case: Case, reason: Reason = "") -> None:
        """The picture stays."""
        with exit_status():
            make_studio().review.notice_decisions.decide(case, "rejected", reason, user_name())

    @cli.command()
    def uphold(case: Case, reason: Reason = "") -> None:
        """The removal stands, whatever the maker answered."""
        with exit_status():
            make_studio().review.notice_decisions.decide_answer(case, "upheld", reason, user_name())

    @cli.command()
    def lift(case: Case, reason: Reason = "") -> None:
        """Near-copies are withheld no longer. The deleted file does not come back."""
        with exit_status():
            make_studio().review.notice_decisions.decide_answer(case, "lifted", reason, user_name())
