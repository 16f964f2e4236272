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
                remark = _time_remark(studio.exporter.marks.time_authority)
                typer.echo("\n".join([f"{headline(status)}.", *map(_check_text, status.checks), remark]))
            if not status.sound:
                raise typer.Exit(COULD_NOT)


def _time_remark(authority: str) -> str:
    """Returns who attests when a file was signed."""
    if authority:
        return f"When a file was signed is attested by {authority}."
    return "Nobody attests when a file was signed (SAFELIGHT_TIME_AUTHORITY is not set): the time is this studio's."


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
