"""`report`: the figures of a transparency report over a period, as far as the record proves them."""

from __future__ import annotations

import json as json_
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from safety.review.transparency import read_period
from ui.cli.exit_codes import exit_status

if TYPE_CHECKING:
    from studio import Studio

TITLES = {
    "requests": "Requests",
    "own_decisions": "Own decisions, all taken by checks and policy",
    "notices": "Notices about pictures of people",
    "appeals": "Appeals and reports",
    "means": "Who decided",
}
NOTHING = "none"
NOT_KNOWN = "not known"
WIDTH = 34  # characters of a name


def add_report(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command."""

    @cli.command()
    def report(
        first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day; unset: 1 January.")] = "",
        last: Annotated[
            str, typer.Option("--to", metavar="DAY", help="The last day; unset: today. Days are UTC.")
        ] = "",
        json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    ) -> None:
        """Count decisions, notices and appeals of a period from the record, proved first. Says what it cannot know."""
        with exit_status():
            period = read_period(first, last)
            figures = make_studio().transparency_report(period)
            typer.echo(json_.dumps(figures) if json else "\n".join(_lines(figures)))


def _lines(figures: Mapping[str, Any]) -> Iterator[str]:
    period, record = figures["period"], figures["record"]
    yield f"Transparency report, {period['from']} to {period['to']} (UTC)"
    yield f"From a record of {record['rows']} rows that was proved whole; the last has the hash {record['hash']}."
    for name, title in TITLES.items():
        if name in figures:
            yield from ("", title)
            yield from _table(figures[name], 1)
    yield from ("", "What this record cannot know")
    yield from (f"  {what}: {why}" for what, why in figures["unknown"].items())


def _table(values: Mapping[str, Any], depth: int) -> Iterator[str]:
    for name, value in values.items():
        said = f"{'  ' * depth}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield said if value else f"{said:<{WIDTH}} {NOTHING}"
            yield from _table(value, depth + 1)
        else:
            yield f"{said:<{WIDTH}} {NOT_KNOWN if value is None else value}"
