"""`keys`: makes, lists and revokes keys of the HTTP API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from studio.api_keys import CREATE, JUDGE, SCOPES, ApiKey
from studio.tenant import INTERACTIVE, PRIORITIES
from ui import serialize
from ui.cli.exit_codes import exit_status, say

if TYPE_CHECKING:
    from studio import Studio


def build(make_studio: Callable[[], Studio]) -> typer.Typer:
    """Returns the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Keys of the HTTP API: make one, list them, revoke one.")

    @cli.command()
    def make(
        name: Annotated[str, typer.Argument(help="Who uses it, such as shop.")],
        scope: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(SCOPES)}; may be repeated.")] = None,
        mode: Annotated[str, typer.Option(help="The only mode that its calls are judged in.")] = "",
        per_hour: Annotated[int, typer.Option(min=0, help="How many creations an hour; 0 as everybody.")] = 0,
        priority: Annotated[
            str, typer.Option(help=f"Where calls wait for each other on a cluster: {' or '.join(PRIORITIES)}.")
        ] = INTERACTIVE,
        weight: Annotated[int, typer.Option(help="Its share there, to 1 of any other key.")] = 1,
    ) -> None:
        """Make a key and print it, once: only its hash is kept."""
        with exit_status():
            studio = make_studio()
            if mode:
                studio.require_mode(mode)
            key, token = studio.api_keys.make(name, scope or (JUDGE, CREATE), mode, per_hour, priority, weight)
            say("Keep this key where your program finds it. It is not shown again.")
            typer.echo(serialize.line({**_row(key), "key": token}))

    @cli.command("list")
    def list_() -> None:
        """All keys, one JSON object a line; never the keys themselves."""
        with exit_status():
            for key in make_studio().api_keys.list():
                typer.echo(serialize.line(_row(key)))

    @cli.command()
    def revoke(key: Annotated[str, typer.Argument(help="The id of a key, as `keys list` shows it.")]) -> None:
        """End a key: its next call is refused."""
        with exit_status():
            typer.echo(serialize.line(_row(make_studio().api_keys.revoke(key))))

    return cli


def _row(key: ApiKey) -> dict[str, object]:
    row = {"id": key.id, "name": key.name, "scopes": list(key.scopes), "mode": key.mode, "per_hour": key.per_hour}
    row |= {"priority": key.priority, "weight": key.weight}
    return {**row, "made": key.made, "revoked": key.revoked}
