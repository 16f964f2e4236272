"""What a call is named in logs, figures and traces: by the route that answered it, whatever the client wrote."""

from __future__ import annotations

from starlette.types import Scope

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")


def route_of(scope: Scope) -> str:
    """Returns the template of the route that answered: addresses with names in them count as one."""
    return str(getattr(scope.get("route"), "path", "none"))


def method_of(scope: Scope) -> str:
    """Returns the method; "OTHER" for a made-up one, of which each would be a name of its own."""
    return scope["method"] if scope["method"] in METHODS else "OTHER"
