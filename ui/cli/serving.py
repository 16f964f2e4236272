"""What stands before a server starts."""

from __future__ import annotations

import socket

from safety.errors import RequestError


def require_free(host: str, port: int) -> None:
    """Raises RequestError where the page cannot be served at this address."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        why = f"{host}:{port} cannot be served: {error.strerror or error}."
        raise RequestError(why, "Choose another one with --port or --host.") from error
