"""`health`: which checks look, which don't, and what that means. `hash`: lines for a list of known pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.health import CheckHealth
from safety.image_io import open_untrusted
from ui import serialize
from ui.cli.exit_codes import COULD_NOT, exit_status, for_each, read_picture
from ui.html.health_status import headline

if TYPE_CHECKING:
    from studio import Studio


def add_health(cli: typer.Typer, make_studio: Callable[[], Studio]) -> None:
    """Adds the command `health`."""

    @cli.command()
    def health(
        json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
        fetch: Annotated[bool, typer.Option("--fetch", help="First download the models that presets name.")] = False,
    ) -> None:
        """Say which checks look, which don't, and what that means. Exit 0 if pictures can be made, else 4."""
        with exit_status():
            studio = make_studio()
            if fetch:
                for name in studio.fetch_models():
                    typer.echo(f"Fetched {name}.", err=True)
            status = studio.health()
            if json:
                typer.echo(serialize.line(serialize.health(status)))
            else:
                typer.echo("\n".join([f"{headline(status)}.", *(_check_text(check) for check in status.checks)]))
            if not status.sound:
                raise typer.Exit(COULD_NOT)


def _check_text(check: CheckHealth) -> str:
    required = ", required" if check.required else ""
    first = f"{check.state:<13} {check.name} ({check.stage}{required})"
    rest = [f"{'':<13} {text}" for text in (check.about, check.why, check.means) if text]
    return "\n".join([first, *rest])


def add_hash(cli: typer.Typer) -> None:
    """Adds the command `hash`."""

    @cli.command("hash")
    def hash_(files: Annotated[list[Path], typer.Argument(metavar="FILE...")]) -> None:
        """Print PDQ hashes of picture files, a line each, for a list that [copies] in picture_checks.toml names."""
        from safety.perceptual_hash import as_hex, pdq

        with exit_status():

            def print_hash(file: Path) -> None:
                bits, quality = pdq(open_untrusted(read_picture(file)))
                typer.echo(f"{as_hex(bits)} {file.name} (quality {quality})")

            for_each(files, print_hash)
