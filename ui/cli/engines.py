"""`engines`: what runs on this machine, how, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui import serialize
from ui.cli.exit_codes import exit_status

if TYPE_CHECKING:
    from studio import Studio

LEFT_OUT = {
    "filtered": "Trained on filtered pictures.",
    "partial": "Risky pictures were partly left out of its training.",
    "minimal": "Hardly any risky pictures were left out of its training.",
    "none": "Nothing is known to have been left out of its training.",
    "unknown": "What was left out of its training is not known.",
}
USE = {"yes": "commercial use allowed", "conditions": "commercial use under conditions", "no": "no commercial use"}


def add_engines(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command `engines`."""

    @cli.command()
    def engines(
        json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
    ) -> None:
        """List the models: which run on this machine and how, and why the others do not. Nothing is loaded."""
        with exit_status():
            for engine in make_studio().list_engines():
                row = serialize.engine(engine)
                typer.echo(serialize.line(row) if json else as_text(row))


def as_text(row: dict[str, Any]) -> str:
    """Returns the row of an engine as three lines for people."""
    runs = "runs" if row["runs"] else "does not run"
    download = f" Downloads {row['download_gb']:g} GB at first use." if row["runs"] and row["download_gb"] else ""
    consent = " Its makers ask for a consent on the hub first." if row["gated"] else ""
    guidance = "Guidance: steered, negative prompts." if row["guided"] else "No guidance: not steered."
    lines = [
        f"{row['engine']}: {runs}. {row['why']}{download}",
        f"    {row['title']}. {row['licence']}; {USE[row['commercial']]}.{consent}",
        f"    {guidance} {LEFT_OUT[row['content']]} {row['note']}".rstrip(),
    ]
    return "\n".join(lines)
