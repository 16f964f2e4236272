"""The page's own addresses for feedback: what stands under a picture, what is pressed there, what somebody gave.

Each answers the person of the call, as ui/web/person.py has written it into the scope.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from safety.errors import RequestError
from safety.review.feedback import Giver
from ui.html.feedback_bar import bar
from ui.results import Problem, attempt
from ui.sentences import in_language
from ui.texts import page_texts
from ui.web.client_ip import client_ip
from ui.web.person import person_of
from ui.web.reader import page_language
from ui.web.request_body import read_body

if TYPE_CHECKING:
    from studio import Studio

PREFIX = "/feedback/"
MAX_BODY = 128 * 1024  # bytes: the longest prompt, in four bytes a character, with room
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Cookie"}
NOT_A_CALL = "This call has not the form that feedback takes."
Call = dict[str, Any]


class FeedbackSite:
    """Answers every request whose path begins with /feedback/, and hands on the rest to `app`."""

    def __init__(self, app: ASGIApp, studio: Studio) -> None:
        self.app = app
        self.feedback = studio.review.feedback
        routes = [Route(f"{PREFIX}frame", self.frame), Route(f"{PREFIX}mine", self.mine)]
        self.pages = Starlette(routes=[*routes, Route(f"{PREFIX}act", self.act, methods=["POST"])])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope.get("path", "").startswith(PREFIX) and self.feedback.enabled
        await (self.pages if ours else self.app)(scope, receive, send)

    async def frame(self, request: Request) -> Response:
        """Returns what fills each place for feedback."""
        texts = page_texts(page_language(request))

        def work() -> Call:
            agreed = self.feedback.has_agreed(person_of(request))
            return {"html": str(bar(texts, agreed)), "agreed": agreed, "lost": texts["library.lost"]}

        return await _answered(work, request)

    async def mine(self, request: Request) -> Response:
        """Returns all that somebody gave, as a file for them."""
        return await _answered(lambda: {"feedback": self.feedback.given_by(person_of(request))}, request)

    async def act(self, request: Request) -> Response:
        """Takes one press, and says in one sentence what came of it."""
        body = await read_body(request, MAX_BODY)
        try:
            call = json.loads(body or b"")
        except (ValueError, RecursionError):
            call = None
        return await _answered(lambda: self._act(request, call), request)

    def _act(self, request: Request, call: object) -> Call:
        if not isinstance(call, dict):
            raise RequestError(NOT_A_CALL)
        texts, giver = page_texts(page_language(request)), Giver(person_of(request), client=client_ip(request))
        words = {
            name: str(call.get(name) or "") for name in ("stamp", "chosen", "rejected", "case", "prompt", "rating")
        }
        reasons = call.get("reasons")
        match call.get("do"):
            case "agree" if call.get("on") is True:
                self.feedback.agree(giver.person)
                return {"said": texts["feedback.agreed"]}
            case "agree":
                return {"said": texts.say("feedback.withdrawn", count=self.feedback.withdraw(giver.person))}
            case "rate":
                why = [str(one) for one in reasons] if isinstance(reasons, list) else []
                self.feedback.rate(giver, words["stamp"], words["prompt"], words["rating"], why)
            case "choose":
                self.feedback.choose(giver, words["chosen"], words["rejected"], words["prompt"])
            case "refusal":
                self.feedback.tell_refusal(giver, words["case"], words["prompt"])
            case _:
                raise RequestError(NOT_A_CALL)
        return {"said": texts["feedback.kept"]}


async def _answered(work: Callable[[], Call], request: Request) -> Response:
    """Does the work in another thread, since it waits for the database."""
    result = await run_in_threadpool(attempt, work)
    if not isinstance(result, Problem):
        return JSONResponse(result, headers=PRIVATE)
    status = 429 if result.wait else 400 if result.bad_request else 500
    return JSONResponse({"error": in_language(result.sentence, page_language(request))}, status, headers=PRIVATE)
