"""Pages and pictures for everybody, beside the studio's page: pictures of styles. Nothing here depends on who asks."""

from __future__ import annotations

import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.resources import ASSETS

PICTURES = "/style-pictures"
NAME = re.compile(r"[a-z_]+\.webp")
DAY = 86_400  # seconds
HEADERS = {"X-Content-Type-Options": "nosniff"}


class PublicSite:
    """Answers requests for what is named here, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.pages = Starlette(routes=[Route(f"{PICTURES}/{{name}}", self.picture)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope.get("path", "").startswith(f"{PICTURES}/")
        await (self.pages if ours else self.app)(scope, receive, send)

    def picture(self, request: Request) -> Response:
        """Returns the picture of a style."""
        name = request.path_params["name"]
        path = ASSETS / "styles" / name
        if not NAME.fullmatch(name) or not path.is_file():
            return PlainTextResponse("There is no such picture.", 404, HEADERS)
        return FileResponse(path, media_type="image/webp", headers={**HEADERS, "Cache-Control": f"max-age={DAY}"})
