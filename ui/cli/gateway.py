"""`gateway`: stands before a generator of somebody else's; judges what goes in and what comes out, and marks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from studio.factory import Upstream
from ui.cli.exit_codes import exit_status, say
from ui.cli.serving import require_free, work_beside
from ui.reach import Reach

if TYPE_CHECKING:
    from studio import Studio


def add_gateway(cli: typer.Typer, make_studio: Callable[..., Studio], host: str, port: int, reach: Reach) -> None:
    """Adds the command."""

    @cli.command()
    def gateway(
        upstream: Annotated[str, typer.Option(help="The generator's address, up to and with /v1.")],
        model: Annotated[list[str] | None, typer.Option(help="A model of it; by default those that it lists.")] = None,
        host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 for every one.")] = host,
        port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen at.")] = port,
        page: Annotated[bool, typer.Option("--page", help="Serve the page, too.")] = False,
    ) -> None:
        """Guard a server of OpenAI's images API: point clients here instead of there. Stops with Ctrl+C."""
        with exit_status():
            require_free(host, port)
            studio = make_studio(Upstream(upstream, tuple(model or ())))
            studio.resume()
            work_beside(studio)
            say(f"Clients call http://{host}:{port}/v1 and get judged, marked pictures of {upstream}.")
            if page:
                from ui.web.page import serve as serve_page

                serve_page(studio, host, port, reach)
            else:
                from ui.web.api_server import serve_api

                serve_api(studio, host, port, reach)
