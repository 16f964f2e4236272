"""Pages and pictures for everybody, beside the studio's page: the policy in force, pictures of styles, the sample.

Nothing here depends on who asks, and nothing that is sent here changes anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.resources import ASSETS
from ui.html.policy_page import PolicyPage
from ui.results import Problem, attempt
from ui.texts import page_texts
from ui.web.reader import accepted

if TYPE_CHECKING:
    from safety.messages.catalogue import Messages
    from studio import Studio

POLICY, PICTURES, SAMPLE = "/policy", "/style-pictures", "sample.webp"
NAME = re.compile(r"[a-z_]+\.webp")
DAY = 86_400  # seconds
HEADERS = {"X-Content-Type-Options": "nosniff"}
PAGE_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Language, Cookie",
}


class PublicSite:
    """Answers requests for what is named here, and hands on the rest to `app`. Without a studio there is no policy."""

    def __init__(self, app: ASGIApp, studio: Studio | None = None) -> None:
        self.app = app
        self.studio = studio
        routes = [Route(f"{PICTURES}/{{name}}", self.picture)]
        self.pages = Starlette(routes=[*routes, Route(POLICY, self.policy)] if studio else routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        ours = path.startswith(f"{PICTURES}/") or (path == POLICY and self.studio is not None)
        await (self.pages if scope["type"] == "http" and ours else self.app)(scope, receive, send)

    def picture(self, request: Request) -> Response:
        """Returns the picture of a style, or the sample that greets the first visit."""
        name = request.path_params["name"]
        path = ASSETS / name if name == SAMPLE else ASSETS / "styles" / name
        if not NAME.fullmatch(name) or not path.is_file():
            return PlainTextResponse("There is no such picture.", 404, HEADERS)
        return FileResponse(path, media_type="image/webp", headers={**HEADERS, "Cache-Control": f"max-age={DAY}"})

    def policy(self, request: Request) -> Response:
        """Returns the policy in force, in the language that is asked for or that suits the browser."""
        assert self.studio is not None
        studio, messages = self.studio, self._messages(request)
        page = PolicyPage(
            studio.policy,
            messages,
            page_texts(messages.tag),
            studio.sides,
            studio.retention,
            studio.list_languages(),
            studio.keeps_prompts,
            studio.has_reviewers,
            studio.review.feedback.enabled,
        )
        return HTMLResponse(page.render(), headers=PAGE_HEADERS)

    def _messages(self, request: Request) -> Messages:
        assert self.studio is not None
        asked = attempt(self.studio.messages, request.query_params.get("language", ""))
        if "language" in request.query_params and not isinstance(asked, Problem):
            return asked
        return self.studio.messages(self.studio.nearest_language(accepted(request)))
